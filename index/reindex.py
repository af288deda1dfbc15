"""From a feed to a published generation: read, embed what is new, fit, write, verify, publish, account."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.cpus import usable_cpus
from core.errors import SnapshelfError
from core.settings import Settings
from index.account import Account
from index.binariser import Binariser, fit
from index.calibration import unlike
from index.catalogue import Product
from index.decoding import Decoders, Prepares
from index.descriptors import DescriptorCache
from index.embedding import Embedded, embed_new
from index.feed import download_feed, is_url, read_feed
from index.generation import Generation
from index.hamming import Codes
from index.lock import reindex_lock
from index.longcodes import BrokenGeneration
from index.model.contract import Embeds
from index.picture_source import PictureSource
from index.prior import SMALL, prior_descriptors
from index.products import Entry, Intake, changes, entries_of, in_order, take, with_pictures
from index.references import Loads, References, absolute
from index.refinement.categories import category_path
from index.shared_lock import shared_lock
from index.store import GenerationStore
from index.tidy import tidy
from index.writer import Draft, blank_manifest, listed, publish

REFIT_SHARE = 0.2
"""The binariser is fitted anew once this share of the pictures it was fitted on has come or gone."""
PROBLEMS_SHOWN = 10
Progress = Callable[[str, int, int], None]
"""Stage, done, of how many."""


class Shrunk(SnapshelfError):
    """The new catalogue would lose more products than MAX_SHRINK allows; ask, then reindex with `yes`."""


class NothingToIndex(SnapshelfError):
    """Not one row of the feed can be shown."""


def _silent(stage: str, done: int, total: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class _Codes:
    short: Codes
    long: Codes
    binariser: Binariser
    fitted: int
    changed: int
    refitted: bool


def reindex(
    settings: Settings,
    feed: str | Path,
    *,
    embedder: Embeds,
    only: Collection[str] = (),
    yes: bool = False,
    fetch: bool = False,
    owner: str = "",
    source: Loads | None = None,
    decoders: Prepares | None = None,
    progress: Progress = _silent,
) -> Account:
    """Publish a generation of this feed, a file or an address.

    `only`: take these ids from the feed, everything else from the generation that answers now. `yes`: publish even
    where the catalogue shrinks past MAX_SHRINK. `fetch`: ask for pictures at URLs again. `source`: where pictures
    come from, by default the feed's folder and the hosts that the settings allow. `decoders`: by default processes of
    its own, so that a picture which crashes a codec is listed like any other that cannot be used.
    Raises Busy, FeedError, NothingToIndex, Shrunk, ModelFileError, SnapshelfError; what was published stays then.
    """
    with (
        reindex_lock(settings.index_dir, owner) as claim,
        shared_lock(settings, claim) as still_ours,
        Decoders(most=usable_cpus()) as own,
    ):

        def told(stage: str, done: int, total: int) -> None:
            still_ours()
            progress(stage, done, total)

        path = _local(feed, settings)
        folder = None if is_url(feed) else path.resolve().parent
        run = _Run(
            settings, str(feed), path, folder, embedder, frozenset(only), yes, fetch, source, decoders or own, told
        )
        return run.run()


def _local(feed: str | Path, settings: Settings) -> Path:
    """The feed as a file: one from the web is fetched first."""
    if not is_url(feed):
        return Path(feed)
    return asyncio.run(download_feed(str(feed), settings.data_dir / "cache" / "feeds", hosts=settings.feed_hosts))


@dataclass(slots=True)
class _Run:
    settings: Settings
    feed: str
    path: Path
    folder: Path | None
    """Where local pictures begin; None for a feed from the web."""
    embedder: Embeds
    only: frozenset[str]
    yes: bool
    fetch: bool
    source: Loads | None
    decoders: Prepares
    progress: Progress

    def run(self) -> Account:
        started = time.perf_counter()
        self.progress("reading", 0, 0)
        self.decoders.warm()
        store = GenerationStore(self.settings.index_dir)
        before = _before(store)
        if self.only and (before is None or before.name != store.current_name()):
            if before is not None:
                before.close()
            raise SnapshelfError(
                "There is no sound index to change single products of: run `snapshelf reindex FEED` first."
            )
        cache_folder = self.settings.data_dir / "cache"
        try:
            kept = entries_of(before.catalogue) if before is not None else []
            intake = take(read_feed(self.path, currency=self.settings.currency), self.only)
            with (
                DescriptorCache(cache_folder, self.embedder.fingerprint, self.embedder.dimensions) as cache,
                References(cache_folder) as seen,
            ):
                embedding = time.perf_counter()
                names, embedded = self._pictures(intake, cache, seen)
                embedding_s = time.perf_counter() - embedding
                entries = with_pictures(intake, names, embedded.digests, embedded.failures)
                untouched = [entry for entry in kept if entry.product.id not in self.only] if self.only else []
                intake.total += len(untouched)
                entries += untouched
                self._check_size(entries, kept)
                account = self._account(entries, intake, embedded, kept)
                if before is not None and self._stands(before, store, account, intake):
                    account = replace(account, generation=before.name, unchanged=True)
                else:
                    account = self._publish(store, account, entries, intake, cache, before)
        finally:
            if before is not None:
                before.close()
        tidy(store, self.settings)
        return replace(account, seconds=time.perf_counter() - started, embedding_seconds=embedding_s)

    def _stands(self, before: Generation, store: GenerationStore, account: Account, intake: Intake) -> bool:
        """Whether the generation that answers is what this run would write: then it stays.

        A new one would push one to roll back to out of the kept ones, for nothing.
        """
        told = before.manifest
        made = (told.fingerprint, told.index, told.feed) == (
            self.embedder.fingerprint,
            self.settings.index,
            self.feed,
        )
        rows = (told.rows, told.merged) == (intake.total, intake.merged)
        same_rows = bool(self.only) or (rows and listed(before.folder, intake.skipped, intake.notes))
        return made and same_rows and not account.changes and before.name == store.current_name()

    def _publish(  # noqa: PLR0917 - all of a run
        self,
        store: GenerationStore,
        account: Account,
        entries: list[Entry],
        intake: Intake,
        cache: DescriptorCache,
        before: Generation | None,
    ) -> Account:
        draft, codes = self._draft(entries, intake, cache, before)
        self.progress("writing", 0, 0)
        name, found = publish(store, draft)
        cache.compact({picture.digest for picture in draft.pictures} | set(_prior_names()))
        return replace(
            account,
            generation=name,
            recall=found.value,
            recall_sample=found.sample,
            before=before.name if before is not None else None,
            refitted=codes.refitted,
        )

    def _account(self, entries: list[Entry], intake: Intake, embedded: Embedded, kept: Sequence[Entry]) -> Account:
        """All that stands before publishing; the rest comes with it."""
        told = changes(kept, entries)
        shown = sorted(intake.skipped)[:PROBLEMS_SHOWN]
        known = {row[1] for row in intake.skipped}.union(intake.rows, (entry.product.id for entry in kept))
        return Account(
            feed=self.feed,
            rows=intake.total,
            products=len(entries),
            merged=intake.merged,
            skipped=len(intake.skipped),
            pictures=sum(len(entry.pictures) for entry in entries),
            embedded=embedded.embedded,
            pictures_failed=len(embedded.failures),
            notes=len(intake.notes),
            index=self.settings.index,
            added=told.added,
            removed=told.removed,
            changed=told.changed,
            problems=tuple(f"line {line}, {id_ or 'no id'}: {reason}" for line, id_, reason in shown),
            unknown=tuple(sorted(self.only - known)),
        )

    def _pictures(self, intake: Intake, cache: DescriptorCache, seen: References) -> tuple[dict[str, str], Embedded]:
        """Digests of all pictures asked for: known ones from the cache, the others embedded now."""
        images = dict.fromkeys(image for row in intake.rows.values() for image in row.images)
        names = {image: absolute(image, self.folder or Path()) for image in images}
        known = seen.every()
        stored = {path.stem for path in self.settings.pictures_dir.glob("??/*.jpg")}
        digests: dict[str, str] = {}
        fresh: list[tuple[str, str]] = []
        own = PictureSource(self.folder, hosts=self.settings.feed_hosts) if self.source is None else None
        loads: Loads = self.source if self.source is not None else own  # type: ignore[assignment]
        try:
            for image, name in names.items():
                signature = loads.signature(image) or ""
                stamp, digest = known.get(name, (None, ""))
                again = signature == "" and (self.fetch or bool(self.only))
                if stamp == signature and not again and digest in cache and digest in stored:
                    digests[name] = digest
                else:
                    fresh.append((image, signature))
            self.progress("embedding", 0, len(fresh))
            embedded = embed_new(
                fresh,
                loads=loads,
                decoders=self.decoders,
                embedder=self.embedder,
                cache=cache,
                seen=_Renamed(seen, names),
                store=self.settings.pictures_dir,
                progress=lambda done: self.progress("embedding", done, len(fresh)),
            )
        finally:
            if own is not None:
                own.close()
        embedded.digests = digests | {names[image]: digest for image, digest in embedded.digests.items()}
        embedded.failures = {names[image]: reason for image, reason in embedded.failures.items()}
        return names, embedded

    def _check_size(self, entries: Sequence[Entry], kept: Sequence[Entry]) -> None:
        if not entries:
            raise NothingToIndex(
                "Not one row of the feed can be shown: nothing was published. See what it needs in docs/feeds.md."
            )
        lost = 1 - len(entries) / len(kept) if kept else 0.0
        if lost > self.settings.max_shrink and not self.yes:
            raise Shrunk(
                f"The catalogue would shrink from {len(kept)} to {len(entries)} products; nothing was published. "
                "If that is right, reindex with --yes."
            )

    def _draft(
        self, entries: list[Entry], intake: Intake, cache: DescriptorCache, before: Generation | None
    ) -> tuple[Draft, _Codes]:
        products, pictures = in_order(entries)
        self.progress("fitting", 0, 0)
        codes = self._codes([picture.digest for picture in pictures], cache, before)
        layout = codes.binariser.layout
        pool, labels = codes.long, _labels(products)
        if len(pictures) < SMALL:  # a few products know little of how far apart unlike things are
            drawn = codes.binariser.long(prior_descriptors(self.embedder, cache))
            pool = np.concatenate([pool, drawn])
            top = int(labels.max(initial=0)) + 1
            labels = np.concatenate([labels, np.arange(top, top + len(drawn), dtype=np.uint32)])
        distances = unlike(pool, labels, layout, len(pictures))
        manifest = blank_manifest(
            fingerprint=self.embedder.fingerprint,
            rows=intake.total,
            products=len(products),
            merged=intake.merged,
            skipped=len(intake.skipped),
            pictures=len(pictures),
            index=self.settings.index,
            parts=layout.parts,
            threshold=distances.threshold,
            typical=distances.typical,
            feed=self.feed,
            fitted=codes.fitted,
            changed=codes.changed,
        )
        draft = Draft(
            products=products,
            pictures=pictures,
            short=codes.short,
            long=codes.long,
            binariser=codes.binariser,
            kind=self.settings.index,
            manifest=manifest,
            skipped=intake.skipped,
            notes=intake.notes,
        )
        return draft, codes

    def _codes(self, digests: list[str], cache: DescriptorCache, before: Generation | None) -> _Codes:
        """Codes of all pictures; those of the generation before stay while its binariser does."""
        old = _rows_by_digest(before, self.embedder.fingerprint)
        if before is not None and old is not None:
            now = set(digests)
            changed = before.manifest.changed + len(now - old.keys()) + len(old.keys() - now)
            if changed <= REFIT_SHARE * before.manifest.fitted:
                short, long = _reuse(digests, old, before, cache)
                return _Codes(short, long, before.binariser, before.manifest.fitted, changed, refitted=False)
        descriptors = cache.take(digests)
        prior = prior_descriptors(self.embedder, cache) if len(digests) < SMALL else None
        binariser = fit(descriptors, self.embedder.parts, prior)
        short, long = binariser.codes(descriptors)
        return _Codes(short, long, binariser, len(set(digests)), 0, refitted=True)


class _Renamed(References):
    """References as a feed writes them, kept under the names that mean the same in another feed."""

    def __init__(self, inner: References, names: dict[str, str]) -> None:  # no file of its own
        self._inner = inner
        self._names = names

    def put(self, entries: Collection[tuple[str, str, str]]) -> None:  # type: ignore[override]
        self._inner.put((self._names[reference], stamp, digest) for reference, stamp, digest in entries)


def _before(store: GenerationStore) -> Generation | None:
    """The generation that answers now, or where a file of it is damaged the newest sound one before; opened."""
    current = store.current_name()
    for name in sorted((name for name in store.names() if current and name <= current), reverse=True):
        try:
            generation = Generation(store.folder / name)
        except BrokenGeneration:
            continue
        try:
            generation.verify()
        except BrokenGeneration:
            generation.close()
            continue
        return generation
    return None


def _rows_by_digest(before: Generation | None, fingerprint: str) -> dict[str, int] | None:
    if before is None or before.fingerprint != fingerprint:
        return None
    return {picture.digest: row for row, picture in enumerate(before.catalogue.every_picture())}


def _reuse(digests: list[str], old: dict[str, int], before: Generation, cache: DescriptorCache) -> tuple[Codes, Codes]:
    here = np.array([old.get(digest, -1) for digest in digests], dtype=np.intp)
    short = np.empty((len(digests), before.index.short.codes.shape[1]), np.uint8)
    long = np.empty((len(digests), before.index.layout.bytes), np.uint8)
    there = here >= 0
    short[there], long[there] = before.index.short.codes[here[there]], before.index.long.rows(here[there])
    new = np.flatnonzero(~there)
    if len(new):
        short[new], long[new] = before.binariser.codes(cache.take([digests[row] for row in new]))
    return short, long


def _labels(products: Sequence[Product]) -> npt.NDArray[np.uint32]:
    """A number a picture: the first step of its category where the catalogue has several, else its product."""
    tops = [category_path(product.category or "").partition(" > ")[0] for product in products]
    counts = np.array([product.pictures for product in products], dtype=np.intp)
    codes = {top: code for code, top in enumerate(sorted(set(tops) - {""}))}
    several = len(codes) > 1
    own = range(len(codes), len(codes) + len(products))
    labels = [codes[top] if several and top else number for top, number in zip(tops, own, strict=True)]
    return np.array(labels, dtype=np.uint32).repeat(counts)


def _prior_names() -> list[str]:
    return [f"{number:064x}" for number in range(256)]
