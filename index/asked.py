"""One question put to one generation: the shopper's words read by its own vocabulary, then searched."""

from __future__ import annotations

import dataclasses

from core.errors import Reason, Refused
from core.messages import ByProduct, ByWords, Filters, Search
from index.generation import Generation, SearchResult
from index.model.contract import Descriptors
from index.refinement.offers import below
from index.refinement.parse import parse
from index.refinement.vocabulary import Vocabulary

CHEAPER_MAX = 5
_NO_NAMES = Vocabulary()
"""Of a search by words only prices and stock are read: its other words are looked for in titles."""


class Asked:
    """`descriptors` float32 `[M, D]` of the photos, None for a question without any."""

    def __init__(
        self, generation: Generation, search: Search, descriptors: Descriptors | None, exact: bool = False
    ) -> None:
        self._generation, self._search, self._descriptors, self._exact = generation, search, descriptors, exact

    def answered(self) -> tuple[SearchResult, Filters, str]:
        """The result, the filters that it fulfils, and the words that meant nothing. Raises Refused."""
        if isinstance(self._search.query, ByWords):
            return self._by_words(self._search.query.words.strip())
        refine = self._search.refine.strip()
        if not refine:
            return self._find(self._search.filters), self._search.filters, ""
        last = refine.splitlines()[-1].strip()
        if self._generation.catalogue.find(last) is not None:
            return self._itself(last), Filters(), ""
        said = parse(refine, self._generation.vocabulary, self._search.filters)
        filters = self._cheaper(said.filters, said.cheaper)
        return self._find(filters), filters, said.ignored

    def _by_words(self, words: str) -> tuple[SearchResult, Filters, str]:
        if self._generation.catalogue.find(words) is not None:
            return self._itself(words), self._search.filters, ""
        said = parse(words, _NO_NAMES, self._search.filters)
        left = said.ignored if said.understood and said.ignored else words
        search = self._search
        found = self._generation.words(left, want=search.want, filters=said.filters, exclude=search.shown)
        return found, said.filters, ""

    def _itself(self, product: str) -> SearchResult:
        search = self._search
        return self._generation.itself(product, want=search.want, filters=Filters(), exclude=search.shown)

    def _cheaper(self, filters: Filters, times: int) -> Filters:
        """Below the price of the nearest, as often as it was asked for."""
        for _ in range(min(times, CHEAPER_MAX)):
            found = self._find(filters, want=1, paging=False)
            price = found.hits[0].price if found.hits else None
            if price is None:
                break
            filters = dataclasses.replace(filters, max_price=below(price))
        return filters

    def _find(self, filters: Filters, *, want: int | None = None, paging: bool = True) -> SearchResult:
        search, generation = self._search, self._generation
        count, shown = want or search.want, search.shown if paging else ()
        if isinstance(search.query, ByProduct):
            return generation.like(search.query.product, want=count, filters=filters, exclude=shown, exact=self._exact)
        if self._descriptors is None or not len(self._descriptors):
            raise Refused(Reason.BAD_REQUEST)
        return generation.search(self._descriptors, want=count, filters=filters, exclude=shown, exact=self._exact)
