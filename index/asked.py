"""One question put to one generation: the shopper's words read by its own vocabulary, then searched."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, fields

from core.errors import Reason, Refused
from core.messages import ByProduct, ByWords, Filters, Offer, Query, Search
from index.generation import Generation, SearchResult
from index.model.contract import Descriptors
from index.refinement.offers import below, offers
from index.refinement.parse import Parsed, parse

CHEAPER_MAX = 5
NEAREST = 5
"""Hits that are looked at for offers, however few are wanted."""
ID_CHARS = 64
ID_SCAN_MAX = 200_000
"""Products up to which an id is found whatever its case: there is no index for that."""
_NOTHING = SearchResult((), close=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to the shopper."""

    result: SearchResult
    filters: Filters = Filters()  # noqa: RUF009 frozen
    """What the hits fulfil."""
    ignored: str = ""
    """Words that nothing answers to."""
    offers: tuple[Offer, ...] = ()
    settled: bool = False
    """All words of the question are in `filters` (and `words`)."""
    words: str = ""
    """What a search by words came to, where there was one before it."""


class Asked:
    """`descriptors` float32 `[M, D]` of the photos, None for a question without any."""

    def __init__(
        self, generation: Generation, search: Search, descriptors: Descriptors | None, exact: bool = False
    ) -> None:
        self._generation, self._search, self._descriptors, self._exact = generation, search, descriptors, exact
        self._query: Query = search.query

    def answered(self) -> Answer:
        """The answer under the shopper's words. Raises Refused."""
        if isinstance(self._query, ByWords):
            return self._after_words(self._query.words.strip(), self._query.before.strip())
        typed, lines = self._typed_id(self._search.refine.splitlines())
        if typed is not None and not lines:
            return Answer(self._itself(typed, Filters()))  # without offers: a tap goes back to the question itself
        if typed is not None:
            self._query = ByProduct(typed)
        base = Filters() if typed is not None else self._search.filters
        said = self._parse("\n".join(lines), base)
        if said.ignored and not said.understood and (found := self._titled(lines[-1])).hits:
            return Answer(found)
        filters = self._cheaper(said)
        found = self._find(filters, max(self._search.want, NEAREST))
        shown = dataclasses.replace(found, hits=found.hits[: self._search.want])
        if typed is not None:
            return Answer(shown, filters, said.ignored)
        return Answer(shown, filters, said.ignored, self._offers(found, filters), settled=bool(lines))

    # --- words ------------------------------------------------------------------------------------------------

    def _parse(self, text: str, base: Filters) -> Parsed:
        if not text.strip():
            return Parsed(base)
        knowledge = self._generation.knowledge
        said = parse(text, knowledge.vocabulary, base, language=self._search.language)
        return dataclasses.replace(said, filters=knowledge.as_written(said.filters))

    def _typed_id(self, lines: list[str]) -> tuple[str | None, list[str]]:
        """The product that the last line which is an id means, and the lines after it."""
        lines = [line.strip() for line in lines if line.strip()]
        for at in range(len(lines) - 1, -1, -1):
            product = self._id(lines[at])
            if product is not None:
                return product, lines[at + 1 :]
        return None, lines

    def _id(self, text: str) -> str | None:
        """The product id that a text is, whatever its case; `#1580` is one, too."""
        if len(text) > ID_CHARS:
            return None
        catalogue, text = self._generation.catalogue, text.lstrip("# ") or text
        if catalogue.find(text) is not None:
            return text
        like_one = any(sign.isdigit() for sign in text) and not any(sign.isspace() for sign in text)
        if not like_one or text.isdigit() or self._generation.manifest.products > ID_SCAN_MAX:
            return None
        return catalogue.find_folded(text)

    def _titled(self, text: str) -> SearchResult:
        """Products with all these words in their titles."""
        search = self._search
        found = self._generation.words(text, want=search.want, exclude=search.shown)
        return found if found.hits and found.hits[0].similarity == 1 else _NOTHING

    def _after_words(self, words: str, before: str) -> Answer:
        """Words that only narrow the ones before are said of those, unless nothing is left then."""
        if not before:
            return self._by_words(words, self._parse(self._search.refine, self._search.filters))
        said = self._parse(words, self._search.filters)
        narrowed = None
        of_titles = said.ignored or said.filters.words != self._search.filters.words
        if said.understood and not of_titles and self._id(words) is None:
            narrowed = self._by_words(before, dataclasses.replace(said, filters=self._cheaper(said)))
            narrowed = dataclasses.replace(narrowed, settled=True, words=before)
            if narrowed.result.hits:
                return narrowed
        anew = dataclasses.replace(self._by_words(words, Parsed(Filters())), settled=True, words=words)
        return anew if anew.result.hits or narrowed is None else narrowed

    def _by_words(self, words: str, asked: Parsed) -> Answer:
        """All words in a title, else what they say about colour, category and price, else any of them in a title."""
        product = self._id(words)
        if product is not None:
            return self._offered(self._itself(product, asked.filters), asked.filters)
        found = self._words(words, asked.filters)
        if found.hits and found.hits[0].similarity == 1:
            return self._offered(found, asked.filters, asked.ignored)
        read = self._parse(words, Filters())
        both = _over(read.filters, asked.filters)
        if dataclasses.replace(read.filters, words=None) != Filters():
            by_name = self._browse(both)
            if by_name.hits:
                return self._offered(by_name, both, read.ignored)
        limits = Filters(min_price=both.min_price, max_price=both.max_price, in_stock=both.in_stock)
        kept = _over(limits, asked.filters)
        return self._offered(self._words(words, kept), kept, asked.ignored)

    def _words(self, words: str, filters: Filters) -> SearchResult:
        return self._generation.words(words, want=self._search.want, filters=filters, exclude=self._search.shown)

    def _browse(self, filters: Filters) -> SearchResult:
        return self._generation.browse(want=self._search.want, filters=filters, exclude=self._search.shown)

    def _offered(self, found: SearchResult, filters: Filters, ignored: str = "") -> Answer:
        return Answer(found, filters, ignored, self._offers(found, filters))

    # --- searching --------------------------------------------------------------------------------------------

    def _itself(self, product: str, filters: Filters) -> SearchResult:
        search = self._search
        if filters != Filters():
            return self._generation.like(product, want=search.want, filters=filters, exclude=search.shown)
        return self._generation.itself(product, want=search.want, filters=filters, exclude=search.shown)

    def _cheaper(self, said: Parsed) -> Filters:
        """Below the price of the nearest, as often as it was asked for."""
        filters, step = said.filters, self._generation.knowledge.price_step if said.cheaper else None
        for _ in range(min(said.cheaper, CHEAPER_MAX) if step is not None else 0):
            found = self._find(filters, NEAREST, paging=False)
            price = next((hit.price for hit in found.hits if hit.price is not None), None)
            lower = below(price, step) if price is not None and step is not None else None
            if lower is None:
                break
            filters = dataclasses.replace(filters, max_price=lower)
        return filters

    def _find(self, filters: Filters, count: int, *, paging: bool = True) -> SearchResult:
        search, generation = self._search, self._generation
        if isinstance(self._query, ByWords):
            return self._by_words(self._query.before, Parsed(filters)).result
        shown = search.shown if paging else ()
        if isinstance(self._query, ByProduct):
            return generation.like(self._query.product, want=count, filters=filters, exclude=shown, exact=self._exact)
        if self._descriptors is None or not len(self._descriptors):
            raise Refused(Reason.BAD_REQUEST)
        return generation.search(self._descriptors, want=count, filters=filters, exclude=shown, exact=self._exact)

    def _offers(self, found: SearchResult, filters: Filters) -> tuple[Offer, ...]:
        knowledge = self._generation.knowledge
        return offers(found.products, filters, knowledge.price_step, knowledge.leaves)


def _over(below_it: Filters, filters: Filters) -> Filters:
    """What `filters` leaves open is taken from the other: a button says more exactly what is meant than words do."""
    said = {one.name: getattr(filters, one.name) for one in fields(filters) if getattr(filters, one.name)}
    return dataclasses.replace(below_it, **said)
