"""Feeds made to hurt. `test_feed.py` and `test_picture_source.py` of the index have paths, entities and bounds."""

from __future__ import annotations

import csv
import gzip
import io
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core.spreadsheets import meant, neutral
from index import writer
from index.feed import FeedError, Row, Skipped, read_feed
from index.feed import lines as feed_lines
from index.picture_source import NoPicture, PictureSource
from snapshelf.commands.evaluate import read_pairs
from snapshelf.commands.feedback import pairs_of
from tests.paths import ROOT

HEADER = "id\ttitle\timage_link\tprice\tdescription\n"
GOOD = "good\tA shoe\ta.jpg\t9.90 EUR\tx\n"


def read(data: bytes | str, folder: Path) -> list[Row | Skipped]:
    path = folder / "feed"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return list(read_feed(path))


def good_in(found: list[Row | Skipped]) -> bool:
    """The row after the hostile one was read."""
    return any(isinstance(one, Row) and one.id == "good" for one in found)


# --- one row must not cost the others -------------------------------------------------------------------------------

TEN_MB = "x" * 10_000_000
ROWS: dict[str, tuple[str, str | None]] = {
    "a title of 10 MB": (f"1\t{TEN_MB}\ta.jpg\t1\tx\n", "the row is too long"),
    "a title of 2 MB": (f"1\t{'x' * 2_000_000}\ta.jpg\t1\tx\n", "one of its fields is longer than 1 MiB"),
    "a title of a megabyte of spaces": (f"1\t{' ' * 1_000_000}\ta.jpg\t1\tx\n", "it has no title"),
    "a title of a megabyte of joiners": (f"1\t{chr(0x200D) * 1_000_000}\ta.jpg\t1\tx\n", None),
    "a title of a megabyte of ampersands": (f"1\t{'&' * 1_000_000}\ta.jpg\t1\tx\n", None),
    "a title of signs by huge numbers": (f"1\tA &#{'9' * 100_000}; &#x{'f' * 100_000};\ta.jpg\t1\tx\n", None),
    "a title of combining signs": (f"1\ta{chr(0x301) * 500_000}\ta.jpg\t1\tx\n", None),
    "a price of a megabyte of points": (f"1\tA\ta.jpg\t1{'.' * 1_000_000}x1\tx\n", None),
    "a price of a megabyte of digits": (f"1\tA\ta.jpg\t{'9' * 1_000_000}\tx\n", None),
    "a price of a megabyte of signs": (f"1\tA\ta.jpg\t{'$' * 500_000}1{'$' * 500_000}\tx\n", None),
    "a price without end": ("1\tA\ta.jpg\tInfinity\tx\n", None),
    "a price that is none": ("1\tA\ta.jpg\tNaN\tx\n", None),
    "a price in powers": ("1\tA\ta.jpg\t9e999999999\tx\n", None),
    "a description of tags that never close": (f"1\tA\ta.jpg\t1\t{'<' * 900_000}\n", None),
    "a description of one tag": (f"1\tA\ta.jpg\t1\t<{'a ' * 400_000}\n", None),
    "a hundred thousand fields": ("1\tA\ta.jpg\t1\tx" + "\tx" * 100_000 + "\n", "it has 100005 fields"),
    "a hundred thousand pictures": (f"1\tA\t{'a.jpg,' * 100_000}\t1\tx\n", None),
    "a quote that never closes": ('1\t"A\ta.jpg\t1\tx\n', None),
    "quotes within quotes": ('1\t"A ""b" c""\ta.jpg\t1\tx\n', None),
    "a megabyte of quotes": ("1\t" + '"' * 1_000_001 + "\ta.jpg\t1\tx\n", None),
    "a megabyte of quotes and tabs": ("1\t" + '"\t' * 300_000 + "\n", None),
    "NULs": ("1\tA\0B\ta\0.jpg\t1\tx\n", None),
    "line ends of all kinds": ("1\tA\x0b\x0c\x1c\x85\u2028B\ta.jpg\t1\tx\n", None),
    "a title from right to left": ("1\tA \u202etxt.exe\ta.jpg\t1\tx\n", None),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_hostile_row_is_read_or_skipped_and_the_next_one_is_read(name: str, tmp_path: Path) -> None:
    row, reason = ROWS[name]
    started = time.perf_counter()
    found = read(HEADER + row + GOOD, tmp_path)
    assert time.perf_counter() - started < 10
    assert good_in(found)
    if reason is not None:
        assert isinstance(found[0], Skipped)
        assert found[0].reason.startswith(reason)


# --- bytes that are not what they say -------------------------------------------------------------------------------

TEXT = HEADER + "1\tSchöne Schuhe\ta.jpg\t1\tx\n" + GOOD
XML = "<rss><item><id>good</id><title>Schöne</title><image_link>a.jpg</image_link></item></rss>"
ENCODED: dict[str, Callable[[], bytes]] = {
    "UTF-8 with one broken byte": lambda: TEXT.encode().replace("ö".encode(), b"\xc3"),
    "UTF-16 cut in the middle of a sign": lambda: TEXT.encode("utf-16") + b"\n",
    "half a surrogate pair in UTF-16": lambda: TEXT.encode("utf-16").replace("ö".encode("utf-16-le"), b"\x00\xd8"),
    "half a surrogate pair in UTF-8": lambda: TEXT.encode().replace("ö".encode(), b"\xed\xa0\x80"),
    "a mark of UTF-32 before UTF-8": lambda: b"\xff\xfe\0\0" + TEXT.encode(),
    "two marks": lambda: b"\xef\xbb\xbf\xef\xbb\xbf" + TEXT.encode(),
    "overlong UTF-8": lambda: TEXT.encode().replace("ö".encode(), b"\xc0\xaf"),
    "XML that says UTF-7": lambda: b'<?xml version="1.0" encoding="utf-7"?>' + XML.encode(),
    "XML that says base64": lambda: b'<?xml version="1.0" encoding="base64"?>' + XML.encode(),
    "XML that says an encoding never heard of": lambda: b'<?xml version="1.0" encoding="klingon"?>' + XML.encode(),
    "XML that says UTF-16 and is not": lambda: b'<?xml version="1.0" encoding="utf-16"?>' + XML.encode(),
    "XML that says UTF-8 and is Latin-1": lambda: (
        b'<?xml version="1.0" encoding="utf-8"?>' + XML.replace("Schöne", "Sch\xf6ne").encode("latin-1")
    ),
    "gzip in gzip": lambda: gzip.compress(gzip.compress(TEXT.encode())),
    "gzip cut short": lambda: gzip.compress(TEXT.encode())[:-12],
    "gzip of random bytes": lambda: b"\x1f\x8b" + bytes(range(256)),
    "a zip file": lambda: b"PK\x03\x04" + bytes(200),
    "a web page": lambda: b"<!DOCTYPE html><html><body>Please log in</body></html>",
    "JSON": lambda: b'[{"id": 1, "title": "A", "image_link": "a.jpg"}]',
    "nothing but line ends": lambda: b"\r\n\n\r" * 1_000,
    "XML nested 100,000 deep": lambda: b"<rss>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</rss>",
    "XML of 100,000 attributes": lambda: (
        b"<rss " + b" ".join(b'a%d="1"' % n for n in range(100_000)) + b">" + XML[5:].encode()
    ),
}


@pytest.mark.parametrize("name", ENCODED)
def test_bytes_that_are_not_what_they_say_are_read_or_told_in_one_sentence(name: str, tmp_path: Path) -> None:
    started = time.perf_counter()
    try:
        found = read(ENCODED[name](), tmp_path)
    except FeedError as error:
        told = str(error)
        assert "\n" not in told
        assert told.endswith((".", "?"))
    else:
        assert good_in(found)
    assert time.perf_counter() - started < 10


def test_a_packed_feed_that_unpacks_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_lines, "UNPACKED_MAX", 8 << 20)
    path = tmp_path / "feed"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(HEADER.encode())
        for _ in range(20):
            file.write(b"\n" * (1 << 20))
    with pytest.raises(FeedError, match="unpacks to more than"):
        list(read_feed(path))


# --- 2 GB of one line -----------------------------------------------------------------------------------------------

TWO_GB = 2 << 30
MEASURE = """
import resource, sys
from pathlib import Path
from index.feed import FeedError, read_feed
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    print(sum(1 for _ in read_feed(Path(sys.argv[1]))))
except FeedError as error:
    print(error)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10)
"""
LONG: dict[str, tuple[bytes, bytes, str]] = {
    "a row": (HEADER.encode() + b"1\t", b"\n" + GOOD.encode(), "2"),
    "a quoted field": (HEADER.encode() + b'1\t"', b'"\n' + GOOD.encode(), "2"),
    "the first line": (b"id\t", b"\n" + GOOD.encode(), "The feed's first line is too long"),
    "a tag": (b"<rss><item a='", b"'/></rss>", "a tag that is too long"),
}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", LONG)
def test_two_gigabytes_of_one_line_take_no_memory(name: str, tmp_path: Path) -> None:
    """The line is a hole in the file, so that it takes no disk either: it reads as so many NULs."""
    start, end, told = LONG[name]
    path = tmp_path / "feed"
    with path.open("wb") as file:
        file.write(start)
        file.truncate(TWO_GB)
        file.seek(TWO_GB)
        file.write(end)
    measured = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)], cwd=ROOT, check=True, capture_output=True, text=True, timeout=280
    )
    found, more_mib = measured.stdout.splitlines()
    assert told in found
    assert int(more_mib) < 64


# --- pictures of a feed ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reference",
    [
        "data:image/svg+xml,<svg onload=alert(1)>",
        "DATA:image/png;base64,AAAA",
        "FILE:///etc/passwd",
        "file:/etc/passwd",
        "file:etc/passwd",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "dict://127.0.0.1:6379/flushall",
        "jar:https://shop.example/a.zip!/b.jpg",
        "javascript:alert(1)",
        "\\\\server\\share\\a.jpg",
        "//server/share/a.jpg",
        "C:\\Windows\\win.ini",
        "/proc/self/environ",
        "/dev/zero",
        "....//....//etc/passwd",
        "%2e%2e/%2e%2e/etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "a/../../etc/passwd",
        "~/.ssh/id_rsa",
        "$HOME/a.jpg",
        "a.jpg\0.png",
        "https://127.1/a.jpg",
        "https://0x7f000001/a.jpg",
        "https://[::ffff:127.0.0.1]/a.jpg",
        "https://169.254.169.254/latest/meta-data/",
        "https://localhost/a.jpg",
        "https://shop.example@127.0.0.1/a.jpg",
        "http://127.0.0.1:6379/",
    ],
)
def test_a_reference_that_leads_elsewhere_gives_nothing(reference: str, tmp_path: Path) -> None:
    folder = tmp_path / "feed"
    folder.mkdir()
    with PictureSource(folder, attempts=1) as source:
        with pytest.raises(NoPicture) as refused:
            source.read(reference)
        assert source.signature(reference) is None
    assert "root:" not in str(refused.value)
    assert str(tmp_path) not in str(refused.value)


def test_a_link_made_between_look_and_open_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last step is opened without following; what was a file a moment ago may be a link now."""
    folder = tmp_path / "feed"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(b"secret")
    (folder / "a.jpg").write_bytes(b"picture")
    with PictureSource(folder) as source:
        look = source._plain

        def swapped(reference: str) -> str | None:
            seen = look(reference)
            (folder / "a.jpg").unlink()
            (folder / "a.jpg").symlink_to("../secret")
            return seen

        monkeypatch.setattr(source, "_plain", swapped)
        with pytest.raises(NoPicture):
            source.read("a.jpg")


# --- formulas -------------------------------------------------------------------------------------------------------

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "=cmd|'/c calc'!A1", "\t=1", "\r=1", "＝1+1", '=HYPERLINK("http://x","y")')


@pytest.mark.parametrize("cell", FORMULAS)
def test_no_table_that_we_write_holds_a_formula(cell: str, tmp_path: Path) -> None:
    listed = writer.tsv([(2, cell, "it has no title")]).decode().splitlines()[1].split("\t")
    [(_, product, _)] = pairs_of({"verdict": "up", "product": cell, "photos": ["photos/a.jpg"]})
    for written in (listed[1], product):
        assert not written.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))
    # and what is read back is what was meant
    out = io.StringIO()
    csv.writer(out).writerows([["path", "product_id"], ["a.jpg", product]])
    (tmp_path / "pairs.csv").write_text(out.getvalue(), newline="")
    assert read_pairs(tmp_path / "pairs.csv", None) == [(tmp_path / "a.jpg", cell)]


@pytest.mark.parametrize("cell", ["", "'", "p-1", "1=1", "'quoted", "a@b", "Größe 38"])
def test_other_cells_stand_as_they_are(cell: str) -> None:
    assert neutral(cell) == cell
    assert meant(cell) == cell
