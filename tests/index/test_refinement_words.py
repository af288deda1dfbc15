"""What refinement makes of single words, phrases and labels: tables."""

from __future__ import annotations

from decimal import Decimal

import pytest

from index.refinement.categories import category_path, filter_for, names_of, within
from index.refinement.colours import colour_fits, said_of
from index.refinement.text import key, singular, stem, value_of
from index.refinement.things import stems, synonyms
from index.refinement.titles import as_indexed, expression, forms
from index.refinement.typos import Typos, one_apart

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
