"""Our search and what a user would pick instead, each behind the same two steps: build its file, open and ask.

Graphs are built on all processors (building is not what is measured); questions are asked by one thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.scale.drawing import FIRST, Drawn, build_short
from core.cpus import usable_cpus
from index import search
from index.faiss_ import faiss

Rows = npt.NDArray[np.intp]
Ask = Callable[[Mapping[str, Any], int, int], Rows]
"""Questions, the number of one, and the setting → rows, nearest first."""
CHUNK = 20_000
LINKS, BREADTH = 16, 100
TREES = 30


@dataclass(frozen=True, slots=True)
class Contestant:
    """One way to search."""

    name: str
    told: str
    """What it is, for the table."""
    settings: tuple[int, ...]
    """Breadths that it is asked with; 0: it has none."""
    default: int
    """The setting that the table shows; the plot shows all."""
    build: Callable[[Drawn], None]
    open: Callable[[Drawn], Ask]
    needs: str | None = None
    """A package that may be missing."""
    floats: bool = False

    @property
    def can_be_had(self) -> bool:
        return self.needs is None or find_spec(self.needs) is not None


def _nothing(_: Drawn) -> None:
    """There is nothing to build."""


# --- ours -------------------------------------------------------------------------------------------------


def _open_ours(kind: str, drawn: Drawn) -> Ask:
    index = drawn.two_phase(kind)

    def ask(questions: Mapping[str, Any], number: int, shortlist: int) -> Rows:
        search.SHORTLIST = shortlist
        one = slice(number, number + 1)
        found = index.search(questions["short"][one], questions["long"][one], FIRST)
        return np.array([hit.row for hit in found], np.intp)

    return ask


def _build_ours(kind: str, drawn: Drawn) -> None:
    if not (drawn.folder / f"short.{kind}.faiss").exists():
        build_short(drawn.folder, drawn.rows, kind)


# --- FAISS on long codes ----------------------------------------------------------------------------------


def _words(drawn: Drawn, bits: int) -> npt.NDArray[np.intp]:
    """Which bytes of the long code a shorter one keeps: whole words, evenly spread."""
    words = np.linspace(0, drawn.layout.bytes // 8 - 1, bits // 64).astype(np.intp)
    return (8 * words[:, None] + np.arange(8)).reshape(-1)


def _open_binary_flat(bits: int, drawn: Drawn) -> Ask:
    kept = _words(drawn, bits) if bits < 8 * drawn.layout.bytes else slice(None)
    index = faiss.IndexBinaryFlat(bits)
    _reserve(index.xb, drawn.rows * bits // 8)
    long = drawn.long()
    for at in range(0, drawn.rows, CHUNK):
        index.add(np.ascontiguousarray(long[at : at + CHUNK][:, kept]))

    def ask(questions: Mapping[str, Any], number: int, _: int) -> Rows:
        return _first(index.search(np.ascontiguousarray(questions["long"][number : number + 1, kept]), FIRST))

    return ask


def _reserve(held: Any, size: int) -> None:
    """Room at once: a vector that grows by doubling would hold up to twice of what it needs."""
    held.resize(size)
    held.resize(0)


def _build_binary_graph(drawn: Drawn) -> None:
    index = faiss.IndexBinaryHNSW(8 * drawn.layout.bytes, LINKS)
    index.hnsw.efConstruction = BREADTH
    faiss.omp_set_num_threads(usable_cpus())
    index.add(np.ascontiguousarray(drawn.long()))
    faiss.write_index_binary(index, str(drawn.folder / "long.hnsw.faiss"))


def _open_binary_graph(drawn: Drawn) -> Ask:
    index = faiss.read_index_binary(str(drawn.folder / "long.hnsw.faiss"))

    def ask(questions: Mapping[str, Any], number: int, breadth: int) -> Rows:
        index.hnsw.efSearch = breadth
        return _first(index.search(questions["long"][number : number + 1], FIRST))

    return ask


def _first(answer: tuple[Any, Any]) -> Rows:
    rows: Rows = answer[1][0].astype(np.intp)
    return rows[rows >= 0]


# --- on float descriptors ---------------------------------------------------------------------------------


def _open_float_flat(drawn: Drawn) -> Ask:
    floats = drawn.floats()
    index = faiss.IndexFlatIP(floats.shape[1])
    _reserve(index.codes, 4 * floats.size)
    for at in range(0, drawn.rows, CHUNK):
        index.add(np.ascontiguousarray(floats[at : at + CHUNK]))
    return lambda questions, number, _: _first(index.search(questions["ready"][number : number + 1], FIRST))


def _build_hnswlib(drawn: Drawn) -> None:
    import hnswlib

    floats = drawn.floats()
    index = hnswlib.Index(space="ip", dim=floats.shape[1])
    index.init_index(max_elements=drawn.rows, ef_construction=BREADTH, M=LINKS, random_seed=1)
    index.set_num_threads(usable_cpus())
    for at in range(0, drawn.rows, CHUNK):
        index.add_items(floats[at : at + CHUNK], np.arange(at, min(at + CHUNK, drawn.rows)))
    index.save_index(str(drawn.folder / "floats.hnswlib"))


def _open_hnswlib(drawn: Drawn) -> Ask:
    import hnswlib

    index = hnswlib.Index(space="ip", dim=drawn.floats().shape[1])
    index.load_index(str(drawn.folder / "floats.hnswlib"))
    index.set_num_threads(1)

    def ask(questions: Mapping[str, Any], number: int, breadth: int) -> Rows:
        index.set_ef(max(FIRST, breadth))
        labels, _ = index.knn_query(questions["ready"][number], FIRST, num_threads=1)
        rows: Rows = labels[0].astype(np.intp)
        return rows

    return ask


def _build_annoy(drawn: Drawn) -> None:
    import annoy

    floats = drawn.floats()
    index = annoy.AnnoyIndex(floats.shape[1], "angular")
    index.set_seed(1)
    index.on_disk_build(str(drawn.folder / "floats.annoy"))
    for row in range(drawn.rows):
        index.add_item(row, floats[row])
    index.build(TREES, n_jobs=usable_cpus())


def _open_annoy(drawn: Drawn) -> Ask:
    import annoy

    index = annoy.AnnoyIndex(drawn.floats().shape[1], "angular")
    index.load(str(drawn.folder / "floats.annoy"))
    return lambda questions, number, nodes: np.array(
        index.get_nns_by_vector(questions["ready"][number], FIRST, search_k=nodes), np.intp
    )


def _once(name: str, build: Callable[[Drawn], None], drawn: Drawn) -> None:
    if not (drawn.folder / name).exists():
        build(drawn)


OURS = Contestant(
    "two-phase",
    "ours (`INDEX=flat`): 256-bit codes passed over, long codes of the shortlist, mapped",
    (16, 32, 64, 128, 256, 512),
    256,
    partial(_build_ours, "flat"),
    partial(_open_ours, "flat"),
)
GRAPH = Contestant(
    "two-phase, graph",
    "ours (`INDEX=hnsw`): the same over a graph of 32 links",
    (4, 8, 16, 32, 64, 128, 256),
    256,
    partial(_build_ours, "hnsw"),
    partial(_open_ours, "hnsw"),
)
BINARY_FLAT = Contestant(
    "IndexBinaryFlat", "FAISS, all bits of the long code", (0,), 0, _nothing, partial(_open_binary_flat, 3584)
)
BINARY_GRAPH = Contestant(
    "IndexBinaryHNSW",
    f"FAISS, a graph over the long code, {LINKS} links",
    (16, 32, 64, 128, 256, 512, 1024),
    128,
    partial(_once, "long.hnsw.faiss", _build_binary_graph),
    _open_binary_graph,
)
FLOAT_FLAT = Contestant(
    "IndexFlatIP", "FAISS, float32 descriptors, exact", (0,), 0, _nothing, _open_float_flat, floats=True
)
HNSWLIB = Contestant(
    "hnswlib",
    f"float32 descriptors, {LINKS} links",
    (10, 16, 32, 64, 128, 256, 512),
    128,
    partial(_once, "floats.hnswlib", _build_hnswlib),
    _open_hnswlib,
    needs="hnswlib",
    floats=True,
)
ANNOY = Contestant(
    "Annoy",
    f"float32 descriptors, {TREES} trees, mapped",
    (300, 1000, 3000, 10_000, 30_000, 100_000),
    3000,
    partial(_once, "floats.annoy", _build_annoy),
    _open_annoy,
    needs="annoy",
    floats=True,
)


def shorter(bits: int) -> Contestant:
    """`IndexBinaryFlat` over some words of the long code, for where all of it does not fit into memory."""
    return Contestant(
        f"IndexBinaryFlat, {bits} bits",
        f"FAISS, {bits} of the long code's bits, evenly spread",
        (0,),
        0,
        _nothing,
        partial(_open_binary_flat, bits),
    )


def all_of() -> dict[str, Contestant]:
    """Every contestant by its name."""
    every = (OURS, GRAPH, BINARY_FLAT, BINARY_GRAPH, FLOAT_FLAT, HNSWLIB, ANNOY, shorter(256), shorter(1024))
    return {one.name: one for one in every}
