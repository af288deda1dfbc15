# ruff: noqa: E501 (tables of phrases)
"""Words about price, stock and the question itself, in our six languages: data, and a table of phrases by key.

Phrases are split by `|`. Serbian is written in Latin letters: keys make both scripts one.
"""

from __future__ import annotations

from enum import Enum

from index.refinement.text import tokens


class Says(Enum):
    """What a phrase says."""

    MAX = "max"
    """An amount follows that is the highest."""
    MIN = "min"
    BETWEEN = "between"
    TO = "to"
    """Stands between two amounts."""
    AND = "and"
    ABOUT = "about"
    OR_LESS = "or less"
    """An amount stands before it that is the highest."""
    OR_MORE = "or more"
    CURRENCY = "currency"
    CHEAPER = "cheaper"
    STOCK = "stock"
    NOT = "not"
    """What follows is not wanted: no filter can say that, so that it counts as not understood."""
    ANY = "any"
    """Together with COLOUR, BRAND, CATEGORY or PRICE: asks for nothing of that kind."""
    COLOUR = "colour"
    BRAND = "brand"
    CATEGORY = "category"
    PRICE = "price"
    ALL = "all"
    """Alone in a message: back to the question without filters."""
    FILLER = "filler"


_PHRASES: dict[Says, dict[str, str]] = {
    Says.MAX: {
        "": "<|<=|≤",
        "en": "under|below|up to|upto|at most|max|maximum|less than|cheaper than|not more than|no more than|not over|"
        "within|lower than|beneath|for under|costs less than|max price|price under|price below|budget|budget of|"
        "not above|do not exceed|priced under|anything under",
        "de": "unter|bis|bis zu|höchstens|maximal|max|weniger als|billiger als|günstiger als|nicht mehr als|"
        "nicht über|preis bis|preis unter|für unter|für maximal|nicht teurer als|budget von|bis maximal",
        "es": "menos de|hasta|por debajo de|debajo de|bajo|máximo|maximo|máx|como máximo|como mucho|no más de|"
        "más barato que|más barata que|más baratos que|más baratas que|más barato de|por menos de|"
        "menor de|menor que|inferior a|máximo de|un máximo de|presupuesto de|menos que|que no pase de|precio máximo",
        "uk": "до|менше|менше ніж|менше за|менш ніж|не більше|не більше ніж|не дорожче|не дорожче ніж|не дорожче за|"
        "дешевше|дешевше ніж|дешевше за|максимум|макс|нижче|щонайбільше|в межах|у межах|ціна до|за ціною до|"
        "дешевші за|дешевші ніж|не вище|бюджет",
        "hr": "do|ispod|manje od|najviše|maksimalno|maksimum|max|ne više od|jeftinije od|jeftiniji od|jeftinija od|"
        "ne skuplje od|niže od|cijena do|po cijeni do|u cijeni do|budžet|budžet do|ne preko|"
        "cena do|po ceni do|u ceni do|cijene do|cene do|za manje od",
        "ru": "меньше|менее|не больше|не более|не дороже|дешевле",
    },
    Says.MIN: {
        "": ">|>=|≥",
        "en": "over|above|from|at least|min|minimum|more than|starting at|starting from|not less than|no less than|"
        "more expensive than|price from|price over|price above|higher than|costs more than|not under|upwards of",
        "de": "über|ab|von|mindestens|mehr als|minimum|min|nicht unter|teurer als|nicht weniger als|preis ab",
        "es": "más de|mas de|desde|a partir de|de|mínimo|mínimo de|por encima de|encima de|al menos|como mínimo|"
        "más caro que|más cara que|mayor de|mayor que|superior a|no menos de|precio desde|más que",
        "uk": "від|понад|більше|більше ніж|більше за|більш ніж|не менше|не менше ніж|не дешевше|дорожче|дорожче ніж|"
        "дорожче за|мінімум|мін|вище|щонайменше|ціна від|за ціною від|з",
        "hr": "od|iznad|preko|više od|najmanje|minimalno|minimum|min|ne manje od|skuplje od|cijena od|cena od|barem",
        "ru": "от|больше|более|свыше|не меньше|дороже",
    },
    Says.BETWEEN: {
        "en": "between|in between|in the range of|range",
        "de": "zwischen|im bereich",
        "es": "entre",
        "uk": "між|поміж",
        "hr": "između|izmedju|izmedu|među",
        "ru": "между",
    },
    Says.TO: {
        "en": "to|till|until|up to|through",
        "de": "bis|bis zu",
        "es": "a|hasta",
        "uk": "до",
        "hr": "do",
    },
    Says.AND: {"": "&", "en": "and", "de": "und", "es": "y|e", "uk": "і|та|й", "hr": "i|te", "ru": "и"},
    Says.ABOUT: {
        "": "~",
        "en": "about|around|approximately|approx|roughly|near|circa|ca",
        "de": "etwa|ungefähr|circa|ca|rund|um|um die|so um|so um die",
        "es": "alrededor de|sobre|aproximadamente|unos|cerca de|más o menos",
        "uk": "близько|приблизно|біля|десь|десь за|орієнтовно",
        "hr": "oko|otprilike|približno|cirka",
        "ru": "около|примерно",
    },
    Says.OR_LESS: {
        "en": "or less|or below|or under|or cheaper|max|maximum|at most|tops|and below|and under|and less",
        "de": "oder weniger|oder billiger|oder günstiger|oder darunter|maximal|höchstens|max|und weniger|und darunter",
        "es": "o menos|máximo|como máximo|como mucho|máx|o más barato",
        "uk": "або менше|чи менше|максимум|макс|і менше|або дешевше|і дешевше|чи дешевше",
        "hr": "ili manje|najviše|maksimalno|max|i manje|ili jeftinije",
    },
    Says.OR_MORE: {
        "": "+",
        "en": "or more|or above|or over|and up|and above|and over|and more|minimum|min|at least|upwards",
        "de": "oder mehr|oder darüber|und mehr|aufwärts|und darüber|mindestens|minimum",
        "es": "o más|en adelante|mínimo|como mínimo|y más|o mas",
        "uk": "або більше|чи більше|і більше|і вище|мінімум|або дорожче",
        "hr": "ili više|i više|najmanje|naviše|minimalno|pa naviše",
    },
    Says.CURRENCY: {
        "en": "dollar|dollars|usd|bucks|euro|euros|eur|pound|pounds|gbp|quid|chf|francs",
        "de": "franken|dollar|pfund",
        "es": "dólar|dólares|euros|libras|pesos|eu",
        "uk": "грн|гривень|гривні|гривня|гривен|гривню|uah|доларів|долари|євро|дол|руб",
        "hr": "din|dinara|dinar|rsd|kn|kuna|kune|eura|evra|evro|eur|km|bam|dolara|dolar",
        "other": "pln|zl|czk|huf|ron|sek|nok|dkk|jpy|inr|rs|cad|aud",
    },
    Says.CHEAPER: {
        "en": "cheaper|cheaper please|not too expensive|not so expensive|not expensive|something cheaper|anything cheaper|less expensive|lower price|lower priced|"
        "a cheaper one|cheaper ones|more affordable|too expensive|too pricey|cheap|cheapest|less money|for less|"
        "cheaper option|cheaper options|cost less|costs less|the cheapest|inexpensive|affordable",
        "de": "billiger|günstiger|preiswerter|nicht zu teuer|nicht teuer|billigere|billigeres|billigerer|billigeren|günstigere|günstigeres|"
        "günstigerer|günstigeren|guenstiger|etwas billigeres|etwas günstigeres|zu teuer|weniger teuer|billig|günstig|"
        "billige|günstige|billigste|günstigste|preiswert|preiswerte|am billigsten|am günstigsten|kostet weniger|"
        "gunstiger|gunstigere|nicht so teuer",
        "es": "más barato|mas barato|no muy caro|no muy cara|no tan caro|no tan cara|más barata|más baratos|más baratas|más económico|más económica|más económicos|"
        "más económicas|menos caro|menos cara|algo más barato|demasiado caro|demasiado cara|muy caro|muy cara|barato|"
        "barata|baratos|baratas|económico|económica|el más barato|la más barata|menor precio|precio más bajo|"
        "de menor precio|a menor precio|abaratar",
        "uk": "дешевше|не дуже дорого|не надто дорого|не дороге|дешевший|дешевша|дешевші|дешевшу|щось дешевше|подешевше|трохи дешевше|менша ціна|занадто дорого|"
        "задорого|дорого|надто дорого|недорогий|недорога|недорогі|недорого|дешевий|дешева|дешеві|дешеву|дешево|"
        "найдешевше|найдешевший|найдешевші|нижча ціна|бюджетніше|доступніше|не так дорого",
        "hr": "jeftinije|ne preskupo|ne previše skupo|ne skupo|nije skupo|jeftiniji|jeftinija|jeftiniju|jeftinijeg|jeftinijih|nešto jeftinije|povoljnije|povoljniji|"
        "povoljnija|povoljniju|preskupo|preskup|preskupa|previše skupo|skupo je|manje skupo|niža cijena|niža cena|"
        "jeftino|jeftin|jeftina|jeftine|jeftinu|jeftini|povoljno|najjeftinije|najjeftiniji|najjeftinija|"
        "manja cijena|manja cena|suviše skupo|skupo|nešto povoljnije|malo jeftinije|nižu cijenu|nižu cenu",
        "ru": "дешевле|подешевле|что-то дешевле|дешевый|дешевые|недорогой|слишком дорого",
    },
    Says.STOCK: {
        "en": "in stock|only in stock|in stock only|available|available now|only available|in-stock|ready to ship|"
        "on stock|which are in stock|currently available|available only|deliverable|what is in stock",
        "de": "auf lager|lieferbar|vorrätig|verfügbar|nur lieferbare|nur verfügbare|nur vorrätige|nur auf lager|"
        "sofort lieferbar|lieferbare|verfügbare|vorrätige|nur lieferbar|nur verfügbar|nur vorrätig|sofort verfügbar|"
        "am lager|lagernd|nur lagernd|lagernde",
        "es": "en stock|disponible|disponibles|solo disponibles|solo en stock|sólo disponibles|en existencia|"
        "en existencias|con stock|solo disponible|que haya|que estén disponibles|hay existencias|en almacén",
        "uk": "в наявності|у наявності|є в наявності|тільки в наявності|лише в наявності|наявні|наявний|наявна|"
        "доступні|доступний|доступна|на складі|лише наявні|тільки наявні|що є в наявності|які є в наявності|є на складі",
        "hr": "na zalihi|na zalihama|na skladištu|dostupno|dostupni|dostupna|dostupne|raspoloživo|raspoloživi|"
        "raspoložive|samo dostupno|samo dostupne|samo dostupni|samo na zalihi|samo na zalihama|na stanju|"
        "samo na stanju|na lageru|samo na lageru|ima na stanju|što ima na stanju|samo raspoloživo|"
        "što je na stanju|šta ima na stanju",
        "ru": "в наличии|есть в наличии|только в наличии|на складе",
    },
    Says.NOT: {
        "en": "not|no|without|except|other than|nor|dont want|do not want",
        "de": "nicht|kein|keine|keinen|keines|keinem|keiner|ohne|außer|ausser",
        "es": "no|sin|excepto|salvo|ni",
        "uk": "не|без|крім|окрім|ні",
        "hr": "ne|bez|nije|osim|nikako|ni",
        "ru": "кроме",
    },
    Says.ANY: {
        "en": "any|every|all|whatever|no matter which|other",
        "de": "alle|jede|jeder|jedes|egal welche|egal welcher|beliebige|irgendeine|andere",
        "es": "cualquier|cualquiera|todo|toda|todos|todas|todos los|todas las|otro|otra|otros|otras",
        "uk": "будь-який|будь-яка|будь-якого|будь-якої|усі|всі|інший|інша|інші|іншого|іншої",
        "hr": "bilo koja|bilo koji|bilo koje|sve|svi|svaka|druga|drugi|druge|bilo koju",
    },
    Says.COLOUR: {
        "en": "colour|colours|color|colors|coloured|colored",
        "de": "farbe|farben|farbig",
        "es": "color|colores|de color",
        "uk": "колір|кольору|кольори|кольорів|кольором",
        "hr": "boja|boje|boji|boju|boja je",
        "ru": "цвет|цвета",
    },
    Says.BRAND: {
        "en": "brand|brands|make|maker",
        "de": "marke|marken|hersteller",
        "es": "marca|marcas",
        "uk": "бренд|бренду|бренди|марка|марки|виробник",
        "hr": "marka|marke|marku|brend|brenda|proizvođač|proizvođača",
        "ru": "бренда",
    },
    Says.CATEGORY: {
        "en": "category|categories|kind|type",
        "de": "kategorie|kategorien|art",
        "es": "categoría|categorías|tipo",
        "uk": "категорія|категорії|категорію|тип",
        "hr": "kategorija|kategorije|kategoriju|vrsta|vrste",
    },
    Says.PRICE: {
        "en": "price|prices|priced|cost|costs|price range",
        "de": "preis|preise|kosten|preisklasse|kostet",
        "es": "precio|precios|cuesta|cuestan",
        "uk": "ціна|ціни|ціною|ціну|коштує|вартість",
        "hr": "cijena|cijene|cijeni|cijenu|cena|cene|ceni|cenu|košta",
        "ru": "цена|цены",
    },
    Says.ALL: {
        "en": "all|everything|back|back to all|show all|reset|remove filters|no filters|start over|all products",
        "de": "alle|alles|zurück|zurück zu allen|alle anzeigen|zurücksetzen|ohne filter|alle zeigen|zeig alle",
        "es": "todo|todos|todas|volver|volver a todo|mostrar todo|ver todo|ver todos|sin filtros|quitar filtros",
        "uk": "усе|все|усі|всі|назад|показати все|показати всі|покажи все|скинути|без фільтрів|назад до всіх|"
        "покажи всі",
        "hr": "sve|svi|natrag|nazad|prikaži sve|pokaži sve|bez filtera|poništi|natrag na sve|nazad na sve",
        "ru": "сбросить",
    },
    Says.FILLER: {
        "en": "a|an|the|this|that|these|those|it|its|in|on|of|for|with|at|by|is|are|am|be|was|do|does|did|you|your|i|me|"
        "my|we|our|us|have|has|had|got|get|can|could|would|should|will|want|need|like|looking|look|search|find|show|"
        "give|see|please|pls|plz|thanks|thank|hi|hello|hey|ok|okay|yes|yeah|yep|also|too|just|only|same|one|ones|"
        "some|something|anything|similar|such|but|or|and|so|if|what|which|how|much|many|there|here|version|product|"
        "products|item|items|thing|things|maybe|rather|instead|more|now|then|them|they|as|to|be|from|prefer|"
        "preferably|filter|model|piece|nice|im|id|ill|lets|let|available|exactly|about|really|very|bit|little|"
        "buy|sell|other|another|different|else|cool|great|good|well|way|kind of|sort of|ive|its|be nice|nearly",
        "de": "der|die|das|den|dem|des|ein|eine|einen|einem|einer|eines|in|im|an|am|auf|mit|für|fuer|von|vom|zu|zum|zur|"
        "aus|bei|ist|sind|war|es|ihr|ihre|euch|ich|mir|mich|wir|uns|du|sie|er|haben|habt|hast|hat|gibt|gib|gebt|kann|"
        "können|möchte|moechte|will|wollen|würde|suche|such|suchen|suchst|zeig|zeige|zeigen|zeigt|bitte|danke|hallo|"
        "hi|ja|auch|nur|bloß|gleiche|gleichen|selbe|etwas|was|so|wie|wenn|welche|welcher|welches|oder|und|aber|da|"
        "dies|diese|diesen|dieser|dieses|dann|jetzt|lieber|gern|gerne|mal|noch|sowas|ähnlich|ähnliche|ähnliches|"
        "produkt|produkte|artikel|als|man|sein|brauche|modell|sondern|filter|statt|eher|irgendwas|andere|anderen|"
        "anderes|anderer|davon|dazu|sehr|schön|super|gut|kaufen|denn|doch",
        "es": "el|la|los|las|un|una|unos|unas|lo|en|de|del|al|con|por|para|que|qué|es|son|está|están|y|o|u|pero|si|sí|"
        "yo|me|mi|tu|tú|te|se|su|nos|quiero|quisiera|querría|busco|buscar|buscando|necesito|tiene|tienen|tienes|"
        "tenéis|hay|muestra|muéstrame|mostrar|enséñame|ver|dame|favor|por favor|gracias|hola|ok|vale|también|solo|"
        "sólo|solamente|mismo|misma|mismos|mismas|algo|alguno|alguna|algún|así|como|cómo|cuál|cuáles|este|esta|"
        "estos|estas|ese|esa|eso|esto|parecido|parecida|similar|similares|producto|productos|artículo|artículos|"
        "otro|otra|otros|otras|mejor|ahora|más|mas|modelo|puede|ser|filtro|a|muy|prefiero|comprar|gustaría|gusta|"
        "pues|entonces|cosa|cosas|bien|bueno|uno",
        "uk": "в|у|з|із|зі|на|до|для|від|по|за|про|та|і|й|або|чи|але|а|що|як|який|яка|яке|які|це|цей|ця|ці|той|та|ті|є|"
        "мені|мене|я|ви|ти|ми|вас|вам|нам|хочу|хотів|хотіла|хотілося|треба|потрібно|потрібен|потрібна|потрібні|"
        "шукаю|покажіть|покажи|показати|дайте|дай|маєте|можна|може|будь|ласка|будь ласка|дякую|привіт|вітаю|добрий|"
        "день|так|також|теж|тільки|лише|такий|така|таке|такі|саме|самий|щось|схоже|схожий|схожу|схожі|подібне|"
        "товар|товари|інший|інша|інше|інші|ще|тоді|зараз|краще|модель|б|би|ок|фільтр|же|ж|купити|дуже|гарний|"
        "гарна|там|тут|чогось|якийсь|якась",
        "hr": "u|na|s|sa|za|od|do|iz|po|o|i|ili|a|ali|da|li|je|su|sam|smo|ste|si|bi|bih|biste|se|to|taj|ta|te|ti|ovo|ovaj|"
        "ova|ove|ovi|što|šta|koji|koja|koje|kako|mi|vi|ja|on|ona|me|mene|vas|vam|nam|imate|imaš|ima|imam|želim|hoću|"
        "htio|htjela|hteo|htela|trebam|treba|tražim|trazim|pokaži|pokažite|pokazi|pokažite mi|daj|dajte|molim|molim vas|"
        "hvala|bok|zdravo|dobar|dan|pozdrav|ok|još|također|takođe|samo|isti|ista|isto|iste|nešto|neki|neka|neko|"
        "slično|sličan|slična|slične|slični|takav|takva|takvo|proizvod|proizvodi|proizvoda|artikl|artikal|drugi|"
        "druga|drugo|druge|sad|sada|onda|radije|može|mogu|model|filter|kao|biti|vaš|vaše|kupiti|baš|bas|jako|"
        "lijepo|lepo|ovakav|ovakva|ovako|tako",
        "ru": "что|как|это|есть|хочу|пожалуйста|спасибо|покажите|покажи|такой|такая|такое|такие|только|или|но|мне|нужно",
    },
}

LONGEST = 5
"""Pieces of the longest phrase."""


def _pieces(phrase: str) -> tuple[str, ...]:
    return tuple(token.key for token in tokens(phrase))


def _table() -> dict[tuple[str, ...], frozenset[Says]]:
    found: dict[tuple[str, ...], set[Says]] = {}
    for says, by_language in _PHRASES.items():
        for phrases in by_language.values():
            for phrase in phrases.split("|"):
                found.setdefault(_pieces(phrase), set()).add(says)
    return {pieces: frozenset(said) for pieces, said in found.items()}


PHRASES = _table()
"""What the phrases of all languages say, by their keys: a shopper may write in another language than the app's."""

NO_FILLERS = ("sto", "сто")
"""Serbian for table, and no `što`, though it has the same key."""
SMALL = frozenset(
    pieces[0]
    for pieces, said in PHRASES.items()
    if len(pieces) == 1 and said & {Says.FILLER, Says.AND, Says.TO, Says.NOT, Says.BETWEEN}
)
"""Little words: a name that is one of them must be written as the catalogue writes it."""
