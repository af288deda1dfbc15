"""The little words of six languages that stand around prices, stock and wishes (en, de, es, uk, hr, sr)."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.casefold().split())


UNDER = _words(
    "under below less max maximum most < <= unter unterhalb bis höchstens maximal weniger menos hasta máximo maximo "
    "debajo до менше нижче дешевше максимум ispod do manje najviše maksimalno испод мање највише максимално"
)
OVER = _words(
    "over above from more min minimum least > >= ab über ueber mindestens mehr desde más mas mínimo minimo encima "
    "від понад більше дорожче мінімум od iznad više najmanje од изнад више најмање"
)
NOT = _words("no not nicht не ne")
"""Turns “more than” into “at most”."""
BETWEEN = _words("between zwischen entre між između izmedju између")
AND = _words("and to - – — und bis y a та і й до i do и")
FILLERS = _words("than als de que ніж за od од the a of as at von zu by")
"""May stand between such a word and its number."""
CURRENCIES = _words(
    "$ € £ ₴ usd eur gbp uah euro euros dollar dollars bucks грн гривень гривня гривні євро доларів kn kuna eura rsd "
    "din dinara динара дин евра pound pounds dólares dolares pesos"
)
CHEAPER = _words(
    "cheaper billiger günstiger guenstiger preiswerter barato barata baratos baratas дешевше дешевший дешевші дешеву "
    "jeftinije jeftiniji jeftiniju јефтиније јефтинији јефтинију"
)
IN_STOCK = (
    ("in", "stock"),
    ("available",),
    ("auf", "lager"),
    ("vorrätig",),
    ("lieferbar",),
    ("verfügbar",),
    ("en", "stock"),
    ("en", "existencia"),
    ("disponible",),
    ("disponibles",),
    ("в", "наявності"),
    ("у", "наявності"),
    ("наявні",),
    ("na", "zalihi"),
    ("na", "zalihama"),
    ("na", "stanju"),
    ("dostupno",),
    ("raspoloživo",),
    ("на", "залихама"),
    ("на", "стању"),
    ("доступно",),
)
SAME = (
    _words("men men's mens man male herren herr männer maenner hombre hombres чоловічий чоловічі чоловіче чоловіча "
           "muški muške muško muska мушки мушке мушко"),
    _words("women women's womens woman ladies female damen frauen mujer mujeres жіночий жіночі жіноче жіноча "
           "ženski ženske žensko ženska женски женске женско женска"),
    _words("kids kid children child boys girls kinder niños niñas дитячий дитячі дитяче dječji dječje дечји дечје"),
    _words("shoe shoes schuh schuhe zapato zapatos calzado взуття туфлі cipela cipele obuća ципеле обућа"),
    _words("bag bags tasche taschen bolso bolsos сумка сумки torba torbe торба торбе"),
    _words("dress dresses kleid kleider vestido vestidos сукня сукні haljina haljine хаљина хаљине"),
    _words("shirt shirts hemd hemden camisa camisas сорочка сорочки košulja košulje кошуља кошуље"),
    _words("jacket jackets jacke jacken chaqueta chaquetas куртка куртки jakna jakne јакна јакне"),
    _words("trousers pants hose hosen pantalón pantalones штани hlače pantalone панталоне"),
    _words("watch watches uhr uhren reloj relojes годинник годинники sat satovi сат сатови"),
    _words("lamp lamps lampe lampen lámpara lámparas лампа лампи lampa svjetiljka лампе"),
    _words("chair chairs stuhl stühle silla sillas стілець стільці stolica stolice столица столице"),
)  # fmt: skip
"""Words for what shops sell most, in our languages: a shopper's need not be the feed's."""
ALL = _words("all everything reset alle alles todo todos todas все усе всі sve svi све сви")
"""A line of only these begins anew."""
SMALL = _words(
    "the a an in on of with without for and or but please show me something like this that it one ones only just i "
    "want need is are any some do you have to my in these those same not color colour coloured colored price item "
    "items der die das den dem ein eine einen einem in mit ohne für und oder aber bitte zeig zeige mir etwas wie dies "
    "diese nur ich will möchte brauche ist haben sie farbe preis "
    "el la los las un una unos unas en con sin para y o pero por favor algo como esto este esta solo sólo quiero "
    "color precio que de más mas "
    "в у на з із зі без для і й та або але будь ласка щось як це цей ця тільки лише хочу колір кольору ціна ціною мені "
    "покажи покажіть "
    "u na s sa bez za i ili ali molim pokaži pokažite mi nešto kao ovo ovaj ova samo želim boja boje cijena cijene "
    "у на с са без за и или али молим покажи покажите ми нешто као ово овај ова само желим боја боје цена цене"
)
