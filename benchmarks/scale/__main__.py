"""`python -m benchmarks.scale [--quick] [--sizes 240000,1000000] [--scratch FOLDER]`."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.scale import run


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description="Search at scale.")
    parser.add_argument("--quick", action="store_true", help="a small catalogue, to see that it runs")
    parser.add_argument("--sizes", default="", help="some of the sizes, with commas")
    parser.add_argument("--scratch", type=Path, help="where the catalogues are drawn, and descriptors kept")
    told = parser.parse_args()
    run(told.quick, sizes=tuple(int(size) for size in told.sizes.split(",") if size), scratch=told.scratch)


if __name__ == "__main__":
    main()
