from __future__ import annotations

from collections.abc import Sequence

import pytest

from core.errors import Refused
from core.messages import Filters
from index.catalogue import Picture, Product
from index.columns import Columns, build, micro
from index.feed import Row, Skipped
from index.products import Changes, Entry, changes, in_order, take, with_pictures
from index.refinement.categories import category_path

A, B, C = (letter * 64 for letter in "abc")


def row(line: int, product: str, *images: str, group: str | None = None, notes: tuple[str, ...] = ()) -> Row:
    return Row(line=line, id=product, title=product, images=images, item_group=group, notes=notes)


def assembled(rows: Sequence[Row | Skipped], digests: dict[str, str], failures: dict[str, str] | None = None):  # type: ignore[no-untyped-def]
    intake = take(rows)
    names = {image: image for r in intake.rows.values() for image in r.images}
    return intake, with_pictures(intake, names, digests, failures or {})


@pytest.mark.parametrize(
    ("rows", "digests", "products", "merged", "skipped"),
    [
        ([row(2, "x", "a")], {"a": A}, {"x": [A]}, 0, 0),
        ([row(2, "x", "a"), row(3, "x", "b")], {"a": A, "b": B}, {"x": [A, B]}, 1, 0),
        ([row(2, "x", "a"), row(3, "x", "a")], {"a": A}, {"x": [A]}, 1, 0),
        ([row(2, "x", "a", "b")], {"b": B}, {"x": [B]}, 0, 0),
        ([row(2, "x", "a", "b")], {"a": A, "b": A}, {"x": [A]}, 0, 0),
        ([row(2, "x", "a"), row(3, "y", "b")], {"a": A}, {"x": [A]}, 0, 1),
        ([Skipped(2, "z", "no title"), row(3, "x", "a")], {"a": A}, {"x": [A]}, 0, 1),
        # sizes of one thing: same group, same picture
        ([row(2, "s", "a", group="g"), row(3, "m", "a", group="g")], {"a": A}, {"s": [A]}, 1, 0),
        # colours of one thing: same group, own pictures
        ([row(2, "s", "a", group="g"), row(3, "m", "b", group="g")], {"a": A, "b": B}, {"s": [A], "m": [B]}, 0, 0),
        # the same picture alone is no reason
        ([row(2, "s", "a"), row(3, "m", "a")], {"a": A}, {"s": [A], "m": [A]}, 0, 0),
    ],
)
def test_every_row_is_a_product_merged_or_skipped(
    rows: list[Row | Skipped], digests: dict[str, str], products: dict[str, list[str]], merged: int, skipped: int
) -> None:
    intake, entries = assembled(rows, digests)
    assert {entry.product.id: [picture.digest for picture in entry.pictures] for entry in entries} == products
    assert (intake.merged, len(intake.skipped)) == (merged, skipped)
    assert intake.total == len(entries) + intake.merged + len(intake.skipped)


def test_a_row_without_a_picture_is_listed_with_the_reason() -> None:
    intake, _ = assembled([row(7, "x", "a")], {}, {"a": "its picture is not there"})
    assert intake.skipped == [(7, "x", "its picture is not there")]


def test_a_second_picture_that_fails_is_a_note_and_no_skipped_row() -> None:
    intake, entries = assembled([row(7, "x", "a", "b", notes=("its link was dropped",))], {"a": A}, {"b": "too small"})
    assert len(entries) == 1
    assert intake.notes == [(7, "x", "its link was dropped"), (7, "x", "a picture less: too small")]


def entry(product: str, *digests: str, price: str | None = None) -> Entry:
    return Entry(Product(product, product, price=price), tuple(Picture(digest, "r") for digest in digests))


def test_products_stand_by_id_and_know_their_rows() -> None:
    products, pictures = in_order([entry("b", A, B), entry("a", C)])
    assert [(p.id, p.first_row, p.pictures) for p in products] == [("a", 0, 1), ("b", 1, 2)]
    assert [p.digest for p in pictures] == [C, A, B]


def test_changes_are_counted_against_the_generation_before() -> None:
    before = [entry("a", A), entry("b", B), entry("c", C), entry("d", A)]
    now = [entry("a", A), entry("b", C), entry("c", C, price="1"), entry("e", A)]
    assert changes(before, now) == Changes(added=1, removed=1, changed=2)


PRODUCTS, _ = in_order([
    Entry(
        Product("1", "boot", price="10.00", category="Shoes > Boots", brand="Acme", colour="Red", in_stock=True),
        (Picture(A, "r"), Picture(B, "r")),
    ),
    Entry(
        Product("2", "bootlace", price="2.50", category="shoes>bootlaces", brand="ACME ", in_stock=False),
        (Picture(A, "r"),),
    ),
    Entry(Product("3", "bag", category="Bags", brand="Other", colour="Blue/White"), (Picture(C, "r"),)),
])  # fmt: skip


def columns() -> Columns:
    arrays, labels = build(PRODUCTS)
    by_kind = {kind: {code: text for k, code, text in labels if k == kind} for kind in ("category", "brand", "colour")}
    return Columns(**{name.partition(".")[0]: array for name, array in arrays.items()}, labels=by_kind)


@pytest.mark.parametrize(
    ("filters", "rows"),
    [
        (Filters(category="Shoes"), [0, 1, 2]),
        (Filters(category="shoes > boots"), [0, 1]),
        (Filters(category="Shoes>Boots"), [0, 1]),
        (Filters(category="Shoe"), []),
        (Filters(category="Boots"), [0, 1]),  # no path begins so: a step further in
        (Filters(category="Bags"), [3]),
        (Filters(brand="acme"), [0, 1, 2]),
        (Filters(colour="white"), [3]),
        (Filters(colour="blue/white"), [3]),
        (Filters(min_price="2.5"), [0, 1, 2]),
        (Filters(min_price="2.51"), [0, 1]),
        (Filters(max_price="10"), [0, 1, 2]),
        (Filters(max_price="9.99"), [2]),
        (Filters(in_stock=True), [0, 1, 3]),
        (Filters(category="Shoes", in_stock=True, max_price="10.00"), [0, 1]),
    ],
)
def test_filters_let_rows_through(filters: Filters, rows: list[int]) -> None:
    mask = columns().mask(filters)
    assert mask is not None
    assert mask.nonzero()[0].tolist() == rows


def test_no_filter_is_no_mask() -> None:
    assert columns().mask(Filters()) is None


def test_products_can_be_left_out() -> None:
    mask = columns().mask(Filters(), without={0})
    assert mask is not None
    assert mask.tolist() == [False, False, True, True]


@pytest.mark.parametrize("price", ["", "ten", "nan", "Infinity", "1e30"])
def test_a_price_that_is_no_number_is_refused(price: str) -> None:
    with pytest.raises(Refused):
        micro(price)


@pytest.mark.parametrize(
    ("text", "path"), [("Shoes>Boots", "shoes > boots"), (" A  > B ", "a > b"), ("A > > B", "a > b"), ("", "")]
)
def test_a_category_is_compared_by_its_steps(text: str, path: str) -> None:
    assert category_path(text) == path
