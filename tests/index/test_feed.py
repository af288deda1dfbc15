"""A feed of any kind becomes rows; what can't be taken is said with its line; no feed fills the memory."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.feed import Feed, FeedError, Row, Skipped, download_feed, read_feed
from tests.paths import SHARED

HEADER = "id\ttitle\timage_link\tprice\n"


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Feed]:
    def write(content: str | bytes, *, encoding: str = "utf-8", name: str = "feed.tsv") -> Feed:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return read_feed(path, currency="EUR")

    return write


def row(item: Row | Skipped) -> Row:
    assert isinstance(item, Row), item
    return item


def test_a_row_has_all_that_the_feed_told(written: Callable[..., Feed]) -> None:
    feed = written(
        "ID\tTitle\tDescription\tLink\tImage Link\tAdditional_Image_Link\tPrice\tSale price\tAvailability\tproduct type"
        "\tBrand\tColour\titem group id\tcustom label 0\n"
        "a1\tRed shoe\tSoft.\thttps://shop.example/a1\ti/a1.jpg\ti/a1b.jpg, i/a1c.jpg\t49.90 EUR\t39.90 EUR\tin stock"
        "\tShoes > Boots\tAcme\tred\tg1\tx\n"
    )
    (found,) = feed
    found = row(found)
    assert (found.line, found.id, found.title, found.description) == (2, "a1", "Red shoe", "Soft.")
    assert found.images == ("i/a1.jpg", "i/a1b.jpg", "i/a1c.jpg")
    assert (str(found.price), found.currency, found.link) == ("39.90", "EUR", "https://shop.example/a1")
    assert (found.brand, found.category, found.colour) == ("Acme", "Shoes > Boots", "red")
    assert (found.in_stock, found.item_group, found.notes) == (True, "g1", ())
    assert feed.notes == []


def test_only_id_title_and_image_link_are_required(written: Callable[..., Feed]) -> None:
    (found,) = written("title\timage link\tid\nLamp\tl.jpg\t7\n")
    assert found == Row(line=2, id="7", title="Lamp", images=("l.jpg",))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("id\ttitle\tprice\n1\tx\t2\n", "no column image_link:"),
        ("id,name,image\n1,x,2\n", "no columns title and image_link:"),
        ("a;b;c\n1;2;3\n", "no columns id, title and image_link:"),
        ("", "is empty"),
        ("\n\n  \n", "is empty"),
        ("<html><body>Log in</body></html>", "holds no <item>"),
        ("<rss><channel><item>", "not well-formed XML at line 1"),
        ("<rss><channel><item><id>1</id><title>x</title></item></channel></rss>", "no element image_link:"),
        ('<!DOCTYPE r [<!ENTITY a "b">]><r><item/></r>', "defines XML entities"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\0\0", "ends early or is damaged"),
        (gzip.compress(b"id\ttitle\timage_link\n" * 999, mtime=0)[:-20], "ends early or is damaged"),
        (b"\x1f\x8bnot gzip at all", "ends early or is damaged"),
    ],
)
def test_a_feed_that_is_none_says_so_in_one_sentence(
    content: str | bytes, sentence: str, written: Callable[..., Feed]
) -> None:
    with pytest.raises(FeedError, match=sentence):
        list(written(content))


def test_a_feed_that_is_not_there_says_so(tmp_path: Path) -> None:
    for path in (tmp_path / "none.tsv", tmp_path):
        with pytest.raises(FeedError, match="There is no feed at"):
            read_feed(path)


@pytest.mark.parametrize(
    ("line", "reason", "product"),
    [
        ("\tLamp\tl.jpg\t", "it has no id", ""),
        ("7\t\tl.jpg\t", "it has no title", "7"),
        ("7\t \u200b\u202e\x07\tl.jpg\t", "it has no title", "7"),
        ("7\tLamp\t\t", "it has no image_link", "7"),
        ("7\tLamp", "it has no image_link", "7"),
        ("7\tLamp\tl.jpg\t5\tmore\tand more", "it has 6 fields, the first line names 4", "7"),
        ("8" * 201 + "\tLamp\tl.jpg\t", "its id is longer than 200 characters", "8" * 200),
    ],
)
def test_a_broken_row_is_skipped_with_line_and_reason(
    line: str, reason: str, product: str, written: Callable[..., Feed]
) -> None:
    first, second, third = written(f"{HEADER}1\tOne\t1.jpg\t\n{line}\n3\tThree\t3.jpg\t\n")
    assert second == Skipped(3, product, reason)
    assert (row(first).id, row(third).id, row(third).line) == ("1", "3", 4)


@pytest.mark.parametrize("delimiter", ["\t", ",", ";", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_delimiters_line_ends_and_encodings_are_told_from_the_content(
    delimiter: str, end: str, encoding: str, written: Callable[..., Feed]
) -> None:
    lines = [["id", "title", "image_link"], ["1", "Größe ✓ 靴", "1.jpg"], ["2", "حذاء", "2.jpg"]]
    feed = written(end.join(delimiter.join(line) for line in lines) + end, encoding=encoding, name="feed.txt")
    assert [(row(one).line, row(one).title) for one in feed] == [(2, "Größe ✓ 靴"), (3, "حذاء")]
    assert feed.notes == []


def test_a_feed_in_latin_1_is_read_with_a_note(written: Callable[..., Feed]) -> None:
    feed = written(f"{HEADER}1\tGröße – 5 €\t1.jpg\t\n", encoding="cp1252")
    assert row(next(feed)).title == "Größe – 5 €"
    assert feed.notes == ["the feed is not UTF-8: it was read as Windows-1252 (Latin-1)"]


def test_a_packed_feed_is_unpacked(written: Callable[..., Feed]) -> None:
    feed = written(gzip.compress(f"{HEADER}1\tOne\t1.jpg\t\n".encode(), mtime=0), name="feed.tsv.gz")
    assert [row(one).id for one in feed] == ["1"]


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ('1,"a, b",1.jpg\n', ["a, b"]),
        ('1,"say ""hi""",1.jpg\n', ['say "hi"']),
        ('1,"two\nlines",1.jpg\n2,next,2.jpg\n', ["two lines", "next"]),
        ('1,5" pipe,1.jpg\n2,next,2.jpg\n', ['5" pipe', "next"]),
        ('1,"Retro" lamp,1.jpg\n2,next,2.jpg\n', ['"Retro" lamp', "next"]),
        ('1,"never closed,1.jpg\n2,next,2.jpg\n3,"also,3.jpg\n', ['"never closed', "next", '"also']),
        ('"1","a","1.jpg"\n', ["a"]),
        ('1,"",1.jpg\n2,"""",2.jpg\n', [None, '"']),
        ('1,"a\n\n\nb",1.jpg', ["a b"]),
    ],
)
def test_quotes_count_only_around_a_whole_field(
    text: str, titles: list[str | None], written: Callable[..., Feed]
) -> None:
    found = list(written("id,title,image_link\n" + text))
    assert [one.title if isinstance(one, Row) else None for one in found] == titles


def test_lines_are_counted_through_fields_of_several_lines(written: Callable[..., Feed]) -> None:
    feed = written('id,title,image_link\n1,"a\nb\nc",1.jpg\n\n2,d,2.jpg\n')
    assert [row(one).line for one in feed] == [2, 6]


PRICES = [
    ("49.90 EUR", "49.90", "EUR"),
    ("EUR 5", "5", "EUR"),
    ("5EUR", "5", "EUR"),
    ("eur 5", "5", "EUR"),
    ("1.234,50 EUR", "1234.50", "EUR"),
    ("1,234.50 USD", "1234.50", "USD"),
    ("1 234,50 zł", "1234.50", "PLN"),
    ("1\u202f234,50\u00a0€", "1234.50", "EUR"),
    ("1'234.50 CHF", "1234.50", "CHF"),
    ("1.234.567 EUR", "1234567", "EUR"),
    ("12,34,567.50 INR", "1234567.50", "INR"),
    ("1,234 EUR", "1234", "EUR"),
    ("1.234 EUR", "1234", "EUR"),
    ("0.999 EUR", "0.999", "EUR"),
    ("1.250 KWD", "1.250", "KWD"),
    ("12,5", "12.5", "EUR"),
    ("12", "12", "EUR"),
    ("5. EUR", "5", "EUR"),
    ("$12.00", "12.00", "USD"),
    ("US$ 12.00", "12.00", "USD"),
    ("£3", "3", "GBP"),
    ("¥1200", "1200", "JPY"),
    ("٤٩٫٩٠ SAR", "49.90", "SAR"),
    ("+5 EUR", "5", "EUR"),
    ("0 EUR", "0", "EUR"),
]


@pytest.mark.parametrize(("text", "amount", "currency"), PRICES)
def test_a_price_is_read_as_people_write_it(
    text: str, amount: str, currency: str, written: Callable[..., Feed]
) -> None:
    found = row(next(written(f"{HEADER}1\tOne\t1.jpg\t{text}\n")))
    assert (str(found.price), found.currency) == (amount, currency)


@pytest.mark.parametrize(
    "text",
    ["free", "-5 EUR", "5-7 EUR", "EUR 5 USD", "1.2.3 EUR", "1,23.4,5", "5 EURO", "NaN", "1e9 EUR", "9" * 14, "."],
)
def test_a_price_that_cannot_be_read_is_left_out_with_a_note(text: str, written: Callable[..., Feed]) -> None:
    found = row(next(written(f"{HEADER}1\tOne\t1.jpg\t{text}\n")))
    assert (found.price, found.currency) == (None, None)
    assert found.notes == (f"its price can't be read: {text}",)


@pytest.mark.parametrize(
    ("price", "sale", "period", "expected"),
    [
        ("10 EUR", "8 EUR", "", "8"),
        ("10 EUR", "12 EUR", "", "10"),
        ("10 EUR", "8 USD", "", "10"),
        ("10 EUR", "soon", "", "10"),
        ("", "8 EUR", "", "8"),
        ("10 EUR", "8 EUR", "2020-01-01T00:00-0800/2999-01-01T00:00-0800", "8"),
        ("10 EUR", "8 EUR", "2020-01-01T00:00Z/2021-01-01T00:00Z", "10"),
        ("10 EUR", "8 EUR", "2999-01-01/2999-02-01", "10"),
        ("10 EUR", "8 EUR", "this week", "10"),
    ],
)
def test_the_sale_price_counts_where_it_is_lower_and_holds_now(
    price: str, sale: str, period: str, expected: str, written: Callable[..., Feed]
) -> None:
    header = "id\ttitle\timage_link\tprice\tsale_price\tsale_price_effective_date\n"
    found = row(next(written(f"{header}1\tOne\t1.jpg\t{price}\t{sale}\t{period}\n")))
    assert str(found.price) == expected


@pytest.mark.parametrize(
    ("text", "there", "noted"),
    [
        ("", True, False),
        ("in stock", True, False),
        ("In_Stock", True, False),
        ("https://schema.org/InStock", True, False),
        ("available", True, False),
        ("out of stock", False, False),
        ("http://schema.org/OutOfStock/", False, False),
        ("SOLD OUT", False, False),
        ("preorder", False, False),
        ("backorder", False, False),
        ("0", False, False),
        ("on the moon", True, True),
    ],
)
def test_availability_is_read_in_its_variants(
    text: str, there: bool, noted: bool, written: Callable[..., Feed]
) -> None:
    found = row(next(written(f"id\ttitle\timage_link\tavailability\n1\tOne\t1.jpg\t{text}\n")))
    assert (found.in_stock, bool(found.notes)) == (there, noted)


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://shop.example/a?b=c&d=e#f", "https://shop.example/a?b=c&d=e#f"),
        ("http://shop.example/größe", "http://shop.example/größe"),
        ("HTTPS://shop.example/a b", "https://shop.example/a%20b"),
        ("javascript:alert(1)", None),
        ("java\tscript:alert(1)", None),
        ("data:text/html,x", None),
        ("//shop.example/a", None),
        ("shop.example/a", None),
        ("https://", None),
        ("https://user:word@shop.example/", None),
        ('https://shop.example/"onmouseover="x', None),
        ("https://[broken", None),
        ("https://shop.example/" + "x" * 2000, None),
    ],
)
def test_a_link_is_http_or_dropped_with_a_note(link: str, kept: str | None, written: Callable[..., Feed]) -> None:
    found = row(next(written(f'id,title,image_link,link\n1,One,1.jpg,"{link.replace(chr(34), chr(34) * 2)}"\n')))
    assert found.link == kept
    assert bool(found.notes) is (kept is None)
    assert not any("alert" in note or "word" in note for note in found.notes)


@pytest.mark.parametrize(
    ("columns", "values", "category"),
    [
        ("product_type", "Shoes > Boots", "Shoes > Boots"),
        ("product_type", "Shoes>Boots", "Shoes > Boots"),
        ("product_type", " > Shoes &gt; Boots > ", "Shoes > Boots"),
        ("google_product_category", "Apparel & Accessories > Shoes", "Apparel & Accessories > Shoes"),
        ("google_product_category", "187", None),
        ("google_product_category\tproduct_type", "187\tBoots", "Boots"),
        ("google_product_category\tproduct_type", "Apparel\t", "Apparel"),
    ],
)
def test_the_category_is_one_path(
    columns: str, values: str, category: str | None, written: Callable[..., Feed]
) -> None:
    found = row(next(written(f"id\ttitle\timage_link\t{columns}\n1\tOne\t1.jpg\t{values}\n")))
    assert found.category == category


@pytest.mark.parametrize(
    ("additional", "images"),
    [
        ("", ("1.jpg",)),
        ("2.jpg,3.jpg", ("1.jpg", "2.jpg", "3.jpg")),
        (" 2.jpg , , 1.jpg ", ("1.jpg", "2.jpg")),
        (
            "https://a.example/x,w_2.jpg,https://a.example/y.jpg",
            ("1.jpg", "https://a.example/x,w_2.jpg", "https://a.example/y.jpg"),
        ),
    ],
)
def test_additional_pictures_are_parted_at_commas_and_none_comes_twice(
    additional: str, images: tuple[str, ...], written: Callable[..., Feed]
) -> None:
    found = row(next(written(f"id\ttitle\timage_link\tadditional_image_link\n1\tOne\t1.jpg\t{additional}\n")))
    assert found.images == images


def test_titles_lose_control_and_direction_characters_and_nothing_else(written: Callable[..., Feed]) -> None:
    title = "\u202eevil\u202c  Tom &amp; Jerry\x00\x07 <b>\u2066x\u2069 می\u200cخواهم 👩\u200d🔬"
    found = row(next(written(f"{HEADER}1\t{title}\t1.jpg\t\n")))
    assert found.title == "evil Tom & Jerry <b>x می\u200cخواهم 👩\u200d🔬"


def test_a_long_title_is_cut_with_a_note(written: Callable[..., Feed]) -> None:
    found = row(next(written(f"{HEADER}1\t{'x' * 800}\t1.jpg\t\n")))
    assert (len(found.title), found.notes) == (500, ("its title was cut at 500 characters",))


# --- XML --------------------------------------------------------------------------------------------------------

RSS = """<?xml version="1.0" encoding="{encoding}"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title><link>https://shop.example</link>
<item>
  <g:id>1</g:id><title>Plain</title><g:title>Größe &amp; mehr</g:title>
  <link>https://shop.example/1</link>
  <g:image_link>https://cdn.example/1.jpg</g:image_link>
  <g:additional_image_link>https://cdn.example/2,3.jpg</g:additional_image_link>
  <g:additional_image_link>https://cdn.example/4.jpg</g:additional_image_link>
  <g:shipping><g:country>DE</g:country><g:price>4.95 EUR</g:price></g:shipping>
  <g:price>10.00 EUR</g:price><description><![CDATA[<p>Soft &amp; <b>warm</b></p>]]></description>
</item>
<item><g:id>2</g:id><g:title>No picture</g:title></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:x="http://base.google.com/ns/1.0"><title>Shop</title>
<entry><id>tag:shop,1</id><x:id>1</x:id><title>One</title><link rel="self" href="https://shop.example/self"/>
<link href="https://shop.example/1"/><x:image_link>1.jpg</x:image_link></entry></feed>"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_rss_is_read_item_by_item(encoding: str, written: Callable[..., Feed]) -> None:
    first, second = written(RSS.format(encoding=encoding), encoding=encoding, name="feed.xml")
    first = row(first)
    assert (first.line, first.id, first.title) == (3, "1", "Größe & mehr")
    assert first.images == ("https://cdn.example/1.jpg", "https://cdn.example/2,3.jpg", "https://cdn.example/4.jpg")
    assert (str(first.price), first.link, first.description) == ("10.00", "https://shop.example/1", "Soft & warm")
    assert second == Skipped(12, "2", "it has no image_link")


def test_atom_is_read_with_any_prefix(written: Callable[..., Feed]) -> None:
    (found,) = written(ATOM)
    assert found == Row(line=2, id="1", title="One", images=("1.jpg",), link="https://shop.example/1")


def test_xml_that_lies_about_its_encoding_is_read_with_a_note(written: Callable[..., Feed]) -> None:
    feed = written(RSS.format(encoding="utf-8"), encoding="cp1252")
    assert row(next(feed)).title == "Größe & mehr"
    assert len(feed.notes) == 1


def test_one_forbidden_sign_does_not_cost_the_whole_feed(written: Callable[..., Feed]) -> None:
    found = list(written(RSS.format(encoding="utf-8").replace("Größe", "Gr\x0böße")))
    assert row(found[0]).title == "Gr öße & mehr"


LAUGHS = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    "doctype",
    [
        f"<!DOCTYPE rss [{LAUGHS}]>",
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE rss [<!ENTITY % x SYSTEM "http://10.0.0.1/x"> %x;]>',
    ],
)
def test_entities_are_refused(doctype: str, written: Callable[..., Feed]) -> None:
    text = f"{doctype}<rss><item><id>1</id><title>&a11;&x;</title><image_link>1.jpg</image_link></item></rss>"
    with pytest.raises(FeedError, match="entities"):
        list(written(text))


# --- bounds -----------------------------------------------------------------------------------------------------


def pieces_of(path: Path, parts: list[str], times: int, *, packed: bool = False) -> Path:
    with gzip.open(path, "wb", compresslevel=1) if packed else path.open("wb") as file:
        for part in parts:
            for _ in range(times if part.startswith("*") else 1):
                file.write(part.removeprefix("*").encode())
    return path


MIB = "*" + "x" * (1 << 20)


ROW_TOO_LONG, FIELD_TOO_LONG = "the row is too long", "one of its fields is longer than 1 MiB"
TWO = "2\tTwo\t2.jpg\t\n"
LONG_XML = ["<rss><item><id>1</id><title>", MIB, "</title><image_link>1.jpg</image_link></item>"]
LONG_XML += ["<item><id>2</id><title>Two</title><image_link>2.jpg</image_link></item></rss>"]


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([HEADER, "1\t", MIB, "\t1.jpg\t\n", TWO], ROW_TOO_LONG),
        ([HEADER, '1\t"', MIB, '"\t1.jpg\t\n', TWO], ROW_TOO_LONG),
        ([HEADER, "1\t", "x" * (2 << 20), "\t1.jpg\t\n", TWO], FIELD_TOO_LONG),
        (LONG_XML, FIELD_TOO_LONG),
    ],
    ids=["a line of 60 MiB", "a quoted line of 60 MiB", "a field of 2 MiB", "an element of 60 MiB"],
)
def test_what_is_too_long_is_skipped_without_filling_the_memory(parts: list[str], reason: str, tmp_path: Path) -> None:
    path = pieces_of(tmp_path / "feed", parts, 60, packed=True)
    tracemalloc.start()
    try:
        first, second = read_feed(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(first, Skipped)
    assert first.reason == reason
    assert row(second).id == "2"
    assert peak < 48 << 20


def test_a_tag_that_never_ends_is_given_up(tmp_path: Path) -> None:
    path = pieces_of(tmp_path / "feed", ["<rss><item a='", MIB, "'></item></rss>"], 40)
    with pytest.raises(FeedError, match="a tag that is too long"):
        list(read_feed(path))


def test_a_first_line_that_never_ends_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="first line is too long"):
        list(read_feed(pieces_of(tmp_path / "feed", [MIB], 10)))


def test_rows_come_before_the_feed_is_read_to_its_end(tmp_path: Path) -> None:
    path = pieces_of(tmp_path / "feed", [HEADER, "*1\tOne\t1.jpg\t\n"], 200_000)
    tracemalloc.start()
    try:
        assert len(list(itertools.islice(read_feed(path), 10))) == 10
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()


def test_many_open_quotes_take_no_quadratic_time(tmp_path: Path) -> None:
    path = pieces_of(tmp_path / "feed", ["id,title,image_link\n", '*1,"a,1.jpg\n'], 3_001)
    assert sum(1 for _ in read_feed(path)) > 1_000


CELL = st.text(st.characters(exclude_characters='\t\r\n"\x00', exclude_categories=["Cs"]), max_size=20)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(CELL, min_size=0, max_size=6), max_size=6))
def test_every_line_is_a_row_or_a_skipped_one(tmp_path_factory: pytest.TempPathFactory, table: list[list[str]]) -> None:
    lines = ["\t".join(cells) for cells in table]
    path = tmp_path_factory.mktemp("feed") / "feed.tsv"
    path.write_bytes((HEADER + "\n".join(lines) + "\n").encode())
    found = list(read_feed(path))
    assert [one.line for one in found] == [number for number, line in enumerate(lines, 2) if line.strip()]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_as_a_feed(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("feed") / "feed"
    path.write_bytes(data)
    with contextlib.suppress(FeedError):
        list(read_feed(path))


async def test_a_feed_that_cannot_be_fetched_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="only https is fetched"):
        await download_feed("http://shop.example/secret/feed.tsv", tmp_path)
    assert os.listdir(tmp_path) == []
    with pytest.raises(FeedError, match="download_feed"):
        read_feed("https://shop.example/feed.tsv")


@pytest.mark.shared
@pytest.mark.parametrize(("name", "rows"), [("fashion", 1500), ("home", 2066), ("luma", 461), ("electronics", 174)])
def test_real_catalogues_are_read_whole(name: str, rows: int) -> None:
    found = [row(one) for one in read_feed(SHARED / "catalogues" / name / "feed.tsv")]
    assert len(found) == rows
    assert not any(one.notes for one in found)
