"""What one generation knows for refinement: its names, which rows hold a word, what filters leave of it."""

from __future__ import annotations

import dataclasses
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from decimal import Decimal
from functools import cached_property, reduce

import numpy as np

from core.messages import Filters
from index.catalogue import Catalogue, Product
from index.columns import MICRO, NO_PRICE, Columns, fold
from index.refinement.categories import ANY, category_path, steps_of
from index.refinement.text import key, squash, stem, words_of
from index.refinement.titles import as_indexed, expression
from index.refinement.typos import one_apart
from index.refinement.vocabulary import Vocabulary, vocabulary
from index.selection import Mask, Selection, none_of

KEPT_BYTES = 32 << 20
"""Of rows that hold a word, and of rows that pass filters: one byte a row and word, or a row and filters."""
KEPT_WORDS = 4_096
KEPT_FILTERS = 256
MISSPELT_LETTERS = 7
"""Titles have many words: a short one is one letter off some other too often."""


class Knowledge:
    """Thread-safe; made by the first question that needs it."""

    def __init__(self, catalogue: Catalogue, columns: Columns) -> None:
        self._catalogue, self._columns = catalogue, columns
        self._rows: OrderedDict[str, Mask | None] = OrderedDict()
        self._selections: OrderedDict[Filters, Selection | None] = OrderedDict()
        self._lock = threading.Lock()

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """What this catalogue calls its things: a shopper's words are read by it."""
        labels = {column: [*self._columns.labels[column].values()] for column in ("colour", "brand", "category")}
        return vocabulary(
            labels["colour"],
            [self._written("brand", brand, lambda product: product.brand) for brand in labels["brand"]],
            labels["category"],
            holds=lambda word: self.rows_with(word) is not None,
            leaves=self.leaves,
            misspelt=self._misspelt,
            priced=self.price_step is not None,
        )

    @cached_property
    def price_step(self) -> Decimal | None:
        """The least by which two prices differ: a hundredth, 1 where all are whole; None without any price."""
        prices = self._columns.price[self._columns.price != NO_PRICE]
        if not len(prices):
            return None
        return Decimal(1) if np.all(prices % MICRO == 0) else Decimal("0.01")

    # --- what filters leave -----------------------------------------------------------------------------------

    def mask(self, filters: Filters, without: Collection[int] = ()) -> Mask | None:
        """Rows that pass the filters and belong to none of the products `without` (ordinals); None: every row.

        Raises Refused(BAD_REQUEST) for a price that is no number.
        """
        chosen = self.selection(filters, without)
        return None if chosen is None else chosen.whole()

    def selection(self, filters: Filters, without: Collection[int] = ()) -> Selection | None:
        """The same, to be asked about some rows only. Raises Refused(BAD_REQUEST)."""
        chosen = self._passing(filters)
        if not without:
            return chosen
        left_out = none_of(self._columns.product, np.fromiter(without, np.uint32, len(without)))
        return Selection(len(self._columns.product), [left_out]) if chosen is None else chosen.also(left_out)

    def _passing(self, filters: Filters) -> Selection | None:
        """Kept for the next question with the same filters: a page further, or another shopper's."""
        with self._lock:
            if filters in self._selections:
                self._selections.move_to_end(filters)
                return self._selections[filters]
        chosen = self._columns.selection(filters)
        for word in (filters.words or "").split():
            rows = self.rows_with(word)
            mask = np.zeros(len(self._columns.product), np.bool_) if rows is None else rows
            chosen = Selection.of(mask) if chosen is None else chosen.also(mask.__getitem__)
        with self._lock:
            self._selections[filters] = chosen
            room = min(KEPT_FILTERS, max(1, KEPT_BYTES // max(1, len(self._columns.product))))
            while len(self._selections) > room:
                self._selections.popitem(last=False)
        return chosen

    def leaves(self, filters: Filters) -> int:
        """How many products pass: 0, 1, or 2 for more."""
        mask, products = self.mask(filters), self._columns.product
        if mask is None:
            mask = np.ones(len(products), np.bool_)
        first = int(mask.argmax()) if len(mask) else 0
        if not len(mask) or not mask[first]:
            return 0
        # A product's rows stand together: of several products the first row and the last differ.
        last = len(mask) - 1 - int(mask[::-1].argmax())
        return 1 if products[first] == products[last] else 2

    # --- words ------------------------------------------------------------------------------------------------

    def rows_with(self, word: str) -> Mask | None:
        """Rows of products that have a word in their title, category or colour; None where none has.

        `T-shirt`, with a sign within, is one word. Endings do not count: hoodie and hoodies are the same.
        """
        with self._lock:
            if word in self._rows:
                self._rows.move_to_end(word)
                return self._rows[word]
        rows = self._look_up(word)
        with self._lock:
            self._rows[word] = rows
            room = max(1, KEPT_BYTES // max(1, len(self._columns.product)))
            while len(self._rows) > KEPT_WORDS or sum(kept is not None for kept in self._rows.values()) > room:
                self._rows.popitem(last=False)
        return rows

    def _look_up(self, word: str) -> Mask | None:
        asked = expression(word, self._catalogue.terms)
        found = self._catalogue.matching(asked) if asked else np.empty(0, np.int64)
        rows = np.zeros(len(self._columns.product), np.bool_)
        if len(found):
            holding = np.zeros(int(self._columns.product[-1]) + 1, np.bool_)
            holding[found] = True
            rows |= holding[self._columns.product]
        for column in ("category", "colour"):
            codes = self._codes_with(column, word)
            if codes:
                of_rows = self._columns.category if column == "category" else self._columns.colour
                rows |= np.isin(of_rows, codes)
        return rows if rows.any() else None

    def _codes_with(self, column: str, word: str) -> list[int]:
        stems = self._label_stems[column]
        wanted = [stem(key) for key in words_of(word)]
        found = [stems.get(one, frozenset()) for one in wanted]
        together = reduce(frozenset.intersection, found) if found else frozenset()
        return sorted(together | stems.get(stem(squash(words_of(word))), frozenset()))

    @cached_property
    def _label_stems(self) -> dict[str, dict[str, frozenset[int]]]:
        found: dict[str, dict[str, set[int]]] = {"category": {}, "colour": {}}
        for column, stems in found.items():
            for code, text in self._columns.labels[column].items():
                for word in words_of(text):
                    stems.setdefault(stem(word), set()).add(code)
        return {column: {one: frozenset(codes) for one, codes in stems.items()} for column, stems in found.items()}

    def _misspelt(self, word: str) -> str | None:
        """The only word of titles that is one letter off, if it begins the same."""
        if len(word) < MISSPELT_LETTERS:
            return None
        near = {term for term in self._catalogue.terms(as_indexed(word)[:2]) if one_apart(key(term), key(word))}
        return near.pop() if len({stem(key(term)) for term in near}) == 1 else None

    # --- spelling ---------------------------------------------------------------------------------------------

    def as_written(self, filters: Filters) -> Filters:
        """The filters as the catalogue spells their names; a name that it has not stays as it is."""
        category, brand, colour = filters.category, filters.brand, filters.colour
        if category is not None:
            category = self._spelled_category(category)
        if brand is not None:
            brand = self._written("brand", brand, lambda product: product.brand)
        if colour is not None:
            colour = self._written("colour", colour, lambda product: product.colour)
        return dataclasses.replace(filters, category=category, brand=brand, colour=colour)

    def _spelled_category(self, category: str) -> str:
        kept = self.vocabulary.within(category_path(category))
        if not kept:
            return category
        whole = self._written("category", min(kept), lambda product: product.category)
        spelled = {category_path(step): step for step in steps_of(whole)}
        before, mark, name = category.rpartition(ANY)
        steps = [spelled.get(category_path(step), step) for step in steps_of(before if mark else name)]
        return " > ".join([*steps, f"{ANY}{name}"] if mark else steps)

    def _written(self, column: str, text: str, of: Callable[[Product], str | None]) -> str:
        """A label as the first product that has it writes it."""
        folded = category_path(text) if column == "category" else fold(text)
        code = self._codes[column].get(folded)
        if code is None:
            return text
        row = int((getattr(self._columns, column) == code).argmax())
        return of(self._catalogue.products([int(self._columns.product[row])])[0]) or text

    @cached_property
    def _codes(self) -> dict[str, dict[str, int]]:
        every = self._columns.labels.items()
        return {column: {text: code for code, text in labels.items()} for column, labels in every}
