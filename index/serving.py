"""Hands a machine's generations to others over HTTP, for `snapshelf generations pull`: files, pictures, nothing else.

Read only, and without a password: a catalogue is what it shows. Bind it where only your own machines reach it.
"""

from __future__ import annotations

import re
from pathlib import Path

from aiohttp import web

from core.picturestore import is_digest, path_of
from index.store import GenerationStore

NAME = re.compile(r"\d{8}T\d{12}Z-[0-9a-f]{6}")
"""Of a generation; see `index.writer.new_name`."""
FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""Of a file in one."""


def build_app(index_dir: Path, pictures_dir: Path) -> web.Application:
    """`GET /current` (a name), `GET /generations/‹name›/‹file›`, `GET /pictures/‹64 hex›.jpg`."""
    store = GenerationStore(index_dir)
    app = web.Application()

    async def current(_: web.Request) -> web.Response:
        name = store.current_name()
        if name is None:
            raise web.HTTPNotFound(text="There is no generation here yet.")
        return web.Response(text=name, headers={"Cache-Control": "no-store"})

    async def file(request: web.Request) -> web.StreamResponse:
        name, wanted = request.match_info["name"], request.match_info["file"]
        if not NAME.fullmatch(name) or not FILE.fullmatch(wanted):
            raise web.HTTPNotFound
        return _whole(index_dir / name / wanted)

    async def picture(request: web.Request) -> web.StreamResponse:
        digest = request.match_info["digest"]
        if not is_digest(digest):
            raise web.HTTPNotFound
        return _whole(path_of(pictures_dir, digest))

    app.router.add_get("/current", current)
    app.router.add_get("/generations/{name}/{file}", file)
    app.router.add_get("/pictures/{digest}.jpg", picture)
    return app


def _whole(path: Path) -> web.StreamResponse:
    if path.is_symlink() or not path.is_file():
        raise web.HTTPNotFound
    return web.FileResponse(path)
