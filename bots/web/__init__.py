"""The web chat: the same conversation in a browser, and the search API."""
