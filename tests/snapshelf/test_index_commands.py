"""reindex, search, evaluate, generations, rollback from the command line, with a model that needs no weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.errors import SnapshelfError
from index.model import runtime
from snapshelf.cli import cli
from tests.index.shop import Shop, picture


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    shop = Shop.of(tmp_path / "shop", 12)
    monkeypatch.setenv("SNAPSHELF_DATA_DIR", str(shop.settings.data_dir))
    monkeypatch.setattr(runtime.Embedder, "load", lambda *args, **options: shop.embedder)
    return shop


def snapshelf(*arguments: str) -> Result:
    result = CliRunner().invoke(cli, arguments)
    if isinstance(result.exception, SnapshelfError):
        raise result.exception
    return result


def photo(tmp_path: Path, product: str) -> str:
    path = tmp_path / f"photo-{product}.png"
    path.write_bytes(picture(product, shade=3))
    return str(path)


def test_reindex_tells_its_account_as_json(shop: Shop) -> None:
    result = snapshelf("reindex", str(shop.feed), "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert told | {"rows": 12, "products": 12, "merged": 0, "skipped": 0, "pictures": 12} == told
    assert told["generation"] == shop.store.current_name()


def test_reindex_with_skipped_rows_exits_3(shop: Shop) -> None:
    shop.extra = [{"id": "x", "title": "no picture"}]
    result = snapshelf("reindex", str(shop.feed))
    assert result.exit_code == 3
    assert "x: it has no image_link" in result.stdout


def test_reindex_takes_single_ids_after_only(shop: Shop) -> None:
    snapshelf("reindex", str(shop.feed))
    for product in ("p001", "p002", "p003"):
        shop.rows[product]["title"] = "Renamed"
    result = snapshelf("reindex", str(shop.feed), "--only", "p001", "p002", "--json")
    assert json.loads(result.stdout)["changed"] == 2


def test_reindex_needs_a_feed(shop: Shop) -> None:
    assert snapshelf("reindex").exit_code == 2
    assert snapshelf("reindex", str(shop.feed), "stray").exit_code == 2


def test_search_prints_a_reply_a_line_and_exits_3_for_a_bad_photo(shop: Shop, tmp_path: Path) -> None:
    snapshelf("reindex", str(shop.feed))
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no picture")
    first, second = photo(tmp_path, "p003"), str(tmp_path / "missing.jpg")
    result = snapshelf("search", first, str(bad), second, "--json", "--count", "2")
    assert result.exit_code == 3
    replies = [json.loads(line) for line in result.stdout.splitlines()]
    assert [reply["photo"] for reply in replies] == [first, str(bad), second]
    assert [reply["outcome"] for reply in replies] == ["hits", "refused", "refused"]
    assert replies[0]["hits"][0]["id"] == "p003"
    assert len(replies[0]["hits"]) == 2
    assert set(replies[0]) == {
        "photo", "outcome", "close", "hits", "reason", "message", "generation", "timings"
    }  # fmt: skip


def test_search_by_product_words_and_filters(shop: Shop) -> None:
    snapshelf("reindex", str(shop.feed))
    arguments = (
        "--product",
        "p001",
        "--text",
        "thing",
        "--category",
        "Shoes",
        "--max-price",
        "15",
        "--json",
        "--exact",
    )
    replies = [json.loads(line) for line in snapshelf("search", *arguments).stdout.splitlines()]
    assert [sorted(reply)[0] for reply in replies] == ["close", "close"]
    assert {hit["id"] for hit in replies[0]["hits"]} == {"p000", "p004"}
    assert {hit["id"] for hit in replies[1]["hits"]} == {"p000", "p001", "p004"}


@pytest.mark.parametrize(
    ("options", "told"),
    [(("--text", "zzzz"), "Nothing was found."), (("--product", "p001", "--min-price", "9000"), "the filters.")],
)
def test_only_a_filter_that_was_given_is_blamed(shop: Shop, options: tuple[str, ...], told: str) -> None:
    snapshelf("reindex", str(shop.feed))
    assert snapshelf("search", *options).stdout.rstrip().endswith(told)


def test_the_page_escapes_what_a_feed_says(shop: Shop, tmp_path: Path) -> None:
    shop.rows["p003"]["title"] = "<script>alert(1)</script> & more"
    snapshelf("reindex", str(shop.feed))
    page = tmp_path / "page.html"
    assert snapshelf("search", photo(tmp_path, "p003"), "--html", str(page)).exit_code == 0
    text = page.read_text()
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "data:image/jpeg;base64," in text
    assert "http-equiv" in text


def test_addresses_of_pictures_are_whole_where_the_world_can_reach_us(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshelf("reindex", str(shop.feed))
    monkeypatch.setenv("SNAPSHELF_PUBLIC_URL", "https://find.example")
    reply = json.loads(snapshelf("search", photo(tmp_path, "p003"), "--json").stdout)
    assert reply["hits"][0]["picture"].startswith("https://find.example/pictures/")


def test_search_without_an_index_says_what_to_do(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(SnapshelfError, match="reindex"):
        snapshelf("search", photo(tmp_path, "p001"))


def test_a_reindex_of_the_same_feed_says_that_nothing_has_changed(shop: Shop) -> None:
    name = json.loads(snapshelf("reindex", str(shop.feed), "--json").stdout)["generation"]
    again = snapshelf("reindex", str(shop.feed))
    assert again.stdout.startswith(f"Nothing has changed: generation {name} stays.")
    assert len(json.loads(snapshelf("generations", "--json").stdout)) == 1


def test_an_id_that_stands_nowhere_is_named(shop: Shop) -> None:
    snapshelf("reindex", str(shop.feed))
    result = snapshelf("reindex", str(shop.feed), "--only", "p001", "none")
    assert result.exit_code == 3
    assert "Neither in the feed nor in the index: none." in result.stdout


def test_generations_are_listed_and_rolled_back(shop: Shop) -> None:
    assert "no generation" in snapshelf("generations").stdout
    snapshelf("reindex", str(shop.feed))
    shop.add("new")
    snapshelf("reindex", str(shop.feed))
    listed = json.loads(snapshelf("generations", "--json").stdout)
    assert [entry["current"] for entry in listed] == [False, True]
    assert listed[0]["products"] == 12
    snapshelf("rollback")
    listed = json.loads(snapshelf("generations", "--json").stdout)
    assert [entry["current"] for entry in listed] == [True, False]
    assert snapshelf("generations").stdout.startswith("* ")


def test_evaluate_counts_right_products_and_writes_a_page(shop: Shop, tmp_path: Path) -> None:
    snapshelf("reindex", str(shop.feed))
    lines = ["path,product_id,role"]
    lines += [f"{Path(photo(tmp_path, product)).name},{product},shopper" for product in ("p001", "p002", "p005")]
    lines += ["missing.png,p001,shop"]
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("\n".join(lines))
    page = tmp_path / "report.html"
    result = snapshelf("evaluate", str(pairs), "--role", "shopper", "--html", str(page), "--json")
    told = json.loads(result.stdout)
    assert told["photos"] == 3
    assert [figure["at_1"] for figure in told["figures"]] == [1.0, 1.0]
    assert page.read_text().count("the right one") == 3
