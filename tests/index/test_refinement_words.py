"""What refinement makes of single words, phrases and labels: tables."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.messages import Filters
from index.refinement.categories import category_path, filter_for, names_of, within
from index.refinement.colours import colour_fits, said_of
from index.refinement.parse import parse
from index.refinement.prices import price_at
from index.refinement.text import key, singular, stem, tokens, value_of
from index.refinement.things import stems, synonyms
from index.refinement.titles import as_indexed, expression, forms
from index.refinement.typos import Typos, one_apart
from index.refinement.vocabulary import Vocabulary, vocabulary

# --- text ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Плава", "plava"),
        ("ЦРВЕНА", "crvena"),
        ("Ђорђе", "đorđe"),
        ("кошуља", "košulja"),
        ("Grün", "grun"),
        ("Straße", "STRASSE"),
        ("Levi's", "LEVIS"),
        ("Levi’s", "levis"),
        ("Café", "cafe"),
    ],
)
def test_case_accents_apostrophes_and_script_do_not_count(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ("dresses", "dress"),
        ("dress", "dress"),
        ("shoes", "shoe"),
        ("accessories", "accessory"),
        ("watches", "watch"),
        ("boxes", "box"),
        ("women", "woman"),
        ("mens", "man"),
        ("shelves", "shelf"),
        ("bus", "bus"),
        ("zapatos", "zapato"),
    ],
)
def test_a_plural_is_its_singular(word: str, wanted: str) -> None:
    assert singular(word) == wanted


@pytest.mark.parametrize(
    "group",
    [
        "haljina haljine haljinu haljini haljinom haljinama хаљина хаљину",
        "куртка куртки куртку курткою",
        "сумка сумки сумку сумкою",
        "lampe lampen lamp",
        "jacke jacken",
        "zapato zapatos",
        "majica majice majicu majicama",
        "червоний червона червону червоні",
    ],
)
def test_the_forms_of_a_word_have_one_stem(group: str) -> None:
    assert len({stem(key(word)) for word in group.split()}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("cap", "cape"), ("dress", "dresser"), ("men", "women"), ("boots", "booties"), ("ring", "rings3")],
)
def test_other_words_have_other_stems(one: str, other: str) -> None:
    assert stem(key(one)) != stem(key(other))


@pytest.mark.parametrize(
    ("digits", "amount"),
    [
        ("50", "50"),
        ("49.90", "49.90"),
        ("49,9", "49.9"),
        ("1.299", "1299"),
        ("1,299", "1299"),
        ("1.299,90", "1299.90"),
        ("1,299.90", "1299.90"),
        ("1 299", "1299"),
        ("1'299.50", "1299.50"),
        ("1\u00a0299,50", "1299.50"),
        ("1.299.000", "1299000"),
        ("0.125", "0.125"),
        ("٥٠", "50"),
        ("9" * 13, None),
    ],
)
def test_an_amount_is_read_as_it_was_meant(digits: str, amount: str | None) -> None:
    assert value_of(digits) == (None if amount is None else Decimal(amount))


# --- prices -------------------------------------------------------------------------------------------------------

AMOUNTS: dict[str, tuple[str | None, str | None]] = {
    "under 50": (None, "50"),
    "below $50": (None, "50"),
    "up to 50 dollars": (None, "50"),
    "no more than 50": (None, "50"),
    "cheaper than 50": (None, "50"),
    "< 50": (None, "50"),
    "<=50€": (None, "50"),
    "max. 50": (None, "50"),
    "50 or less": (None, "50"),
    "50 max": (None, "50"),
    "50eur": (None, "50"),
    "€ 50": (None, "50"),
    "unter 50 €": (None, "50"),
    "bis zu 50 Euro": (None, "50"),
    "höchstens 49,90": (None, "49.90"),
    "nicht mehr als 50": (None, "50"),
    "billiger als 50": (None, "50"),
    "menos de 50 €": (None, "50"),
    "hasta 50": (None, "50"),
    "no más de 50": (None, "50"),
    "más barato que 50": (None, "50"),
    "50 euros como máximo": (None, "50"),
    "до 500 грн": (None, "500"),
    "менше 500 гривень": (None, "500"),
    "не дорожче 500": (None, "500"),
    "дешевше ніж 500": (None, "500"),
    "ispod 50": (None, "50"),
    "испод 50 динара": (None, "50"),
    "do 50 eura": (None, "50"),
    "до 50 евра": (None, "50"),
    "manje od 50": (None, "50"),
    "ne više od 50": (None, "50"),
    "не више од 50": (None, "50"),
    "from 30": ("30", None),
    "over 30": ("30", None),
    "at least 30 €": ("30", None),
    "30+": ("30", None),
    "30 and up": ("30", None),
    "ab 30": ("30", None),
    "über 30 €": ("30", None),
    "mindestens 30": ("30", None),
    "más de 30": ("30", None),
    "desde 30 €": ("30", None),
    "від 30": ("30", None),
    "понад 30 грн": ("30", None),
    "od 30": ("30", None),
    "iznad 30": ("30", None),
    "изнад 30": ("30", None),
    "not under 30": ("30", None),
    "between 20 and 40": ("20", "40"),
    "from 20 to 40": ("20", "40"),
    "20-40": ("20", "40"),
    "20 – 40 €": ("20", "40"),
    "$20 to $40": ("20", "40"),
    "zwischen 20 und 40": ("20", "40"),
    "von 20 bis 40": ("20", "40"),
    "20 bis 40 Euro": ("20", "40"),
    "entre 20 y 40": ("20", "40"),
    "de 20 a 40 €": ("20", "40"),
    "між 20 і 40": ("20", "40"),
    "від 20 до 40": ("20", "40"),
    "između 20 i 40": ("20", "40"),
    "између 20 и 40": ("20", "40"),
    "od 20 do 40": ("20", "40"),
    "od 20 do 40 €": ("20", "40"),
    "about 50": ("40.0", "60.0"),
    "etwa 50 €": ("40.0", "60.0"),
}


@pytest.mark.parametrize(("text", "limits"), AMOUNTS.items())
def test_an_amount_is_understood_in_six_languages(text: str, limits: tuple[str | None, str | None]) -> None:
    pieces = tokens(text)
    found = price_at(pieces, 0)
    assert found is not None
    assert found.length == len(pieces)
    assert (found.least, found.most) == tuple(None if limit is None else Decimal(limit) for limit in limits)


@pytest.mark.parametrize("text", ["50", "size 42", "blue", "from", "under", "under blue", "iphone 15", "to 50 x", ""])
def test_a_number_alone_is_no_price(text: str) -> None:
    assert price_at(tokens(text), 0) is None


# --- colours ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "colour",
    [
        "black schwarz schwarze schwarzes negro negra negros чорний чорна чорні crna crno crni црна црне",
        "white weiß weisse blanco blancas білий біла bijela bijele bela bele бела бели",
        "red rot rote roter rojo rojas червоний червону crvena crveno црвена црвени",
        "blue blau blaue blauen azul azules синій синя сині plava plavo plavi плава плаво",
        "green grün gruen grüne verde verdes зелений зелена zelena zelene зелене",
        "yellow gelb gelbe amarillo amarillas жовтий жовта žuta žute жута",
        "grey gray grau graue gris grises сірий сіра siva sive сива",
        "brown braun braune marrón marrones коричневий коричнева smeđa smeđe смеђа braon браон",
        "pink rosa rosado рожевий рожева roza ružičasta ружичаста roze розе",
        "purple violet lila violett morado morada фіолетовий ljubičasta љубичаста",
        "orange naranja помаранчевий оранжева narančasta narandžasta наранџаста",
        "beige beiges бежевий бежева bež беж",
        "silver silber plateado срібний srebrna srebrni сребрна",
        "gold golden dorado золотий zlatna zlatni златна",
    ],
)
def test_a_colour_is_the_same_in_every_language(colour: str) -> None:
    basic = colour.partition(" ")[0]
    assert {word: said_of(word).basic for word in colour.split()} == {word: {basic} for word in colour.split()}


@pytest.mark.parametrize("word", ["bez", "sin", "син", "rotation", "blueprint", "redo", "", "42", "men"])
def test_a_word_like_a_colour_is_none(word: str) -> None:
    assert not said_of(word).basic


@pytest.mark.parametrize(
    ("wanted", "label", "fits"),
    [
        ("blue", "blue", True),
        ("blau", "navy blue", True),
        ("синій", "blue/white", True),
        ("white", "blue/white", True),
        ("navy", "navy blue", True),
        ("navy", "blue", False),
        ("dark blue", "navy", True),
        ("dark blue", "blue", False),
        ("dark blue", "dunkelblau", True),
        ("light grey", "hellgrau", True),
        ("light grey", "dark grey", False),
        ("black", "black-brown", True),
        ("black white", "white,black", True),
        ("black white", "white", False),
        ("birch", "white birch", True),
        ("white birch", "white", False),
        ("grey", "silver-colour", False),
        ("silver", "stainless steel", True),
        ("red", "bored", False),
        ("unheard", "blue", False),
    ],
)
def test_a_colour_fits_a_label_that_names_it(wanted: str, label: str, fits: bool) -> None:
    assert colour_fits(wanted, label) is fits


# --- categories ---------------------------------------------------------------------------------------------------

PATHS = (
    "men > tops > hoodies & sweatshirts",
    "men > tops > tees",
    "women > tops > hoodies & sweatshirts",
    "women > tops > tees",
    "women > shoes",
    "chair",
    "swivel chair",
    "table, outdoor",
    "box with lid",
    "t-shirts",
    "shirts",
)


@pytest.mark.parametrize(
    ("step", "names"),
    [
        ("hoodies & sweatshirts", {"hoodysweatshirt", "hoody", "sweatshirt"}),
        ("swivel chair", {"swivelchair", "chair"}),
        ("table, outdoor", {"tableoutdoor", "table", "outdoor"}),
        ("box with lid", {"boxwithlid", "box"}),
        ("t-shirts", {"tshirt"}),
    ],
)
def test_a_step_answers_to_the_things_that_it_names(step: str, names: set[str]) -> None:
    assert names_of(step) == names


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        ("men", {PATHS[0], PATHS[1]}),
        ("women > tops", {PATHS[2], PATHS[3]}),
        ("tees", {PATHS[1], PATHS[3]}),
        ("tops > tees", {PATHS[1], PATHS[3]}),
        ("… chair", {"chair", "swivel chair"}),
        ("chair", {"chair"}),
        ("men > … hoodie", {PATHS[0]}),
        ("shoe", set()),
        ("boats", set()),
    ],
)
def test_a_filter_keeps_whole_steps(wanted: str, kept: set[str]) -> None:
    assert within(wanted, PATHS) == kept


@pytest.mark.parametrize(
    ("chosen", "name", "before", "text"),
    [
        ({PATHS[0], PATHS[1]}, "men", "", "men"),
        ({PATHS[1], PATHS[3]}, "tees", "", "tees"),
        ({PATHS[1]}, "tees", "men", "men > tops > tees"),
        ({PATHS[1]}, "men", "tees", "men > tops > tees"),
        ({"chair", "swivel chair"}, "chair", "", "… chair"),
        ({"women > shoes"}, "shoes", "", "shoes"),
        ({PATHS[0], "chair"}, "chair", "", None),
        (set(), "x", "", None),
    ],
)
def test_the_shortest_filter_says_all_that_was_said(chosen: set[str], name: str, before: str, text: str | None) -> None:
    assert filter_for(chosen, PATHS, name, before) == text
    if text is not None:
        assert within(text, PATHS) == chosen


def test_a_path_is_folded_step_by_step() -> None:
    assert category_path(" Shoes>  Ankle  BOOTS > ") == "shoes > ankle boots"


# --- typos, titles, things ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("nike", "nike", True),
        ("nkie", "nike", True),
        ("nikee", "nike", True),
        ("nke", "nike", True),
        ("mike", "nike", True),
        ("nikeee", "nike", False),
        ("kine", "nike", False),
        ("", "a", True),
    ],
)
def test_one_letter_dropped_added_changed_or_swapped_is_one_apart(one: str, other: str, near: bool) -> None:
    assert one_apart(one, other) is near
    assert one_apart(other, one) is near


def test_a_typo_means_the_only_name_that_is_near() -> None:
    known = Typos.of(["adidas", "reebok", "brooks", "crooks"])
    assert known.near("addidas") == "adidas"
    assert known.near("rebeok") == "reebok"
    assert known.near("grooks") is None
    assert known.near("asics") is None


TERMS = ["cap", "caps", "cape", "capri", "hoodie", "hoodies", "haljina", "haljine", "хаљина", "men", "mens", "women",
         "shelf", "shelves", "4k", "tshirt", "shirt", "shirts", "grun"]  # fmt: skip


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("cap", {"cap", "caps"}),
        ("Hoodie", {"hoodie", "hoodies"}),
        ("hoodies", {"hoodie", "hoodies"}),
        ("haljinu", {"haljina", "haljine", "хаљина"}),
        ("хаљине", {"haljina", "haljine", "хаљина"}),
        ("man", {"men", "mens"}),
        ("shelf", {"shelf", "shelves"}),
        ("grün", {"grun"}),
        ("4k", {"4k"}),
        ("x", set()),
        ("", set()),
    ],
)
def test_a_word_is_found_in_any_form_and_script(word: str, found: set[str]) -> None:
    assert set(forms(word, lambda start: [term for term in TERMS if term.startswith(start)])) == found


def test_a_word_with_a_sign_is_asked_for_in_a_row_and_in_one() -> None:
    def terms(start: str) -> list[str]:
        return [term for term in TERMS if term.startswith(start)]

    assert expression("T-shirt", terms) == '"tshirt" OR "T shirt" OR "T shirts"'
    assert expression("-", terms) == ""
    assert as_indexed("Grün ЙЇ Ñ") == "grun йї n"


@pytest.mark.parametrize(
    ("word", "language", "english"),
    [
        ("Herren", "de", "men"),
        ("жіноче", "uk", "women"),
        ("muške", "hr", "men"),
        ("женске", "sr", "women"),
        ("Rock", "de", "skirt"),
        ("suknja", "hr", "skirt"),
        ("сукня", "uk", "dress"),
        ("patike", "sr", "sneakers"),
        ("zapatillas", "es", "sneakers"),
        ("Hose", "de", "trousers"),
        ("unheard", "en", None),
    ],
)
def test_a_thing_is_known_in_the_shoppers_language(word: str, language: str, english: str | None) -> None:
    assert next(iter(synonyms(stems(word), language)), None) == english


# --- whole lines --------------------------------------------------------------------------------------------------

SHOP = vocabulary(
    ["black", "white", "navy blue", "blue", "white/black", "stainless steel"],
    ["Nike", "ON", "The North Face", "Levi's", "Jack & Jones", "Рошен"],
    [*PATHS, "lamps > table lamps"],
    lambda word: word in ("zip", "leather", "tshirt"),
)


@pytest.mark.parametrize(
    ("text", "wanted", "ignored"),
    [
        ("no, the blue one", {"colour": "blue"}, ""),
        ("not blue", {}, "not blue"),
        ("nicht schwarz", {}, "nicht schwarz"),
        ("ohne Zip", {}, "ohne Zip"),
        ("blue without zip", {"colour": "blue"}, "without zip"),
        ("blue\nany colour", {}, ""),
        ("blue under 20\negal welche Farbe", {"max_price": "20"}, ""),
        ("blue under 20\nany price", {"colour": "blue"}, ""),
        ("under 20\nfrom 30", {"min_price": "30"}, ""),
        ("from 30\nunder 50", {"min_price": "30", "max_price": "50"}, ""),
        ("black and white", {"colour": "black white"}, ""),
        ("schwarz-weiß", {"colour": "schwarz weiss"}, ""),
        ("blue or black", {"colour": "black"}, ""),
        ("hellblau", {"colour": "blue"}, ""),
        ("stainless steel", {"colour": "stainless steel"}, ""),
        ("the north face", {"brand": "The North Face"}, ""),
        ("levis", {"brand": "Levi's"}, ""),
        ("LEVI’S", {"brand": "Levi's"}, ""),
        ("jack and jones", {"brand": "Jack & Jones"}, ""),
        ("jack&jones", {"brand": "Jack & Jones"}, ""),
        ("рошен", {"brand": "Рошен"}, ""),
        ("ROŠEN", {"brand": "Рошен"}, ""),
        ("shoes on sale", {"category": "shoes"}, "sale"),
        ("ON shoes", {"brand": "ON", "category": "shoes"}, ""),
        ("t-shirt", {"category": "t-shirts"}, ""),
        ("T shirts", {"category": "t-shirts"}, ""),
        ("shirt", {"category": "shirts"}, ""),
        ("men\nhoodie", {"category": "men > tops > hoodies & sweatshirts"}, ""),
        ("men\nwomen", {"category": "women"}, ""),
        ("swivel chair", {"category": "swivel chair"}, ""),
        ("chair", {"category": "… chair"}, ""),
        ("lamps", {"category": "lamps"}, ""),
        ("cipele", {"category": "shoes"}, ""),
        ("ципеле", {"category": "shoes"}, ""),
        ("чоловічі", {"category": "men"}, ""),
        ("levvis", {"brand": "Levi's"}, ""),
        ("north fase", {}, "north fase"),
        ("zip\nleather", {"words": "leather zip"}, ""),
        ("💙 blue!!", {"colour": "blue"}, ""),
    ],
)
def test_a_line_is_read_as_a_shopper_means_it(text: str, wanted: dict[str, str], ignored: str) -> None:
    said = parse(text, SHOP)
    assert said.filters == Filters(**wanted)  # type: ignore[arg-type]
    assert said.ignored == ignored


def test_a_shop_without_prices_reads_none() -> None:
    said = parse("blue under 50, cheaper", vocabulary(["blue"], [], [], lambda word: False, priced=False))
    assert said.filters == Filters(colour="blue")
    assert (said.cheaper, said.ignored) == (0, "under 50 cheaper")


def test_words_that_no_product_has_together_give_way_to_the_latest() -> None:
    def leaves(filters: Filters) -> int:
        return 0 if {"zip", "leather"} <= set((filters.words or "").split()) else 2

    shop = vocabulary([], [], [], lambda word: word in ("zip", "leather"), leaves=leaves)
    assert parse("zip\nleather", shop).filters.words == "leather"
    assert parse("zip leather", shop).filters.words == "zip"
    assert parse("zip leather", shop).ignored == "leather"


@settings(deadline=None, max_examples=300)
@example("\x00")
@example("-" * 2000)
@example("1" * 400)
@example("under 1e400")
@example("… > >> …")
@example("not " * 300)
@given(st.text(st.characters(), max_size=300))
def test_no_text_of_any_script_raises(text: str) -> None:
    said = parse(f"{text}\nblue {text}", SHOP, language=text[:5])
    assert isinstance(said.ignored, str)
    assert isinstance(SHOP, Vocabulary)
    expression(text, lambda start: [start])


KNOWN = (
    "not no the blue black men women chair under 50 20 € - , and or to from any colour all cheaper in stock "
    "levis on zip between < + until"
)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(sorted(KNOWN.split())), max_size=14))
def test_no_order_of_known_words_raises(words: list[str]) -> None:
    parse(" ".join(words), SHOP, Filters(category="Men", words="zip", min_price="nonsense"))
