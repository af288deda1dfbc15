"""`python -m benchmarks.load [PART ...] [--quick] [--scratch FOLDER]`."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.load import PARTS, run


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description="The whole service under load.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"some of {', '.join(PARTS)}; all unless named")
    parser.add_argument("--quick", action="store_true", help="a few photos, to see that it runs; nothing is kept")
    parser.add_argument("--scratch", type=Path, help="where the shop is drawn and kept for the next run")
    told = parser.parse_args()
    unknown = set(told.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    run(told.quick, told.parts, told.scratch)


if __name__ == "__main__":
    main()
