"""Addresses of product pictures: relative on our own page, absolute where PUBLIC_URL is set."""

from __future__ import annotations

from typing import Any


def absolute(reply: dict[str, Any], public_url: str) -> dict[str, Any]:
    """A public Reply whose pictures can be loaded from elsewhere; unchanged without a PUBLIC_URL."""
    if not public_url:
        return reply
    hits = [hit | {"picture": hit["picture"] and public_url + hit["picture"]} for hit in reply["hits"]]
    return reply | {"hits": hits}
