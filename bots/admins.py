"""What users in ADMINS may ask for in the chat; to anybody else these commands do not exist."""

from __future__ import annotations

from typing import Literal, get_args

from bots.questions import notice, now_ms
from core.messages import Command, Notice, Task, Update
from core.settings import Settings

Wish = Literal["reindex", "status", "rollback", "generations"]
WISHES: dict[str, Wish] = {name: name for name in get_args(Wish)}


def wish(settings: Settings, update: Update, command: Command) -> Task | Notice | None:
    """The task for a maintainer, a sentence where it is asked for wrongly, None where it is no admin's command."""
    name = WISHES.get(command.name.lower())
    if name is None or update.user not in settings.admins:
        return None
    feed = command.argument.strip() or None
    if name != "reindex":
        feed = None
    elif feed is not None and feed not in settings.feeds_by_name:
        return notice(update, "unknown_feed", feeds=", ".join(settings.feeds_by_name) or "–")
    elif feed is None and not settings.feed:
        return notice(update, "no_feed")
    return Task(update.job, update.chat, name, update.user, now_ms(), feed, update.language)
