"""Every sentence and label that a shopper reads, by name.

One table of English with `{placeholders}`; `sentence` and `label` are the only way to them, so that another
language is another table. Sentences are plain, and say what to do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from core.errors import SENTENCES, Reason
from core.messages import Notice, Reply

LANGUAGES = ("en", "de", "es", "uk", "hr", "sr")
_RELATED = {"bs": "hr", "sh": "sr", "cnr": "sr"}
"""Languages whose readers read one of ours with ease."""

_SENTENCES: dict[str, str] = {
    # of the conversation (Notice.name)
    "welcome": (
        "Welcome to {shop}! Send a photo of something you like and I'll show you what comes closest in our shop."
    ),
    "help": (
        "Send a photo, or several as an album, and I'll look for products like it. "
        "Then tap “More like” under one that you like, or “Next” for further ones; "
        "or say what it should be: “blue”, “under 50”, “cheaper”. "
        "Without a photo, a few words such as “red shoes” find products by their titles.\n"
        "/language changes the language, /forget erases what I keep of you, /privacy tells what that is."
    ),
    "privacy": (
        "I keep your photo, freed of place and time, and your question for a day, so that you can go on from it; "
        "what could not be answered for a week; what you told me of an answer for 90 days. "
        "Nothing is given to anybody else. /forget erases all of it."
    ),
    "forgotten": "Done: I erased what I kept of you ({count}). Whatever you send from now on begins anew.",
    "language": "Which language shall I speak?",
    "language_chosen": "From now on I answer in English.",
    "liked": "Thank you, good to know!",
    "disliked": "Thank you: that helps to do better. Another photo, or a few words, may find it.",
    "bought": "Wonderful, thank you for telling!",
    "searching": "I'm still looking, one moment please …",
    "unknown_feed": "I know no feed of that name; there are: {feeds}.",
    "no_feed": "There is no feed to take: set FEED in the settings, or name one of FEEDS.",
    "unknown_command": "I don't know /{command}: send a photo, or /help to read what I can do.",
    "not_searchable": "I can't search with {what}: please send a photo, or a few words.",
    "button_expired": "That button is too old: please send your photo again.",
    "enough": "Those were the hundred nearest: send another photo to go on.",
    "no_room": "Many people are searching just now: please send your photo again in a minute.",
    "too_many_searches": SENTENCES[Reason.TOO_MANY_SEARCHES],
    # leading an answer (Reply)
    "hits": "This comes closest:",
    "not_close": "There is nothing quite like it in the shop; the nearest are:",
    "nothing": "Nothing in the shop fits that: try another photo or other words.",
    "no_more": "That was everything: send another photo to go on.",
    "failed": "Sorry, that search didn't work: please send your photo again in a minute.",
    "late": "Sorry, that took too long: please send your photo again in a minute.",
    "setting_up": "The shop is still being set up: please try again a little later.",
    # elsewhere
    "support": "Would you rather ask a person? {link}",
} | {f"refused_{reason}": text for reason, text in SENTENCES.items()}

_LABELS: dict[str, str] = {
    "more": "More like this",
    "more_number": "More like {number}",
    "next": "Next",
    "open": "Open in shop",
    "open_number": "Open {number}",
    "ask_a_person": "Ask a person",
    "alike": "{percent} alike",
    "filtered": "Only {filters}.",
    "ignored": "I found nothing that “{words}” could mean here.",
    "from_price": "from {price}",
    "to_price": "up to {price}",
    "in_stock": "in stock",
    "up": "👍",
    "up_number": "👍 {number}",
    "down": "👎 None of these",
    "bought": "I bought it",
    "offer_cheaper": "Cheaper",
    "offer_colour": "Only {value}",
    "offer_category": "Only {value}",
    "offer_all": "Back to all",
    "language_en": "English",
    "language_de": "Deutsch",
    "language_es": "Español",
    "language_uk": "Українська",
    "language_hr": "Hrvatski",
    "language_sr": "Српски",
}

_WHAT: dict[str, str] = {
    "sticker": "a sticker",
    "voice": "a voice message",
    "audio": "a sound",
    "video": "a video",
    "video_note": "a video",
    "animation": "an animation",
    "location": "a place",
    "contact": "a contact",
    "document": "that file",
    "poll": "a poll",
}
"""What a channel may put into `Other.what`, as the shopper reads it; anything else is “that”."""


def sentence(name: str, language: str = "en", /, **args: str) -> str:
    """The sentence of this name in the nearest language there is. KeyError: no such name, or an argument is missing."""
    return _table(language)[name].format_map(args)


def label(name: str, language: str = "en", /, **args: str) -> str:
    """The label of a button or card, or a phrase in an answer."""
    return _LABELS[name].format_map(args)


def nearest(tag: str) -> str | None:
    """The one of LANGUAGES that an IETF tag, or a language's own name, means; None where it is none of them."""
    wanted = tag.strip().casefold()
    first = re.split(r"[-_]", wanted, maxsplit=1)[0]
    by_name = {_LABELS[f"language_{code}"].casefold(): code for code in LANGUAGES}
    code = _RELATED.get(first, first)
    return code if code in LANGUAGES else by_name.get(wanted)


def names() -> tuple[str, ...]:
    """All sentences, for the test that reads them."""
    return tuple(_SENTENCES)


def notice_text(notice: Notice, shop_name: str) -> str:
    """The words of a Notice; one from a newer version, which this one does not know, is answered with help."""
    args = {"shop": shop_name, "command": "", "what": "that", "feeds": "–", "count": "0"} | dict(notice.args)
    if "what" in notice.args:
        args["what"] = _WHAT.get(notice.args["what"], "that")
    name = notice.name if notice.name in _SENTENCES else "help"
    return sentence(name, notice.language, **args)


def reply_text(reply: Reply) -> str:
    """The words that lead an answer, above its cards if it has any."""
    match reply.outcome:
        case "hits":
            return sentence("hits" if reply.close else "not_close", reply.language)
        case "nothing":
            return sentence("no_more" if reply.shown else "nothing", reply.language)
        case "refused" if reply.reason is not None:
            return sentence(f"refused_{reply.reason}", reply.language)
        case _:
            return reply.message or sentence("failed", reply.language)


def _table(language: str) -> Mapping[str, str]:
    return _SENTENCES
