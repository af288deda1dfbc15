# ruff: noqa: E501 (tables: a colour a line)
"""Colours in our six languages (a table), and which labels of a catalogue a colour fits.

A word is `stem~` where it takes the endings of its language, `=word` where its accents tell it from another word.
Serbian is written in Latin letters: keys make both scripts one. The shades name the colours that they belong to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from index.refinement.text import singular, tokens

ENDINGS = {
    "en": ("", "ish"),
    "de": ("", "e", "er", "es", "en", "em", "farben", "farbene", "farbenes", "farbener"),
    "es": ("", "o", "a", "os", "as", "es", "e", "s"),
    "uk": ("ий", "ій", "а", "я", "е", "є", "і", "ого", "ього", "ої", "ьої", "у", "ю", "ою", "ьою", "их", "іх", "им", "ім", "ими", "іми", "ому", "ьому", "о"),
    "hr": ("", "a", "i", "o", "u", "e", "og", "oga", "om", "im", "ih", "oj", "ima"),
    "ru": ("ый", "ий", "ой", "ая", "яя", "ое", "ее", "ые", "ие", "ого", "его", "ую", "юю", "ых", "их"),
}  # fmt: skip

_BASIC: dict[str, dict[str, str]] = {
    "black": {"en": "black blacks", "de": "schwarz~", "es": "negr~", "uk": "чорн~", "hr": "crn~", "ru": "черн~"},
    "white": {"en": "white whites", "de": "weiß~ weiss~", "es": "blanc~", "uk": "біл~", "hr": "bijel~ bel~ beo", "ru": "бел~"},
    "grey": {"en": "grey~ gray~ greys grays silver_grey", "de": "grau~", "es": "gris~", "uk": "сір~", "hr": "siv~", "ru": "сер~"},
    "silver": {"en": "silver silvery silvers", "de": "silber~ silbern~ silbrig~", "es": "plata platead~", "uk": "срібн~ сріблян~ сріблист~ срібляст~", "hr": "srebrn~ srebren~", "ru": "серебрист~"},
    "gold": {"en": "gold golden golds", "de": "gold golden~ goldfarben~", "es": "dorad~ oro", "uk": "золот~ золотист~", "hr": "zlatn~ zlatan", "ru": "золот~"},
    "red": {"en": "red reds reddish", "de": "rot~", "es": "roj~", "uk": "червон~", "hr": "crven~", "ru": "красн~"},
    "pink": {"en": "pink~ pinks", "de": "rosa~ pink~ rosafarben~ rosé", "es": "rosa rosas rosad~", "uk": "рожев~", "hr": "roza ružičast~ rozi roze rozo pink roz rozu", "ru": "розов~"},
    "orange": {"en": "orange oranges", "de": "orange orangen~ orangefarben~ oranger oranges", "es": "naranja naranjas anaranjad~", "uk": "помаранчев~ оранжев~", "hr": "narančast~ narandžast~ oranž oranžn~", "ru": "оранжев~"},
    "yellow": {"en": "yellow~ yellows", "de": "gelb~", "es": "amarill~", "uk": "жовт~", "hr": "žut~", "ru": "желт~"},
    "green": {"en": "green~ greens", "de": "grün~ gruen~", "es": "verde verdes", "uk": "зелен~", "hr": "zelen~", "ru": "зелен~"},
    "blue": {"en": "blue blues bluish", "de": "blau~", "es": "azul azules", "uk": "син~ блакитн~ голуб~", "hr": "plav~ modr~", "ru": "син~ голуб~"},
    "purple": {"en": "purple purples violet", "de": "lila lilafarben~ violett~ purpur~", "es": "morad~ violeta violetas lila lilas púrpura", "uk": "фіолетов~ пурпуров~ бузков~", "hr": "ljubičast~ lila purpurn~", "ru": "фиолетов~ сиренев~"},
    "brown": {"en": "brown~ browns", "de": "braun~", "es": "marrón marrones café", "uk": "коричнев~ брунатн~", "hr": "smeđ~ smed~ braon kafen~", "ru": "коричнев~"},
    "beige": {"en": "beige", "de": "beige~ beiges beigefarben~", "es": "beige beis", "uk": "=беж бежев~", "hr": "=bež =беж drap", "ru": "бежев~"},
    "multicolour": {"en": "multicolour multicolor multicoloured multicolored multi colourful colorful multi_colour multi_color multi_coloured", "de": "bunt~ mehrfarbig~", "es": "multicolor multicolores", "uk": "різнокольоров~ кольоров~ багатокольоров~", "hr": "šaren~ višebojn~", "ru": "разноцветн~"},
    "transparent": {"en": "transparent clear", "de": "transparent~ durchsichtig~", "es": "transparente transparentes", "uk": "прозор~", "hr": "prozirn~ providn~"},
}  # fmt: skip

_SHADES: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "navy": (("blue",), {"en": "navy navy_blue", "de": "marine marineblau~ navy", "es": "azul_marino marino", "uk": "темно_син~", "hr": "mornarsk~ mornarsko_plav~ teget"}),
    "turquoise": (("blue",), {"en": "turquoise aqua cyan turquoise_blue", "de": "türkis~ tuerkis~", "es": "turquesa turquesas", "uk": "бірюзов~", "hr": "tirkizn~ tirkiz"}),
    "teal": (("blue", "green"), {"en": "teal petrol", "de": "petrol", "es": "azul_petróleo", "uk": "", "hr": "petrolej"}),
    "azure": (("blue",), {"en": "sky_blue azure", "de": "himmelblau~", "es": "celeste celestes azul_cielo", "uk": "небесн~ лазуров~", "hr": "nebesk~ azurn~"}),
    "burgundy": (("red",), {"en": "burgundy maroon bordeaux wine_red claret", "de": "bordeaux weinrot~ bordeauxrot~ burgunder~", "es": "burdeos granate vino vinotinto", "uk": "бордо бордов~", "hr": "bordo tamnocrven~ bordo_crven~"}),
    "coral": (("orange", "pink"), {"en": "coral", "de": "koralle korallenrot~ korallenfarben~", "es": "coral", "uk": "коралов~", "hr": "koraljn~"}),
    "peach": (("orange",), {"en": "peach apricot", "de": "pfirsich aprikose", "es": "melocotón durazno", "uk": "персиков~", "hr": "breskv~"}),
    "rust": (("brown", "orange"), {"en": "rust rusty", "de": "rostrot~ rostbraun~", "es": "óxido", "uk": "іржав~", "hr": ""}),
    "copper": (("brown",), {"en": "copper", "de": "kupfer~ kupferfarben~", "es": "cobre cobriz~", "uk": "мідн~", "hr": "bakren~"}),
    "bronze": (("brown",), {"en": "bronze", "de": "bronze bronzefarben~", "es": "bronce", "uk": "бронзов~", "hr": "brončan~ bronzan~"}),
    "olive": (("green",), {"en": "olive", "de": "oliv~ olivgrün~", "es": "oliva verde_oliva", "uk": "оливков~", "hr": "maslinast~"}),
    "khaki": (("green",), {"en": "khaki", "de": "khaki khakifarben~", "es": "caqui kaki", "uk": "хакі", "hr": "kaki"}),
    "mint": (("green",), {"en": "mint", "de": "mint mintgrün~", "es": "menta", "uk": "м'ятн~", "hr": "mint mentol"}),
    "lime": (("green",), {"en": "lime", "de": "limette limettengrün~", "es": "lima", "uk": "лайм лаймов~", "hr": ""}),
    "mustard": (("yellow",), {"en": "mustard", "de": "senf senfgelb~", "es": "mostaza", "uk": "гірчичн~", "hr": "senf"}),
    "charcoal": (("grey",), {"en": "charcoal anthracite graphite", "de": "anthrazit~ graphit", "es": "antracita grafito", "uk": "антрацит графітов~", "hr": "antracit"}),
    "steel": (("silver",), {"en": "steel chrome nickel aluminium aluminum", "de": "stahl edelstahl chrom", "es": "acero cromo", "uk": "стал~ хром", "hr": "čelik krom hrom"}),
    "cream": (("beige",), {"en": "cream ecru", "de": "creme cremefarben~ cremeweiß~", "es": "crema", "uk": "кремов~", "hr": "krem"}),
    "ivory": (("white",), {"en": "ivory off_white eggshell", "de": "elfenbein naturweiß~", "es": "marfil", "uk": "молочн~", "hr": "slonovač~"}),
    "nude": (("beige",), {"en": "nude skin sand", "de": "nude sand hautfarben~", "es": "nude arena", "uk": "тілесн~ пісочн~", "hr": "nude"}),
    "tan": (("brown",), {"en": "tan camel taupe", "de": "cognac kamel taupe", "es": "camel", "uk": "", "hr": "kamel"}),
    "chocolate": (("brown",), {"en": "chocolate coffee_brown", "de": "schokobraun~", "es": "chocolate", "uk": "шоколадн~", "hr": "čokoladn~"}),
    "lavender": (("purple",), {"en": "lavender lilac mauve", "de": "lavendel flieder", "es": "lavanda malva", "uk": "лавандов~ ліловий", "hr": "lavand~"}),
    "magenta": (("pink",), {"en": "magenta fuchsia", "de": "magenta fuchsia", "es": "fucsia magenta", "uk": "малинов~ фуксія", "hr": "ciklam~ fuksija"}),
    "rose": (("pink",), {"en": "rose", "de": "rosé altrosa", "es": "", "uk": "", "hr": ""}),
}  # fmt: skip

DARK, LIGHT = "dark", "light"
_TONES = {
    DARK: "dark deep dunkel dunkle dunkler dunkles dunklen oscuro oscura oscuros oscuras темно темний темна темне темні "
    "tamno tamna tamni tamne tamnu",
    LIGHT: "light pale hell helle heller helles hellen claro clara claros claras світло світлий світла світле світлі "
    "svijetlo svetlo svijetla svetla svijetli svetli svijetle svetle svijetlu svetlu",
}
_PLAIN = frozenset(
    [
        "colour",
        "color",
        "coloured",
        "colored",
        "effect",
        "tone",
        "shade",
        "stained",
        "finish",
        "farbe",
        "farben",
        "boja",
    ]
)
"""Words of a label that say nothing of themselves (`Silver-colour`)."""
LONGEST = 3


def _spellings(words: str, endings: tuple[str, ...]) -> list[str]:
    found = []
    for word in words.replace("_", " ").split() if "_" not in words else [w.replace("_", " ") for w in words.split()]:
        found += [word[:-1] + ending for ending in endings] if word.endswith("~") else [word]
    return found


def _tables() -> tuple[dict[tuple[str, ...], str], dict[str, str], dict[str, tuple[str, ...]]]:
    by_key: dict[tuple[str, ...], str] = {}
    exact: dict[str, str] = {}
    names: dict[str, tuple[str, ...]] = {}
    every = list(_BASIC.items()) + [(name, told[1]) for name, told in _SHADES.items()]
    for name, table in every:
        spellings = [
            (language, word) for language, words in table.items() for word in _spellings(words, ENDINGS[language])
        ]
        names[name] = tuple(dict.fromkeys(word for _, word in spellings if word[0] != "="))
        for _, word in spellings:
            if word.startswith("="):
                exact[word[1:]] = name
            else:
                by_key.setdefault(tuple(token.key for token in tokens(word)), name)
    return by_key, exact, names


_BY_KEY, _EXACT, NAMES = _tables()
"""NAMES: how a colour is written in all languages, by its English name."""
BASIC_NAMES = tuple(_BASIC)
_TONE_OF = {token.key: tone for tone, words in _TONES.items() for token in tokens(words)}
_GLUED = sorted({k for k in _TONE_OF if len(k) >= 4}, key=len, reverse=True)


@dataclass(frozen=True, slots=True)
class Said:
    """What a text says about colour."""

    basic: frozenset[str] = frozenset()
    """Basic colours, those of its shades among them."""
    shades: frozenset[str] = frozenset()
    tone: str | None = None
    rest: frozenset[str] = field(default_factory=frozenset)
    """Its other words, singular."""


@lru_cache(maxsize=65_536)
def said_of(text: str) -> Said:
    """`Navy Blue` → blue, navy; `dunkelgrau` → grey, dark; `White birch` → white and the word birch."""
    pieces = [token for token in tokens(text) if token.kind == "word"]
    basic: set[str] = set()
    shades: set[str] = set()
    rest: set[str] = set()
    tone = None
    at = 0
    while at < len(pieces):
        for length in range(min(LONGEST, len(pieces) - at), 0, -1):
            name = _named(tuple(pieces[at : at + length]))
            if name is not None:
                basic |= {name} if name in _BASIC else set(_SHADES[name][0])
                shades |= {name} - _BASIC.keys()
                break
        else:
            length = 1
            word = pieces[at].key
            glued = _unglued(word)
            if word in _TONE_OF:
                tone = _TONE_OF[word]
            elif glued is not None:
                tone = glued[0]
                basic.add(glued[1])
            elif word not in _PLAIN:
                rest.add(singular(word))
        at += length
    return Said(frozenset(basic), frozenset(shades), tone, frozenset(rest))


def _named(pieces: tuple[object, ...]) -> str | None:
    keys = tuple(piece.key for piece in pieces)  # type: ignore[attr-defined]
    if len(pieces) == 1:
        exact = _EXACT.get(pieces[0].text.casefold())  # type: ignore[attr-defined]
        if exact is not None:
            return exact
    return _BY_KEY.get(keys)


def _unglued(word: str) -> tuple[str, str] | None:
    """`dunkelblau` → dark, blue."""
    for tone in _GLUED:
        if word.startswith(tone):
            name = _BY_KEY.get((word[len(tone) :],))
            if name in _BASIC:
                return _TONE_OF[tone], str(name)
    return None


def meaning(text: str) -> frozenset[str]:
    """The colours that a text names, shades and what they are shades of; empty where it names none."""
    said = said_of(text)
    return said.basic | said.shades


@lru_cache(maxsize=65_536)
def colour_fits(wanted: str, label: str) -> bool:
    """Whether a product with this colour label is what was asked for. Both texts as anybody writes them.

    `blue` fits Blue, Navy Blue, Blue/White and Dunkelblau; `navy` fits Navy Blue and not Blue; words that are no
    colours (`birch`) must stand in the label.
    """
    if wanted == label or wanted in (piece.strip() for piece in label.split("/")):
        return True
    asked, said = said_of(wanted), said_of(label)
    if not (asked.basic or asked.rest):
        return False
    if asked.tone is not None and asked.tone != said.tone and not (asked.tone == DARK and "navy" in said.shades):
        return False
    return asked.basic <= said.basic and asked.shades <= said.shades and asked.rest <= said.rest
