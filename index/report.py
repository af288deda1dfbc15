"""Pages for people: answers with pictures, everything inside one file, every text escaped."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from core import picturestore
from core.errors import Refused
from core.messages import Hit, Reply
from index import pictures

THUMBNAIL = 260


@dataclass(frozen=True, slots=True)
class Shown:
    """One query and its answer on a page."""

    asked: str
    """A photo's name, a product's id or words."""
    thumbnail: str | None
    hits: tuple[Mapping[str, Any], ...]
    note: str = ""
    message: str | None = None


def search_page(shown: Sequence[Shown], generation: str) -> str:
    """The page of `snapshelf search --html`."""
    return _render("search.html", title="Search", subtitle=f"Generation {generation}", queries=shown)


def evaluation_page(shown: Sequence[Shown], figures: Sequence[Mapping[str, Any]], subtitle: str) -> str:
    """The page of `snapshelf evaluate`. figures: name, at_1, at_5."""
    return _render("evaluate.html", title="Evaluation", subtitle=subtitle, queries=shown, figures=figures)


def shown(asked: str, reply: Reply, root: Path, *, photo: bytes | None = None, right: str | None = None) -> Shown:
    """A reply with the pictures of its hits (from the picture store `root`); `right` marks the right product."""
    notes = []
    if reply.outcome == "hits" and not reply.close:
        notes.append("nothing close, the nearest are shown")
    if right is not None:
        ids = [hit.id for hit in reply.hits]
        notes.append(
            f"right product: {right}, " + (f"hit {ids.index(right) + 1}" if right in ids else "not among them")
        )
    return Shown(
        asked=asked,
        thumbnail=None if photo is None else thumbnail(photo),
        hits=tuple(_card(hit, root, right) for hit in reply.hits),
        note=" · ".join(notes),
        message=reply.message,
    )


def _card(hit: Hit, root: Path, right: str | None) -> dict[str, Any]:
    digest = picturestore.digest_of_url(hit.picture or "")
    stored = picturestore.path_of(root, digest) if digest is not None else None
    return {
        "id": hit.id,
        "title": hit.title,
        "price": hit.price,
        "currency": hit.currency,
        # only what the feed reader let through as http(s); a generation from elsewhere is not believed
        "link": hit.link if hit.link and hit.link.startswith(("https://", "http://")) else None,
        "category": hit.category,
        "similarity": hit.similarity,
        "why": hit.why,
        "right": hit.id == right,
        "thumbnail": thumbnail(stored.read_bytes()) if stored is not None and stored.is_file() else None,
    }


def thumbnail(data: bytes) -> str | None:
    """A small JPEG as a data URI; None for bytes that are no picture."""
    try:
        image = pictures.decode(data)
    except Refused:
        return None
    image.thumbnail((THUMBNAIL, THUMBNAIL))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode()


def _render(name: str, **values: Any) -> str:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("index"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(name).render(**values)
