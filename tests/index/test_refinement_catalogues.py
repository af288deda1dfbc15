"""Typical words on real catalogues: each narrows to what its words say, in every language."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.messages import ByPhoto, Filters, Search
from core.settings import Settings
from index.catalogue import Product
from index.model.fake import FakeEmbedder
from index.reindex import reindex
from index.searcher import Searcher
from index.store import GenerationStore
from tests.paths import SHARED

pytestmark = [pytest.mark.shared, pytest.mark.slow, pytest.mark.timeout(300)]
Holds = Callable[[Product], bool]


@pytest.fixture(scope="module")
def searchers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Searcher]]:
    """What narrows does not depend on the model: a quick one does."""
    found: dict[str, Searcher] = {}
    for name in ("fashion", "luma", "home"):
        settings = Settings(data_dir=tmp_path_factory.mktemp(name), _env_file=None)
        embedder = FakeEmbedder()
        reindex(settings, SHARED / "catalogues" / name / "feed.tsv", embedder=embedder)
        found[name] = Searcher(GenerationStore(settings.index_dir), embedder)
    yield found
    for searcher in found.values():
        searcher.store.close()


def path_has(*steps: str) -> Holds:
    return lambda product: all(step in (product.category or "") for step in steps)


def coloured(*names: str) -> Holds:
    return lambda product: any(name in (product.colour or "").lower() for name in names)


def titled(*words: str) -> Holds:
    return lambda product: any(word in product.title.lower() for word in words)


BLUES = coloured("blue", "teal", "turquoise")
LUMA: list[tuple[str, str, list[Holds]]] = [
    ("en", "blue", [BLUES]),
    ("de", "rote", [coloured("red")]),
    ("sr", "сива", [coloured("gray")]),
    ("en", "women hoodies", [path_has("Women", "Hoodies")]),
    ("en", "hoodie for men", [path_has("Men", "Hoodies")]),
    ("de", "Herren Jacken bis 70 €", [path_has("Men", "Jackets"), lambda p: float(p.price or 0) <= 70]),
    ("uk", "чоловічі куртки від 50", [path_has("Men", "Jackets"), lambda p: float(p.price or 0) >= 50]),
    ("hr", "ženske majice između 20 i 30", [path_has("Women", "Tees"), lambda p: 20 <= float(p.price or 0) <= 30]),
    ("sr", "мушке панталоне црне", [path_has("Men", "Pants"), coloured("black")]),
    ("es", "pantalones negros de hombre", [path_has("Men", "Pants"), coloured("black")]),
    ("en", "yoga", [titled("yoga")]),
    ("en", "bags", [path_has("Gear > Bags")]),
]
FASHION: list[tuple[str, str, list[Holds]]] = [
    ("en", "shoes", [path_has("Shoe")]),
    ("en", "nike", [titled("nike")]),
    ("en", "addidas", [titled("adidas")]),
    ("en", "navy", [coloured("navy")]),
    ("de", "schwarze Schuhe", [path_has("Shoe"), coloured("black")]),
    ("uk", "червона сукня", [path_has("Dress"), coloured("red", "maroon", "burgundy", "rust")]),
    ("hr", "plave traperice", [path_has("Jeans"), BLUES]),
    ("sr", "плаве фармерке", [path_has("Jeans"), BLUES]),
    ("es", "relojes de mujer", [path_has("Watches"), titled("women")]),
    ("en", "shirts for men", [path_has("Topwear > Shirts"), titled("men")]),
    ("en", "T-shirts", [path_has("Tshirts")]),
    ("en", "lipstik", [path_has("Lipstick")]),
]
HOME: list[tuple[str, str, list[Holds]]] = [
    ("en", "lamp", [lambda p: "lamp" in (p.category or "").lower()]),
    ("en", "white table", [lambda p: "table" in (p.category or "").lower(), coloured("white")]),
    ("de", "schwarzer Stuhl", [lambda p: "chair" in (p.category or "").lower(), coloured("black")]),
    ("es", "lámpara de mesa", [lambda p: "lamp" in (p.category or "").lower(), titled("table")]),
    ("uk", "біла полиця", [lambda p: "shel" in (p.category or "").lower(), coloured("white")]),
    ("en", "stainless steel", [coloured("stainless steel")]),
    ("en", "billy", [titled("billy")]),
    ("sr", "бели сто", [lambda p: "table" in (p.category or "").lower(), coloured("white")]),
]


@pytest.mark.parametrize(
    ("name", "language", "words", "holds"),
    [(name, *case) for name, cases in (("luma", LUMA), ("fashion", FASHION), ("home", HOME)) for case in cases],
)
def test_typical_words_narrow_as_they_say(
    searchers: dict[str, Searcher], name: str, language: str, words: str, holds: list[Holds]
) -> None:
    searcher = searchers[name]
    picture = next((SHARED / "catalogues" / name / "images").iterdir())
    search = Search("j", "api:j", ByPhoto(("x",)), 0, 1, language=language, refine=words, want=40)
    reply = searcher.answer(search, [Path(picture).read_bytes()])
    assert reply.hits
    assert reply.filters != Filters()
    assert reply.ignored == ""
    known = searcher.store.current().catalogue
    for hit in reply.hits:
        found = known.find(hit.id)
        assert found is not None
        assert all(one(found[1]) for one in holds), dataclasses.asdict(found[1])
