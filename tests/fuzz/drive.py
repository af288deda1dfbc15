"""One target under atheris: `TARGET=feed python -m tests.fuzz.drive FOLDER... [libFuzzer's options]`.

The name stands in the environment, since libFuzzer starts this anew with its own arguments when it minimises a corpus.

Python code is instrumented, ours and Pillow's; the decoders in C are not, so that their paths are found by luck.
"""

from __future__ import annotations

import os
import sys

import atheris


def main() -> None:
    name = os.environ["TARGET"]
    with atheris.instrument_imports(include=["core", "bots", "index", "PIL", "aiohttp", "telegram", "tests.fuzz"]):
        from tests.fuzz.targets import TARGETS
    atheris.Setup([f"{sys.executable} -m tests.fuzz.drive", *sys.argv[1:]], TARGETS[name])  # a shell runs it
    atheris.Fuzz()


if __name__ == "__main__":
    main()
