"""One target under atheris: `python -m tests.fuzz.drive TARGET FOLDER... [libFuzzer's options]`.

Python code is instrumented, ours and Pillow's; the decoders in C are not, so that their paths are found by luck.
"""

from __future__ import annotations

import sys

import atheris


def main() -> None:
    name = sys.argv[1]
    with atheris.instrument_imports(include=["core", "bots", "index", "PIL", "aiohttp", "telegram", "tests.fuzz"]):
        from tests.fuzz.targets import TARGETS
    atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
