"""Every sentence and label that a shopper reads, by name.

English with `{placeholders}` stands here, the other languages in `bots/locales/‹code›.po` under the English as key
(gettext). Sentences are plain, and say what to do.
"""

from __future__ import annotations

import gettext

from bots.catalogues import LANGUAGES, code_of, translations
from core.errors import SENTENCES, Reason
from core.messages import Notice, Reply

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
    "language": "Which language shall I speak?",
    "language_chosen": "From now on I answer in English.",
    "liked": "Thank you, good to know!",
    "disliked": "Thank you: that helps to do better. Another photo, or a few words, may find it.",
    "bought": "Wonderful, thank you for telling!",
    "searching": "I'm still looking, one moment please …",
    "unknown_feed": "I know no feed of that name; there are: {feeds}.",
    "no_feed": "There is no feed to take: set FEED in the settings, or name one of FEEDS.",
    "alarm": "Trouble with {channel} that needs you: {reason}. The log of the bots and `snapshelf doctor` say more.",
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
    "out_of_order": "The search is out of order just now, and not because of you: please try again a little later.",
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
    "choose": "Choose",
    "answer_number": "Answer with a number:",
    "go_on": "More like one of these, or others?",
    "bought": "I bought it",
    "offer_cheaper": "Cheaper",
    "offer_colour": "Only {value}",
    "offer_category": "Only {value}",
    "offer_all": "Back to all",
    "command_help": "What I can do",
    "command_language": "Change the language",
    "command_forget": "Erase what is kept of you",
    "command_privacy": "What is kept, and how long",
    "language_en": "English",
    "language_de": "Deutsch",
    "language_es": "Español",
    "language_uk": "Українська",
    "language_hr": "Hrvatski",
    "language_sr": "Српски",
}

_PAGE: dict[str, str] = {
    "title": "{shop} — search by photo",
    "skip": "Skip to the message field",
    "connecting": "Connecting …",
    "ready": "Ready",
    "lost": "Connection lost, trying again …",
    "conversation": "Conversation",
    "ask": "Ask by photo or words",
    "photo": "Photo",
    "pick": "Choose or take a photo",
    "words": "Or describe it in words",
    "hint": "Drop, paste or pick a photo — or type words",
    "send": "Send",
    "drop": "Drop the photo to search",
    "sheet": "Search this photo",
    "sheet_help": "Search all of it, or draw a box around one thing.",
    "sheet_keys": "With the keyboard: arrow keys move the box, Shift with arrow keys resizes it.",
    "your_photo": "Your photo",
    "your_part": "Your photo, with the part to search",
    "part": "Part to search",
    "part_at": "Part to search: {left} from the left, {top} from the top, {width} by {height}",
    "draw": "Search a part",
    "whole": "Search all of it",
    "cancel": "Cancel",
    "go": "Search",
    "no_script": "This page needs JavaScript.",
    "hello": (
        "Hello! Send a photo of something you like, and I look for it in this shop. "
        "Drop it here, paste it, or press Photo. You can also type a few words."
    ),
    "searching_short": "Searching …",
    "unsent": "That could not be sent: the shop can't be reached just now. Please try again.",
    "failed_short": "That did not work just now. Please try again.",
    "products": "Products",
    "why": "Why this one",
    "no_picture": "No picture",
    "similarity": "Similarity",
}
"""What the page of the web chat says by itself."""

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
"""What a channel may put into `Other.what`, as the shopper reads it; anything else is _ELSE."""
_ELSE = "that"


_FORGOTTEN = (
    "Done: I erased {count} thing that I kept of you. Whatever you send from now on begins anew.",
    "Done: I erased {count} things that I kept of you. Whatever you send from now on begins anew.",
)
PLURALS: dict[str, tuple[str, str]] = {"forgotten": _FORGOTTEN}
"""Sentences that follow a number, their argument `count`."""

_WHY = (
    "similar look",
    "similar shape",
    "similar pattern",
    "similar colours",
    "same category",
    "same brand",
    "same colour",
    "words in its title",
    "the product itself",
)
"""What `Hit.why` may hold; anything else is shown as it is."""


def sentence(name: str, language: str = "en", /, **args: str) -> str:
    """The sentence of this name in the nearest language there is. KeyError: no such name, or an argument is missing."""
    if name in PLURALS:
        number = int(args["count"])
        return _translations(language).ngettext(*PLURALS[name], number).format_map(args)
    return _in(language, _SENTENCES[name]).format_map(args)


def label(name: str, language: str = "en", /, **args: str) -> str:
    """The label of a button or card, or a phrase in an answer."""
    return _in(language, _LABELS[name]).format_map(args)


def means_next(text: str) -> bool:
    """Whether somebody typed what stands on the button, in any language."""
    return text.strip(" .!…").casefold() in {label("next", code).casefold() for code in LANGUAGES}


def page_texts(language: str) -> dict[str, str]:
    """By name, for the page; beside its own what it shares with the conversation."""
    shared = {name: text for name, text in _SENTENCES.items() if name in ("refused_not_a_picture", "refused_too_large")}
    english = _PAGE | shared | {"alike": _LABELS["alike"]}
    return {name: _in(language, text) for name, text in english.items()}


def why_text(why: str, language: str) -> str:
    """One of a hit's reasons in this language."""
    return _in(language, why) if why in _WHY else why


def nearest(wanted: str) -> str | None:
    """The code of the language that a tag, or a language's own name, means; None where we do not speak it."""
    by_name = {_LABELS[f"language_{code}"].casefold(): code for code in LANGUAGES}
    return code_of(wanted) or by_name.get(wanted.strip().casefold())


def names() -> tuple[str, ...]:
    """All sentences, for the test that reads them."""
    return (*_SENTENCES, *PLURALS)


def to_translate() -> frozenset[str]:
    """All English that every catalogue must have, plurals by their singular."""
    own_names = {text for name, text in _LABELS.items() if name.startswith("language_")}
    signs = {text for text in _LABELS.values() if not any(sign.isalpha() for sign in text.replace("{number}", ""))}
    said = {*_SENTENCES.values(), *_LABELS.values(), *_PAGE.values(), *_WHAT.values(), _ELSE, *_WHY}
    return frozenset(said - own_names - signs | {one for one, _ in PLURALS.values()})


def notice_text(notice: Notice, shop_name: str) -> str:
    """The words of a Notice; one from a newer version, which this one does not know, is answered with help."""
    blank = dict.fromkeys(("command", "channel", "reason"), "")
    args = blank | {"shop": shop_name, "what": "that", "feeds": "–", "count": "0"} | dict(notice.args)
    if "what" in notice.args:
        args["what"] = _in(notice.language, _WHAT.get(notice.args["what"], _ELSE))
    name = notice.name if notice.name in names() else "help"
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
        case _ if reply.message:
            return _in(reply.language, reply.message)
        case _:
            return sentence("failed", reply.language)


def _in(language: str, english: str) -> str:
    return _translations(language).gettext(english)


def _translations(language: str) -> gettext.NullTranslations:
    return translations(code_of(language) or "en")
