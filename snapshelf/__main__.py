"""`python -m snapshelf`."""

from snapshelf.cli import main

main()
