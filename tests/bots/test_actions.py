"""Buttons: the same token for the same action, worthless in another chat."""

from __future__ import annotations

import re
from typing import Any

import pytest
from redis.asyncio import Redis

from bots.actions import Action, More, Next, mint_all, next_of, resolve, token_of
from core.keys import BUTTON_S, Keys
from core.messages import Hit, Reply

CHAT = "fake:1"
ACTIONS: list[Action] = [More("sku-1"), More("ярлык/2"), Next("job", ("a", "b"))]


@pytest.mark.parametrize("action", ACTIONS)
def test_a_token_is_short_and_the_same_whenever_it_is_asked(action: Action) -> None:
    assert re.fullmatch(r"[a-z0-9]{16}", token_of("job", action))
    assert token_of("job", action) == token_of("job", action)


def test_tokens_differ_by_job_and_by_action() -> None:
    tokens = {token_of(job, action) for job in ("one", "two") for action in ACTIONS}
    assert len(tokens) == 2 * len(ACTIONS)


async def test_a_tap_means_what_its_button_was_minted_for(redis: Redis, keys: Keys) -> None:
    tokens = await mint_all(redis, keys, CHAT, "job", ACTIONS)
    assert [await resolve(redis, keys, CHAT, token) for token in tokens] == ACTIONS
    assert 0 < await redis.ttl(keys.button(tokens[0])) <= BUTTON_S


async def test_minting_again_changes_nothing(redis: Redis, keys: Keys) -> None:
    first = await mint_all(redis, keys, CHAT, "job", ACTIONS)
    assert await mint_all(redis, keys, CHAT, "job", ACTIONS) == first


async def test_a_button_of_another_chat_means_nothing(redis: Redis, keys: Keys) -> None:
    [token] = await mint_all(redis, keys, CHAT, "job", [More("sku-1")])
    assert await resolve(redis, keys, "fake:2", token) is None


@pytest.mark.parametrize("token", ["", "a", "a" * 16, "A" * 16, "a" * 15 + "*", "x" * 10_000])
async def test_an_unknown_or_malformed_token_means_nothing(redis: Redis, keys: Keys, token: str) -> None:
    assert await resolve(redis, keys, CHAT, token) is None


async def test_a_button_of_a_newer_version_means_nothing(redis: Redis, keys: Keys) -> None:
    [token] = await mint_all(redis, keys, CHAT, "job", [More("sku-1")])
    stored: Any = await redis.get(keys.button(token))
    await redis.set(keys.button(token), stored.replace(b'"more"', b'"teleport"'))
    assert await resolve(redis, keys, CHAT, token) is None


async def test_what_lies_in_redis_does_not_name_the_chat(redis: Redis, keys: Keys) -> None:
    [token] = await mint_all(redis, keys, "fake:49151234567", "job", [More("sku-1")])
    stored: Any = await redis.get(keys.button(token))
    assert b"49151234567" not in stored


def test_next_goes_on_where_the_answer_stopped() -> None:
    reply = Reply("job", CHAT, "hits", hits=(Hit("b", "B"),), shown=("a", "b"))
    assert next_of(reply) == Next("job", ("a", "b"))
    assert next_of(Reply("job", CHAT, "nothing", shown=("a",))) is None
