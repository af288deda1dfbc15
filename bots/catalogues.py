"""The gettext catalogues of `bots/locales`: English is what the code says, each other language a `.po` file."""

from __future__ import annotations

import gettext
import io
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = ("en", "de", "es", "uk", "hr", "sr")
_RELATED = {"bs": "hr", "cnr": "sr", "sh": "sr"}
"""Languages whose readers read one of ours with ease."""
_FOLDER = Path(__file__).parent / "locales"


@cache
def catalogue(code: str) -> Catalog:
    """What stands in the file of a language."""
    with (_FOLDER / f"{code}.po").open("rb") as file:
        return read_po(file, locale=code, abort_invalid=True)


@cache
def translations(code: str) -> gettext.NullTranslations:
    """Compiled once a process; what a catalogue lacks is said in English."""
    if code == "en":
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, catalogue(code))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def code_of(tag: str) -> str | None:
    """The one of LANGUAGES that an IETF tag means (`de-AT`); None where it is none of them."""
    first = tag.strip().casefold().replace("_", "-").partition("-")[0]
    code = _RELATED.get(first, first)
    return code if code in LANGUAGES else None
