"""Every sentence can be said, says it plainly, and none is missing."""

from __future__ import annotations

import string

import pytest

from bots.texts import names, notice_text, reply_text, sentence
from core.errors import Reason
from core.messages import Hit, Notice, Reply

ARGS = {"shop": "Luma", "command": "frobnicate", "what": "a sticker", "link": "https://example.com"} | {
    "feeds": "outlet, sale",
    "count": "3",
    "channel": "viber",
    "reason": "the token is revoked",
}
HIT = Hit("1", "A mug")


@pytest.mark.parametrize("name", names())
def test_every_sentence_can_be_said(name: str) -> None:
    said = sentence(name, **ARGS)
    assert said.strip() == said != ""
    assert "{" not in said


@pytest.mark.parametrize("name", names())
def test_every_sentence_asks_for_known_arguments_only(name: str) -> None:
    template = sentence(name, **{key: f"{{{key}}}" for key in ARGS} | {"count": "3"})
    assert {field for _, field, _, _ in string.Formatter().parse(template) if field} <= set(ARGS)


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_of_refusal_has_a_sentence(reason: Reason) -> None:
    reply = Reply("j", "fake:1", "refused", reason=reason)
    assert reply_text(reply).endswith(".")
    assert str(reason) not in reply_text(reply)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply("j", "c:1", "hits", hits=(HIT,)), "hits"),
        (Reply("j", "c:1", "hits", close=False, hits=(HIT,)), "not_close"),
        (Reply("j", "c:1", "nothing"), "nothing"),
        (Reply("j", "c:1", "nothing", shown=("1",)), "no_more"),
        (Reply("j", "c:1", "failed"), "failed"),
    ],
)
def test_an_answer_says_what_it_is(reply: Reply, said: str) -> None:
    assert reply_text(reply) == sentence(said)


def test_a_failure_brings_its_own_words() -> None:
    assert reply_text(Reply("j", "c:1", "failed", message="Come back later.")) == "Come back later."


def test_a_notice_names_the_shop() -> None:
    assert "Luma" in notice_text(Notice("j", "c:1", "welcome"), "Luma")


def test_what_cannot_be_searched_is_named_in_words() -> None:
    assert "a voice message" in notice_text(Notice("j", "c:1", "not_searchable", {"what": "voice"}), "Luma")
    assert "with that" in notice_text(Notice("j", "c:1", "not_searchable", {"what": "<b>new_thing</b>"}), "Luma")


def test_a_notice_of_a_newer_version_is_answered_with_help() -> None:
    assert notice_text(Notice("j", "c:1", "from_the_future"), "Luma") == sentence("help")
