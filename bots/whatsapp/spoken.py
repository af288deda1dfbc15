"""The language to begin in: WhatsApp names none, but a number begins with its country (pure).

Only languages that we speak are told apart; /language and what Redis keeps of it come before this guess.
"""

from __future__ import annotations

_BY_CODE = {
    **dict.fromkeys(("49", "43", "423"), "de"),
    **dict.fromkeys(("34", "51", "52", "53", "54", "56", "57", "58"), "es"),
    **dict.fromkeys(("502", "503", "504", "505", "506", "507", "591", "593", "595", "598"), "es"),
    "380": "uk",
    "385": "hr",
    "387": "bs",
    "381": "sr",
    "382": "cnr",
}
"""Calling codes of countries where one of ours is what most people write. (ITU-T E.164)"""

_BY_COUNTRY = {
    **dict.fromkeys(("DE", "AT", "LI"), "de"),
    **dict.fromkeys(("ES", "PE", "MX", "CU", "AR", "CL", "CO", "VE"), "es"),
    **dict.fromkeys(("GT", "SV", "HN", "NI", "CR", "PA", "BO", "EC", "PY", "UY"), "es"),
    "UA": "uk",
    "HR": "hr",
    "BA": "bs",
    "RS": "sr",
    "ME": "cnr",
}
"""The same for ids of people who hide their number (`UA.13491208655302741918`)."""


def language_of(address: str) -> str:
    """`whatsapp:+49...` → `de`; English where we know no better."""
    own = address.partition(":")[2]
    if own.startswith("+"):
        return next((_BY_CODE[own[1 : 1 + n]] for n in (3, 2) if own[1 : 1 + n] in _BY_CODE), "en")
    country, dot, _ = own.partition(".")
    return _BY_COUNTRY.get(country.upper(), "en") if dot else "en"
