"""`catalogue.sqlite` of a generation: its products, their pictures, and words in titles (FTS5)."""

from __future__ import annotations

import re
import sqlite3
import threading
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.longcodes import BrokenGeneration
from index.refinement.titles import as_indexed

SCHEMA = """
CREATE TABLE products (
    ordinal INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, price TEXT, currency TEXT, link TEXT,
    brand TEXT, category TEXT, colour TEXT, in_stock INTEGER NOT NULL, item_group TEXT, line INTEGER NOT NULL,
    first_row INTEGER NOT NULL, pictures INTEGER NOT NULL
) STRICT;
CREATE TABLE pictures (
    row INTEGER PRIMARY KEY, product INTEGER NOT NULL, digest TEXT NOT NULL, reference TEXT NOT NULL
) STRICT;
CREATE TABLE labels (kind TEXT NOT NULL, code INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (kind, code))
    STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE titles USING fts5(title, content='', tokenize='unicode61', prefix='2 3');
"""
COLUMNS = "id, title, price, currency, link, brand, category, colour, in_stock, item_group, line, first_row, pictures"
TERMS_MAX = 5_000
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Product:
    """A product as a generation keeps it; `first_row` and `pictures` say which code rows are its pictures."""

    id: str
    title: str
    price: str | None = None
    currency: str | None = None
    link: str | None = None
    brand: str | None = None
    category: str | None = None
    colour: str | None = None
    in_stock: bool = True
    item_group: str | None = None
    line: int = 0
    first_row: int = 0
    pictures: int = 1


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a product: `digest` names the stored file, `reference` is how the feed wrote it."""

    digest: str
    reference: str


def write(
    path: Path, products: Sequence[Product], pictures: Sequence[Picture], labels: Iterable[tuple[str, int, str]]
) -> None:
    """Make the file. Row i of the codes is `pictures[i]`; a product's pictures stand together, in its order."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        # The file is fsynced as a whole before it is published: a journal would only cost time.
        database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA page_size=8192;" + SCHEMA)
        database.execute("BEGIN")
        database.executemany(
            f"INSERT INTO products (ordinal, {COLUMNS}) VALUES ({', '.join('?' * 14)})",  # noqa: S608
            ((ordinal, *_values(product)) for ordinal, product in enumerate(products)),
        )
        database.executemany("INSERT INTO pictures VALUES (?, ?, ?, ?)", _picture_rows(products, pictures))
        database.executemany("INSERT INTO labels VALUES (?, ?, ?)", labels)
        database.executemany(
            "INSERT INTO titles (rowid, title) VALUES (?, ?)",
            ((ordinal, _searchable(product)) for ordinal, product in enumerate(products)),
        )
        database.execute("COMMIT")


def _values(product: Product) -> tuple[str | int | None, ...]:
    return (
        product.id,
        product.title,
        product.price,
        product.currency,
        product.link,
        product.brand,
        product.category,
        product.colour,
        int(product.in_stock),
        product.item_group,
        product.line,
        product.first_row,
        product.pictures,
    )


def _searchable(product: Product) -> str:
    brand = product.brand or ""
    return product.title if brand.casefold() in product.title.casefold() else f"{product.title} {brand}"


def _picture_rows(products: Sequence[Product], pictures: Sequence[Picture]) -> Iterator[tuple[int, int, str, str]]:
    for ordinal, product in enumerate(products):
        for row in range(product.first_row, product.first_row + product.pictures):
            yield row, ordinal, pictures[row].digest, pictures[row].reference


class Catalogue:
    """The file opened for reading: immutable, a connection for each thread."""

    def __init__(self, path: Path) -> None:
        self._open: list[sqlite3.Connection] = []  # first: __del__ looks at it even where the rest fails
        self._address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        self._name = path.parent.name
        self._local = threading.local()
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close every thread's connection; no search may run any more."""
        with self._lock:
            for connection in self._open:
                connection.close()
            self._open.clear()

    def __del__(self) -> None:
        """Whoever opens one closes it; Python 3.13 alone would notice where somebody forgets."""
        if self._open:
            self.close()
            warnings.warn("a catalogue was left open", ResourceWarning, source=self, stacklevel=1)

    def products(self, ordinals: Sequence[int]) -> list[Product]:
        """The products with these ordinals, in the order asked. Raises BrokenGeneration where there is none such."""
        if not ordinals:
            return []
        marks = ", ".join("?" * len(ordinals))
        query = f"SELECT ordinal, {COLUMNS} FROM products WHERE ordinal IN ({marks})"  # noqa: S608
        found = {int(row[0]): _product(row[1:]) for row in self._connection.execute(query, list(ordinals))}
        if not found.keys() >= {int(ordinal) for ordinal in ordinals}:
            raise BrokenGeneration(f"{self._name}: its columns name a product that its catalogue does not have.")
        return [found[int(ordinal)] for ordinal in ordinals]

    def find(self, product_id: str) -> tuple[int, Product] | None:
        """Ordinal and product of an id; None where there is none."""
        query = f"SELECT ordinal, {COLUMNS} FROM products WHERE id = ?"  # noqa: S608
        row = self._connection.execute(query, (product_id,)).fetchone()
        return None if row is None else (int(row[0]), _product(row[1:]))

    def find_folded(self, product_id: str) -> str | None:
        """The id that differs from this one in case alone; None where there is none. Reads all ids."""
        query = "SELECT id FROM products WHERE id = ? COLLATE NOCASE LIMIT 1"
        row = self._connection.execute(query, (product_id,)).fetchone()
        return None if row is None else str(row[0])

    def every_product(self) -> Iterator[Product]:
        """All products in the order of their ordinals."""
        query = f"SELECT {COLUMNS} FROM products ORDER BY ordinal"  # noqa: S608
        for row in self._connection.execute(query):  # a generator of ours: it keeps this reader, and so the rows, alive
            yield _product(row)

    def every_picture(self) -> Iterator[Picture]:
        """All pictures in the order of their rows."""
        query = "SELECT digest, reference FROM pictures ORDER BY row"
        for digest, reference in self._connection.execute(query):
            yield Picture(digest, reference)

    def picture(self, row: int) -> Picture:
        """The picture of a code row."""
        query = "SELECT digest, reference FROM pictures WHERE row = ?"
        return Picture(*self._connection.execute(query, (row,)).fetchone())

    def labels(self, kind: str) -> dict[int, str]:
        """Texts of a filter column's codes; kind: `category`, `brand` or `colour`."""
        return dict(self._connection.execute("SELECT code, text FROM labels WHERE kind = ?", (kind,)).fetchall())

    def words(self, text: str, limit: int) -> list[tuple[int, float]]:
        """Ordinals of products whose title has these words (as beginnings), with the share of words found, best first.

        All words are asked for first; where no title has all of them, any.
        """
        words = list(dict.fromkeys(word.casefold() for word in _WORD.findall(text)))[:16]
        if not words:
            return []
        for joint in (" ", " OR "):
            found = self._match(joint.join(f'"{word}"*' for word in words), limit)
            if found:
                break
        titles = dict(zip(found, self.products(found), strict=True))
        shares = [(ordinal, _share(words, _searchable(titles[ordinal]))) for ordinal in found]
        return sorted(shares, key=lambda pair: -pair[1])

    def terms(self, start: str) -> list[str]:
        """The words of titles that begin so, as the full-text index writes them; TERMS_MAX at most."""
        query = "SELECT term FROM temp.terms WHERE term >= ? AND term < ? LIMIT ?"
        return [str(row[0]) for row in self._connection.execute(query, (start, f"{start}\U0010ffff", TERMS_MAX))]

    def matching(self, expression: str) -> npt.NDArray[np.int64]:
        """Ordinals of all products whose titles fit an FTS5 expression."""
        # One text, not a row a product: a common word stands in tens of thousands of titles.
        query = "SELECT group_concat(rowid) FROM titles WHERE titles MATCH ?"
        found = self._connection.execute(query, (expression,)).fetchone()[0]
        return np.fromstring(str(found), np.int64, sep=",") if found is not None else np.empty(0, np.int64)

    def _match(self, expression: str, limit: int) -> list[int]:
        query = "SELECT rowid FROM titles WHERE titles MATCH ? ORDER BY bm25(titles), rowid LIMIT ?"
        return [int(row[0]) for row in self._connection.execute(query, (expression, limit))]

    @property
    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            # Each thread uses its own; close() comes from another thread after the last search.
            connection = sqlite3.connect(self._address, uri=True, check_same_thread=False)
            with self._lock:
                self._open.append(connection)
            connection.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, titles, row)")
            self._local.connection = connection
        return connection


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error of SQLite says that the file is not what was written."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF  # the rest says where
    return code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR}


def _product(row: Sequence[object]) -> Product:
    values = list(row)
    values[8] = bool(values[8])
    return Product(*values)  # type: ignore[arg-type]


def _share(words: Sequence[str], title: str) -> float:
    of_title = [as_indexed(word) for word in _WORD.findall(title)]
    return sum(any(other.startswith(as_indexed(word)) for other in of_title) for word in words) / len(words)
