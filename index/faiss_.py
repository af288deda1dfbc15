"""FAISS, imported in this one place, with one thread a search.

FAISS's default of an OpenMP thread per core makes single queries ten times slower on a busy machine, and
`omp_set_num_threads` holds for the calling thread only: the environment must say it before the library is loaded.
"""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import faiss as _faiss

faiss: Any = _faiss
"""Untyped: its stubs know half of what the library has."""

__all__ = ["faiss"]
