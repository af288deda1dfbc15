"""`python -m benchmarks [--quick]`: every figure that the README quotes, one program after the other, then the page."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import benchmarks
from benchmarks import report


def main() -> None:
    quick = "--quick" in sys.argv[1:]
    for module in pkgutil.iter_modules(benchmarks.__path__):
        if module.name.startswith("_"):
            continue
        program = importlib.import_module(f"benchmarks.{module.name}")
        if hasattr(program, "run"):
            print(f"\n== {module.name}", flush=True)
            program.run(quick)
    report.write()


if __name__ == "__main__":
    main()
