"""The conversation in a terminal: a path in, cards as text out. See README.md."""
