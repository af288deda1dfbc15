"""`python -m benchmarks.scale [--quick] [--sizes 240000,1000000] [--steps filters,start] [--scratch FOLDER]`."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.scale import STEPS, run


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description="Search at scale.")
    parser.add_argument("--quick", action="store_true", help="a small catalogue, to see that it runs")
    parser.add_argument("--sizes", default="", help="some of the sizes, with commas")
    parser.add_argument("--steps", default="", help=f"some of {', '.join(STEPS)}, with commas; other figures stay")
    parser.add_argument("--scratch", type=Path, help="where the catalogues are drawn, and descriptors kept")
    told = parser.parse_args()
    sizes = tuple(int(size) for size in told.sizes.split(",") if size)
    run(told.quick, sizes=sizes, scratch=told.scratch, steps=told.steps.split(",") if told.steps else STEPS)


if __name__ == "__main__":
    main()
