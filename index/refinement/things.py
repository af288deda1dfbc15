# ruff: noqa: E501 (a table: a thing a line)
"""What shops sell, and for whom, in our six languages: so that `Herren` finds `Men` and `haljina` finds `Dresses`.

One thing a line: English | German | Spanish | Ukrainian | Croatian and Serbian. Words of a column are written with `_`
where they are several, and without the endings that `text.stem` takes away. Only asked where the catalogue itself
does not know the shopper's word.
"""

from __future__ import annotations

from index.refinement.text import stem, tokens

_THINGS = """
men man gents male|herren mann männer herr männlich|hombre hombres caballero caballeros masculino|чоловік чоловіки чоловіків чоловіче чоловічий чоловічі чоловіча чоловікам|muškarci muški muška muško muške muškarce
women woman ladies lady female|damen frau frauen dame weiblich|mujer mujeres señora señoras femenino dama|жінка жінки жінок жіноче жіночий жіночі жіноча жінкам|žene ženski ženska žensko ženske žena ženama
kids children child|kinder kind|niños niñas infantil niño|діти дітей дитячий дитяче дитячі дитяча дітям|djeca djecu deca decu dječji dječja dečji dečija dečje dječje
boys boy|jungen junge|chico chicos|хлопчики хлопчик хлопчиків хлопчикам|dječaci dečaci dječake dečake
girls girl|mädchen|chica chicas|дівчата дівчинка дівчаткам дівчаток|djevojčice devojčice
baby babies|baby babys|bebé bebés|немовля немовлята|beba bebe
unisex|unisex|unisex|унісекс|uniseks
shoes footwear|schuhe schuh|zapatos zapato calzado|взуття|cipele obuća cipela
sneakers trainers sports_shoes running_shoes|turnschuhe sneaker sportschuhe laufschuhe|zapatillas deportivas tenis|кросівки кросівок кеди|tenisice patike
boots boot|stiefel boots|botas bota botines|чоботи черевики чобіт|čizme čizma gležnjače
sandals sandal|sandalen sandale|sandalias sandalia|сандалі босоніжки|sandale sandala
flip_flops slippers|flip-flops hausschuhe|chanclas pantuflas|шльопанці капці|japanke papuče
heels pumps high_heels|pumps absatzschuhe|tacones|туфлі підбори|štikle salonke
dress dresses|kleid kleider|vestido vestidos|сукня сукні сукню плаття|haljina haljine
skirt skirts|rock röcke|falda faldas|спідниця спідниці|suknja suknje
shirt shirts|hemd hemden|camisa camisas|сорочка сорочки|košulja košulje
t-shirt tshirt tee t-shirts tshirts tees|t-shirt tshirt|camiseta camisetas playera|футболка футболки футболку|majica majice
blouse blouses|bluse blusen|blusa blusas|блузка блуза блузки|bluza bluze
tops top|oberteil oberteile|tops|топ топи|topovi
tank tanks tank_top|tanktop|tirantes|майка майки|potkošulja
trousers pants|hose hosen|pantalones pantalón|штани штанів брюки|hlače pantalone
jeans denim|jeans|vaqueros tejanos|джинси джинсів|traperice farmerke farmerice
shorts|shorts kurze_hose kurze_hosen|pantalones_cortos bermudas|шорти|kratke_hlače šorc šortc
leggings tights|leggings leggins|mallas leggings|легінси лосини|tajice helanke
track_pants joggers sweatpants|jogginghose trainingshose|chándal|спортивні_штани|trenirka
jacket jackets|jacke jacken|chaqueta chaquetas|куртка куртки куртку піджак|jakna jakne
coat coats|mantel mäntel|abrigo abrigos|пальто|kaput kaputi
blazer suit|anzug sakko|traje americana|костюм піджак|odijelo odelo sako
sweater sweaters jumper pullover|pullover pulli strickpullover|jersey suéter|светр светри|džemper vesta pulover
hoodie hoodies|kapuzenpullover hoodie|sudadera sudaderas|худі толстовка|hudica duks hoodica
sweatshirt sweatshirts|sweatshirt|sudadera|світшот|duks trenerka
underwear innerwear|unterwäsche|ropa_interior|білизна|donje_rublje donji_veš
bra bras|bh büstenhalter|sujetador sostén|бюстгальтер|grudnjak brushalter
briefs|slip unterhose|calzoncillos bragas|труси|gaće gaćice
socks sock|socken socke strümpfe|calcetines calcetín|шкарпетки шкарпеток|čarape
swimwear swimsuit bikini|badeanzug bademode|bañador traje_de_baño|купальник|kupaći kupaći_kostim
pyjamas nightwear night_suit|schlafanzug|pijama|піжама|pidžama
clothes clothing apparel|kleidung bekleidung klamotten|ropa|одяг одягу|odjeća odeća
bag bags handbag handbags|tasche taschen handtasche|bolso bolsos bolsa|сумка сумки сумку|torba torbe torbica tašna
backpack backpacks|rucksack rucksäcke|mochila mochilas|рюкзак рюкзаки|ruksak ranac
wallet wallets|geldbörse portemonnaie geldbeutel|cartera monedero billetera|гаманець гаманці|novčanik
belt belts|gürtel|cinturón cinturones|ремінь пояс|remen pojas kaiš
tie ties|krawatte krawatten|corbata corbatas|краватка|kravata
scarf scarves|schal schals|bufanda pañuelo|шарф шарфи|šal marama
gloves glove|handschuhe|guantes|рукавички|rukavice
hat hats|hut hüte|sombrero|капелюх|šešir
cap caps|mütze kappe|gorra gorras|кепка шапка|kapa kačket
sunglasses glasses|sonnenbrille sonnenbrillen brille|gafas_de_sol gafas|сонцезахисні_окуляри окуляри|sunčane_naočale naočale naočare
watch watches|uhr uhren armbanduhr|reloj relojes|годинник годинники|sat satovi
jewellery jewelry|schmuck|joyería joyas|прикраси|nakit
earrings earring|ohrringe|pendientes aretes|сережки|naušnice minđuše
necklace pendant|halskette kette|collar|намисто кольє|ogrlica
ring rings|ring ringe|anillo anillos|каблучка перстень|prsten
bracelet|armband|pulsera|браслет|narukvica
perfume fragrance|parfüm parfum|perfume|парфуми духи|parfem
lipstick|lippenstift|pintalabios labial|помада|ruž
accessories accessory|accessoires zubehör|accesorios|аксесуари|dodaci pribor
lamp lamps light|lampe lampen leuchte|lámpara lámparas|лампа світильник лампи|lampa svjetiljka lampe
chair chairs|stuhl stühle|silla sillas|стілець стільці|stolica stolice
armchair|sessel|sillón butaca|крісло|fotelja naslonjač
sofa couch|sofa couch|sofá|диван|sofa kauč trosjed
table tables|tisch tische|mesa mesas|стіл столи|stol sto stolovi
desk|schreibtisch|escritorio|письмовий_стіл|pisaći_stol radni_sto
bed bed_frame|bett betten|cama camas|ліжко|krevet kreveti
mattress|matratze|colchón|матрац|madrac dušek
wardrobe|schrank kleiderschrank|armario|шафа|ormar
shelf shelves shelving|regal regale|estante estantería|полиця полиці|polica police
bookcase|bücherregal|librería|книжкова_шафа|polica_za_knjige
cabinet cupboard|schränkchen|armario gabinete|тумба шафка|ormarić
drawer drawers chest_of_drawers|schublade kommode|cajón cajonera cómoda|шухляда комод|ladica komoda fioka
mirror mirrors|spiegel|espejo espejos|дзеркало|ogledalo
rug rugs carpet|teppich teppiche|alfombra alfombras|килим килими|tepih ćilim
curtain curtains|vorhang vorhänge gardine|cortina cortinas|штори завіса|zavjesa zavesa zavjese zavese
cushion pillow|kissen|cojín almohada|подушка подушки|jastuk jastuci
blanket throw|decke|manta mantas|ковдра плед|deka pokrivač
towel towels|handtuch handtücher|toalla toallas|рушник рушники|ručnik peškir
vase vases|vase vasen|jarrón florero|ваза вази|vaza vaze
plate plates|teller|plato platos|тарілка тарілки|tanjur tanjir
bowl bowls|schüssel schale|cuenco bol|миска|zdjela činija
cup mug mugs|tasse becher|taza tazas|чашка кружка|šalica šolja
glass glasses|glas gläser|vaso copa|склянка келих|čaša čaše
basket baskets|korb körbe|cesta cesto|кошик|košara korpa
box boxes|kiste box|caja cajas|коробка ящик|kutija kutije
frame|rahmen|marco marcos|рамка|okvir ram
toy toys|spielzeug|juguete juguetes|іграшка іграшки|igračka igračke
plant_pot pot|blumentopf topf|maceta|горщик|tegla saksija
clock|wanduhr|reloj_de_pared|настінний_годинник|zidni_sat
phone phones smartphone|handy telefon smartphone|teléfono móvil|телефон смартфон|telefon mobitel
headphones earbuds|kopfhörer|auriculares cascos|навушники|slušalice
laptop laptops notebook|laptop notebook|portátil ordenador_portátil|ноутбук|laptop prijenosnik
speaker speakers|lautsprecher|altavoz|колонка динамік|zvučnik
camera|kamera|cámara|камера|kamera
charger|ladegerät|cargador|зарядка|punjač
controller|controller|mando|контролер геймпад|kontroler
apple|apfel äpfel|manzana manzanas|яблуко яблука|jabuka jabuke
banana|banane bananen|plátano|банан банани|banana banane
orange|orange apfelsine|naranja|апельсин|naranča pomorandža
lemon|zitrone|limón|лимон|limun
pear|birne|pera|груша|kruška
tomato|tomate|tomate|помідор томат|rajčica paradajz
pepper|paprika|pimiento|перець|paprika
potato|kartoffel|patata|картопля|krumpir krompir
milk|milch|leche|молоко|mlijeko mleko
juice|saft|zumo jugo|сік|sok
yoghurt yogurt|joghurt|yogur|йогурт|jogurt
cotton|baumwolle|algodón|бавовна|pamuk
leather|leder|cuero piel|шкіра шкіряний|koža kožni kožna
wool|wolle|lana|вовна|vuna
wood wooden|holz|madera|дерево|drvo drveni
sport sports|sport|deporte|спорт спортивний|sport sportski sportska
running run|laufen|correr|біг|trčanje
sale discount|angebot rabatt|rebajas oferta|розпродаж знижка|rasprodaja popust akcija
long_sleeve|langarm|manga_larga|довгий_рукав|dugi_rukav
summer|sommer|verano|літо літній|ljeto leto ljetna letnja
winter|winter|invierno|зима зимовий|zima zimska
"""

LANGUAGES = ("en", "de", "es", "uk", "hr")
Phrase = tuple[str, ...]


def _load() -> tuple[tuple[dict[str, tuple[str, ...]], ...], dict[Phrase, tuple[int, ...]]]:
    things, found = [], dict[Phrase, list[int]]()
    for number, line in enumerate(_THINGS.strip().splitlines()):
        columns = [tuple(word.replace("_", " ") for word in column.split()) for column in line.split("|")]
        things.append(dict(zip(LANGUAGES, columns, strict=True)))
        for word in dict.fromkeys(word for column in columns for word in column):
            phrase = stems(word)
            if number not in found.setdefault(phrase, []):
                found[phrase].append(number)
    return tuple(things), {phrase: tuple(numbers) for phrase, numbers in found.items()}


def stems(text: str) -> Phrase:
    """The stems of a word or a phrase: how it is looked up."""
    return tuple(stem(token.key) for token in tokens(text) if token.kind in ("word", "number"))


_BY_NUMBER, _BY_PHRASE = _load()
LONGEST = max(len(phrase) for phrase in _BY_PHRASE)


def table_of(language: str) -> str:
    """The column of a language: Serbian and its neighbours share one."""
    code = language.partition("-")[0].casefold()
    return {"sr": "hr", "bs": "hr", "sh": "hr", "cnr": "hr"}.get(code, code)


def synonyms(phrase: Phrase, language: str) -> tuple[str, ...]:
    """What a thing is called in all languages, English first. `phrase`: its `stems`.

    A word that means different things in two languages is read in the shopper's own.
    """
    numbers = _BY_PHRASE.get(phrase, ())
    own = table_of(language)
    mine = [n for n in numbers if any(stems(word) == phrase for word in _BY_NUMBER[n].get(own, ()))]
    found = [word for number in mine or numbers for column in _BY_NUMBER[number].values() for word in column]
    return tuple(dict.fromkeys(found))


def is_of(phrase: Phrase, language: str) -> bool:
    """Whether the language, other than English, has such a word for a thing."""
    own = table_of(language)
    if own == "en":
        return False
    return any(stems(word) == phrase for n in _BY_PHRASE.get(phrase, ()) for word in _BY_NUMBER[n].get(own, ()))
