"""The only place that spells a Redis key: type, meaning and lifetime beside each.

Every key stands behind REDIS_PREFIX, by default `{snapshelf}:`: one hash slot, so that our scripts may touch
several keys on a Redis Cluster too (failover, not scale).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

PARTITIONS = 16

CONVERSATION = "conversation"
"""Group that reads `inbox`."""
WORKERS = "workers"
"""Group that reads `searches`."""
MAINTAINERS = "maintainers"
"""Group that reads `tasks`."""
SENDERS = "senders"
"""Group that reads `replies`."""

SEEN_S = 48 * 3600
PART_S = 48 * 3600
LEASE_MS = 10_000
BLOB_AFTER_S = 24 * 3600
BLOB_DEAD_S = 7 * 24 * 3600
STATE_S = 24 * 3600
BUTTON_S = 7 * 24 * 3600
OPEN_S = 90 * 24 * 3600
WEB_STREAM_S = 3600
ANSWER_S = 60
UNPARSED_S = 24 * 3600
FEEDBACK_S = 90 * 24 * 3600
COUNTS_S = 400 * 24 * 3600
ALARM_S = 6 * 3600
MOVED_S = 90 * 24 * 3600
CLIENT_S = 90 * 24 * 3600
HEARD_S = 48 * 3600
"""Twice the time that a provider lets us answer in (WhatsApp)."""


def partition_of(chat: str) -> int:
    """The partition of `inbox` and `replies` that a chat belongs to."""
    return zlib.crc32(chat.encode()) % PARTITIONS


def in_one_slot(prefix: str) -> bool:
    """Whether all keys behind this prefix fall into one hash slot of a Redis Cluster: it holds `{something}`."""
    opening = prefix.find("{")
    return opening >= 0 and prefix.find("}", opening) > opening + 1


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys behind one prefix."""

    prefix: str = "{snapshelf}:"

    # --- streams ------------------------------------------------------------------------------------------

    def inbox(self, partition: int) -> str:
        """stream: Updates of the chats of one partition."""
        return f"{self.prefix}inbox:{partition}"

    def searches(self, lane: str) -> str:
        """stream: Searches of one lane (`messengers`, `web`)."""
        return f"{self.prefix}searches:{lane}"

    @property
    def tasks(self) -> str:
        """stream: Tasks."""
        return f"{self.prefix}tasks"

    def replies(self, partition: int) -> str:
        """stream: Replies, Notices and Progress for the chats of one partition."""
        return f"{self.prefix}replies:{partition}"

    @property
    def dead(self) -> str:
        """stream: what was given up, with stream, reason, attempt and the message itself."""
        return f"{self.prefix}dead"

    @property
    def later(self) -> str:
        """sorted set: entries to try again; score = due time in ms."""
        return f"{self.prefix}later"

    def held(self, stream: str, chat: str) -> str:
        """list: entries of one chat that wait behind one that is being retried."""
        return f"{stream}:held:{chat}"

    def lease(self, stream: str) -> str:
        """string: fenced token of the one consumer of a partition (10 s)."""
        return f"{stream}:lease"

    def alone(self, stream: str, entry_id: str) -> str:
        """string: how often an entry was handed out alone after a death; more than three deaths: poison (1 h)."""
        return f"{stream}:alone:{entry_id}"

    # --- claims and marks ---------------------------------------------------------------------------------

    def seen(self, channel: str, update_id: str) -> str:
        """string: this update was accepted (48 h)."""
        return f"{self.prefix}seen:{channel}:{update_id}"

    def taken(self, output: str) -> str:
        """string: a step's output of this id was taken (48 h)."""
        return f"{self.prefix}taken:{output}"

    def turns(self, chat: str) -> str:
        """sorted set: jobs of a chat not yet answered, in the order of their updates; score = accepted at (ms)."""
        return f"{self.prefix}turns:{chat}"

    def parts(self, job: str) -> str:
        """hash: part number → `sending`, `sent`, `unknown`, `dropped` (48 h)."""
        return f"{self.prefix}parts:{job}"

    def sent(self, provider_id: str) -> str:
        """string: job and part of a message that we sent, and what was in it where it may fail later (JSON; 48 h)."""
        return f"{self.prefix}sent:{provider_id}"

    @property
    def tally(self) -> str:
        """hash: photos accepted, answered, apologised, dead, unknown; parts repeated. The promise in numbers."""
        return f"{self.prefix}tally"

    # --- blobs, albums, state -----------------------------------------------------------------------------

    def blob(self, job: str, number: int) -> str:
        """string: the bytes of a photo, EXIF stripped."""
        return f"{self.prefix}blob:{job}:{number}"

    @property
    def blobs(self) -> str:
        """sorted set: `‹bytes›:‹blob key›`; score = when it expires (ms), and a half where its work is done and it
        gives way to new ones. Its sum is what the budget counts."""
        return f"{self.prefix}blobs"

    @property
    def blob_bytes(self) -> str:
        """string: bytes of all blobs."""
        return f"{self.prefix}blob-bytes"

    def album(self, chat: str, album: str) -> str:
        """hash: the photos of one album so far, or `closed` (60 s after closing)."""
        return f"{self.prefix}album:{chat}:{album}"

    @property
    def due(self) -> str:
        """sorted set: albums by the time (ms) when they close."""
        return f"{self.prefix}due"

    def query(self, job: str) -> str:
        """string: the Search of a job, for Next, refinement and box (24 h)."""
        return f"{self.prefix}query:{job}"

    def last_query(self, chat: str) -> str:
        """string: the job that a later text refines (24 h)."""
        return f"{self.prefix}last:{chat}"

    def onward(self, chat: str) -> str:
        """string: the token of Next under the last answer, for who types it; empty: that answer was the end (24 h)."""
        return f"{self.prefix}onward:{chat}"

    def button(self, token: str) -> str:
        """string: what a tap means, as JSON (7 days)."""
        return f"{self.prefix}button:{token}"

    def feedback(self, entry: str) -> str:
        """string: one verdict of a shopper with question, answer and generation, as JSON (90 days)."""
        return f"{self.prefix}feedback:{entry}"

    def burst(self, chat: str) -> str:
        """sorted set: jobs of the photos of a chat without albums in these 10 s; score = when (ms)."""
        return f"{self.prefix}burst:{chat}"

    def welcomed(self, chat: str) -> str:
        """string: the job that welcomed this chat a moment ago (30 s): no second welcome."""
        return f"{self.prefix}welcomed:{chat}"

    def feedback_photo(self, job: str, number: int) -> str:
        """string: the photo that a verdict is about (90 days)."""
        return f"{self.prefix}feedback-photo:{job}:{number}"

    @property
    def feedbacks(self) -> str:
        """sorted set: ids of the verdicts; score = when (ms)."""
        return f"{self.prefix}feedbacks"

    def counts(self, day: str) -> str:
        """hash: `‹channel›:‹what›` → how often on this day (`2026-11-21`, UTC; 400 days): what `report` shows."""
        return f"{self.prefix}counts:{day}"

    def file_id(self, bot: str, picture: str) -> str:
        """string: the provider's id of a product picture uploaded once."""
        return f"{self.prefix}file:{bot}:{picture}"

    def content(self, account: str, name: str) -> str:
        """string: the provider's id of a message template that was created once (no expiry)."""
        return f"{self.prefix}content:{account}:{name}"

    def gone(self, chat: str) -> str:
        """string: this chat cannot be written to until it writes again."""
        return f"{self.prefix}gone:{chat}"

    def heard(self, chat: str) -> str:
        """string: when this chat last wrote (ms; 48 h): WhatsApp takes free answers for 24 h only."""
        return f"{self.prefix}heard:{chat}"

    def client(self, chat: str) -> str:
        """string: what the messenger's app of this chat can show, as its provider counts (90 days; Viber)."""
        return f"{self.prefix}client:{chat}"

    def moved(self, chat: str) -> str:
        """string: the name that this chat has now (90 days after it was last used)."""
        return f"{self.prefix}moved:{chat}"

    def alarm(self, channel: str, reason: str) -> str:
        """string: admins were told of this (6 h)."""
        return f"{self.prefix}alarm:{channel}:{reason}"

    def language(self, user: str) -> str:
        """string: the language that a user chose."""
        return f"{self.prefix}language:{user}"

    def erase(self, user: str) -> str:
        """set: keys that hold something about this user."""
        return f"{self.prefix}erase:{user}"

    # --- limits, leases of singletons, waiting connections -------------------------------------------------

    def limit(self, name: str) -> str:
        """hash: a bucket shared by all processes: when it will be full again (ms)."""
        return f"{self.prefix}limit:{name}"

    def window(self, name: str) -> str:
        """sorted set: what was taken within a window shared by all processes; score = when its send ended (ms)."""
        return f"{self.prefix}window:{name}"

    def paused(self, chat: str) -> str:
        """string: the provider asked to leave this chat (or channel) alone for so long (expires by itself)."""
        return f"{self.prefix}paused:{chat}"

    def singleton(self, name: str) -> str:
        """string: fenced token of the one process that does a thing (long polling, the promoter)."""
        return f"{self.prefix}one:{name}"

    def polling_offset(self, bot: str) -> str:
        """string: the last update_id that long polling has accepted."""
        return f"{self.prefix}offset:{bot}"

    def alive(self, kind: str) -> str:
        """hash: processes of one kind at work → when they last said so, and their generation (core/presence.py)."""
        return f"{self.prefix}alive:{kind}"

    @property
    def reindex(self) -> str:
        """string: who runs a reindex since when (JSON, refreshed)."""
        return f"{self.prefix}reindex"

    def web(self, session: str) -> str:
        """stream: what goes to one web chat (1 h)."""
        return f"{self.prefix}web:{session}"

    def answer(self, job: str) -> str:
        """list: the Reply that `/api/search` waits for (60 s)."""
        return f"{self.prefix}answer:{job}"
