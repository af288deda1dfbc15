"""`snapshelf search`: ask the index without Redis, one reply a photo."""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.errors import Reason
from core.messages import SEARCH_DEADLINE_MS, ByPhoto, ByProduct, ByWords, Filters, Query, Reply, Search
from core.settings import Settings, load_settings

if TYPE_CHECKING:
    from index.searcher import Searcher

PHOTOS_REFUSED = 3


@dataclass(frozen=True, slots=True)
class How:
    """What holds for all questions of one command."""

    filters: Filters
    refine: str
    want: int
    exact: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of the command line."""

    label: str
    query: Query
    photo: Path | None = None


@click.command()
@click.argument("photos", nargs=-1, type=click.Path(path_type=Path), metavar="PHOTO...")
@click.option("--json", "as_json", is_flag=True, help="Print one reply a line.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a page with pictures.")
@click.option("--product", help="More like the product with this id.")
@click.option("--text", help="Products with these words in their titles.")
@click.option(
    "--refine", default="", help="A shopper's own words, in any of our languages: blue, under 50, cheaper ..."
)
@click.option("--category", help="Only this category and what is below it (A > B).")
@click.option("--min-price", help="Only products that cost this or more.")
@click.option("--max-price", help="Only products that cost this or less.")
@click.option("--count", type=click.IntRange(1, 100), help="Products in an answer (default: the setting HITS).")
@click.option("--exact", is_flag=True, help="Compare the long codes of all products, skip the shortlist.")
def search(
    *,
    photos: Sequence[Path],
    as_json: bool,
    html: Path | None,
    product: str | None,
    text: str | None,
    refine: str,
    category: str | None,
    min_price: str | None,
    max_price: str | None,
    count: int | None,
    exact: bool,
) -> None:
    """Find products that look like each PHOTO, like a --product, or with words of --text.

    Needs an index (`snapshelf reindex`), no Redis. Exit code 3 says that a photo was refused.
    """
    from index.model.runtime import Embedder
    from index.searcher import Searcher
    from index.store import GenerationStore

    questions = [Asked(str(path), ByPhoto(blobs=(str(path),)), path) for path in photos]
    questions += [Asked(product, ByProduct(product))] if product else []
    questions += [Asked(text, ByWords(text))] if text else []
    if not questions:
        raise click.UsageError("Give a photo, --product or --text.")
    settings = load_settings()
    filters = Filters(category=category, min_price=min_price, max_price=max_price)
    embedder = Embedder.load(settings.model, models=settings.models_dir)
    with GenerationStore(settings.index_dir) as store:
        how = How(filters, refine, count or settings.hits, exact)
        answers = _answers(Searcher(store, embedder), questions, how)
        refused = _print(answers, settings, as_json=as_json, html=html)
    if refused:
        sys.exit(PHOTOS_REFUSED)


def _answers(searcher: Searcher, questions: Sequence[Asked], how: How) -> Iterator[tuple[Asked, bytes | None, Reply]]:
    for asked in questions:
        now = int(time.time() * 1000)
        question = Search(
            job="search",
            chat="console:local",
            query=asked.query,
            at=now,
            deadline=now + SEARCH_DEADLINE_MS,
            refine=how.refine,
            filters=how.filters,
            want=how.want,
        )
        photo = None
        if asked.photo is not None:
            try:
                photo = asked.photo.read_bytes()
            except OSError as error:
                yield asked, None, _unreadable(question, error)
                continue
        yield asked, photo, searcher.answer(question, [photo] if photo is not None else [], exact=how.exact)


def _unreadable(question: Search, error: OSError) -> Reply:
    return Reply(
        job=question.job,
        chat=question.chat,
        outcome="refused",
        close=False,
        reason=Reason.BAD_REQUEST,
        message=f"That file can't be read: {error.strerror}.",
    )


def _print(
    answers: Iterator[tuple[Asked, bytes | None, Reply]], settings: Settings, *, as_json: bool, html: Path | None
) -> int:
    """Print replies as they come, write the page at the end; gives how many were refused."""
    from index.report import search_page, shown

    pages, generation, refused = [], "", 0
    for asked, photo, reply in answers:
        refused += reply.outcome == "refused"
        generation = reply.generation or generation
        if as_json:
            key = {ByPhoto: "photo", ByProduct: "product", ByWords: "text"}[type(asked.query)]
            click.echo(json.dumps({key: asked.label} | _with_addresses(reply, settings).public(), ensure_ascii=False))
        else:
            click.echo("\n".join(_lines(asked.label, reply)))
        if html is not None:
            pages.append(shown(asked.label, reply, settings.pictures_dir, photo=photo))
    if html is not None:
        html.write_text(search_page(pages, generation), encoding="utf-8")
    return refused


def _with_addresses(reply: Reply, settings: Settings) -> Reply:
    if not settings.public_url:
        return reply
    hits = tuple(dataclasses.replace(hit, picture=f"{settings.public_url}{hit.picture}") for hit in reply.hits)
    return dataclasses.replace(reply, hits=hits)


def _narrowed(reply: Reply) -> list[str]:
    """What the shopper's words, and the options, left; and which words said nothing."""
    kept = [f"{name} {value}" for name, value in dataclasses.asdict(reply.filters).items() if value]
    told = [f"  Only: {', '.join(kept).replace('_', ' ')}"] if kept else []
    return [*told, f"  Not understood: {reply.ignored}"] if reply.ignored else told


def _lines(label: str, reply: Reply) -> list[str]:
    told = [label]
    if reply.outcome == "refused":
        return [*told, f"  {reply.message}"]
    told += _narrowed(reply)
    if not reply.hits:
        return [*told, "  Nothing was found." if reply.filters == Filters() else "  Nothing passed the filters."]
    if not reply.close:
        told.append("  Nothing close; the nearest:")
    for number, hit in enumerate(reply.hits, start=1):
        price = f"  {hit.price} {hit.currency}" if hit.price is not None else ""
        why = f"  ({', '.join(hit.why)})" if hit.why else ""
        told.append(f"  {number}. {hit.similarity:.4f}  {hit.id}  {hit.title}{price}{why}")
    return told
