"""What a worker answers, and that every question gets one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bots.catalogues import LANGUAGES
from bots.texts import reply_text
from core.errors import Reason
from core.keys import WORKERS
from core.messages import Box, ByPhoto, ByProduct, ByWords, Filters, Lane, Query, Reply, decode_search
from core.presence import present
from core.settings import Settings
from index.model.contract import Pixels
from index.model.fake import FakeEmbedder
from index.pictures import decode_to_pixels
from tests.standins.shop import PRODUCTS, Counter, GatedEmbedder, Shop, open_shop, photo_of, working
from worker.answers import LATE, OUT_OF_ORDER, SETTING_UP

NO_PICTURE = b"%PDF-1.7 an invoice"


async def test_a_photo_is_answered_with_its_product_first(
    settings: Settings, counter: Counter, embedder: GatedEmbedder
) -> None:
    async with working(settings, embedder):
        search = await counter.ask(photo_of(3), want=4, language="uk")
        reply = await counter.reply(search)
    assert (reply.outcome, reply.hits[0].id, len(reply.hits)) == ("hits", "p3", 4)
    assert (reply.job, reply.chat, reply.language, reply.photos) == (search.job, search.chat, "uk", 1)
    assert reply.shown == tuple(hit.id for hit in reply.hits)
    assert reply.generation
    assert {"queued", "fetch", "decode", "embed", "search"} <= set(reply.timings)


async def test_a_search_leaves_its_stream_and_its_photo_is_kept_a_day(
    settings: Settings, counter: Counter, embedder: GatedEmbedder
) -> None:
    async with working(settings, embedder):
        search = await counter.ask(photo_of(3))
        await counter.reply(search)
    assert await counter.redis.xlen(counter.keys.searches(Lane.MESSENGERS)) == 0
    assert 0 < await counter.redis.ttl(counter.keys.blob(search.job, 0)) <= 24 * 3600


async def test_an_album_gets_one_answer_with_the_hits_of_all_its_photos(
    settings: Settings, counter: Counter, embedder: GatedEmbedder
) -> None:
    async with working(settings, embedder):
        search = await counter.ask(photo_of(2), photo_of(7), photo_of(9))
        reply = await counter.reply(search)
    assert {hit.id for hit in reply.hits[:3]} == {"p2", "p7", "p9"}
    assert reply.photos == 3
    assert len(counter.replies[search.job]) == 1


async def test_an_album_is_answered_by_the_photos_that_can_be_read(
    settings: Settings, counter: Counter, embedder: GatedEmbedder
) -> None:
    async with working(settings, embedder):
        reply = await counter.answer(NO_PICTURE, photo_of(7))
    assert reply.hits[0].id == "p7"


async def test_a_box_searches_a_part(settings: Settings, counter: Counter, embedder: GatedEmbedder) -> None:
    async with working(settings, embedder):
        search = await counter.ask(photo_of(5))
        part = await counter.answer(query=ByPhoto((counter.keys.blob(search.job, 0),), Box(0, 0, 0.3, 0.3)))
        whole = await counter.reply(search)
    assert whole.hits[0].similarity > part.hits[0].similarity


@pytest.mark.parametrize("photo", [NO_PICTURE, b"", photo_of(1)[:-200]])
async def test_a_photo_that_cannot_be_read_gets_its_sentence(
    settings: Settings, counter: Counter, embedder: GatedEmbedder, photo: bytes
) -> None:
    async with working(settings, embedder):
        reply = await counter.answer(photo)
    assert reply.outcome == "refused"
    assert reply.reason in (Reason.NOT_A_PICTURE, Reason.UNSUPPORTED_FORMAT, Reason.BROKEN_PICTURE)
    assert reply.message
    assert reply.photos == 1


async def test_a_photo_that_is_no_longer_there_is_asked_for_again(
    settings: Settings, counter: Counter, embedder: GatedEmbedder
) -> None:
    async with working(settings, embedder):
        reply = await counter.answer(query=ByPhoto(("{snapshelf}:blob:gone:0",)))
    assert (reply.outcome, reply.reason) == ("refused", Reason.PHOTO_EXPIRED)


async def test_more_like_this_leaves_the_product_itself_out(
    settings: Settings, counter: Counter, embedder: GatedEmbedder
) -> None:
    async with working(settings, embedder):
        reply = await counter.answer(query=ByProduct("p4"))
    assert reply.outcome == "hits"
    assert "p4" not in {hit.id for hit in reply.hits}


@pytest.mark.parametrize(
    ("query", "outcome", "reason"),
    [
        (ByProduct("nowhere"), "refused", Reason.PRODUCT_GONE),
        (ByWords("wool"), "hits", None),
        (ByWords("zeppelin"), "nothing", None),
    ],
)
async def test_products_and_words_need_no_model(
    settings: Settings, counter: Counter, query: Query, outcome: str, reason: Reason | None
) -> None:
    embedder = GatedEmbedder()
    async with working(settings, embedder):
        reply = await counter.answer(query=query)
    assert (reply.outcome, reply.reason) == (outcome, reason)
    assert embedder.calls == []


async def test_next_pages_show_every_product_once(
    settings: Settings, counter: Counter, embedder: GatedEmbedder
) -> None:
    shown: tuple[str, ...] = ()
    async with working(settings, embedder):
        for _ in range(3):
            reply = await counter.answer(photo_of(0), shown=shown, want=4)
            shown = reply.shown
        end = await counter.answer(photo_of(0), shown=shown, want=4)
    assert len(set(shown)) == len(shown) == PRODUCTS
    assert (end.outcome, end.shown) == ("nothing", shown)


async def test_nothing_that_passes_the_filters_is_said_so(
    settings: Settings, counter: Counter, embedder: GatedEmbedder
) -> None:
    async with working(settings, embedder):
        reply = await counter.answer(photo_of(0), filters=Filters(category="Boats"))
    assert reply.outcome == "nothing"


async def test_after_its_deadline_a_search_gets_an_apology_and_no_work(
    settings: Settings, counter: Counter, embedder: GatedEmbedder
) -> None:
    search = await counter.ask(photo_of(0), in_ms=-1)
    async with working(settings, embedder):
        reply = await counter.reply(search)
    assert (reply.outcome, reply.photos) == ("failed", 1)
    assert reply.message
    assert embedder.calls == []


async def test_a_search_that_takes_too_long_gets_its_apology_in_time(
    settings: Settings, counter: Counter, embedder: GatedEmbedder
) -> None:
    embedder.gate.clear()
    async with working(settings, embedder):
        reply = await counter.answer(photo_of(0), in_ms=300)
        embedder.gate.set()
    assert reply.outcome == "failed"


async def test_one_broken_photo_of_a_batch_fails_alone_and_is_tried_again(
    settings: Settings, counter: Counter, embedder: GatedEmbedder
) -> None:
    broken = await asyncio.to_thread(_pixels, embedder, 5)
    embedder.breaks = lambda pixels: bool((pixels == broken).all(axis=(1, 2, 3)).any())
    searches = [await counter.ask(photo_of(number)) for number in range(8)]
    async with working(settings, embedder):
        replies = [await counter.reply(search) for search in searches if search.job != searches[5].job]
    assert [reply.hits[0].id for reply in replies] == [f"p{number}" for number in range(8) if number != 5]
    assert await counter.redis.zcard(counter.keys.later) == 1


def _pixels(embedder: GatedEmbedder, number: int) -> Pixels:
    return decode_to_pixels(photo_of(number), embedder.input_size)


async def test_searches_that_wait_together_are_embedded_together(
    settings: Settings, counter: Counter, embedder: GatedEmbedder
) -> None:
    searches = [await counter.ask(photo_of(number)) for number in range(8)]
    async with working(settings, embedder):
        for search in searches:
            await counter.reply(search)
    assert sum(embedder.calls) == 8
    assert len(embedder.calls) < 8


async def test_the_lane_of_the_web_does_not_wait_for_the_messengers(
    settings: Settings, counter: Counter, embedder: GatedEmbedder
) -> None:
    many = [await counter.ask(photo_of(number % PRODUCTS)) for number in range(40)]
    one = await counter.ask(photo_of(1), chat="web:visitor")
    async with working(settings, embedder):
        await counter.reply(one)
        assert len(counter.replies) < 41
        for search in many:
            await counter.reply(search)


async def test_a_message_that_cannot_be_read_is_buried_with_its_reason(
    settings: Settings, counter: Counter, embedder: GatedEmbedder
) -> None:
    fields = {"data": '{"v": 2, "language": "de"}', "chat": "fake:1", "job": "j", "attempt": "0", "at": "0"}
    await counter.redis.xadd(counter.keys.searches(Lane.WEB), fields)
    async with working(settings, embedder):
        async with asyncio.timeout(20):
            while "j" not in counter.replies:
                await counter.read()
    [(_, letter)] = await counter.redis.xrange(counter.keys.dead)
    assert b"cannot be read" in letter[b"reason"]
    assert (counter.replies["j"][0].outcome, counter.replies["j"][0].language) == ("failed", "de")


# --- generations --------------------------------------------------------------------------------------------------


async def test_a_shop_without_an_index_says_that_it_is_being_set_up(
    settings: Settings, counter: Counter, embedder: GatedEmbedder, tmp_path: Path
) -> None:
    empty = settings.model_copy(update={"data_dir": tmp_path})
    async with working(empty, embedder):
        assert await counter.at_work(1) == [None]
        reply = await counter.answer(photo_of(0))
    assert reply.outcome == "failed"
    assert "set up" in (reply.message or "")


async def test_a_generation_of_another_model_is_not_answered_from(settings: Settings, counter: Counter) -> None:
    async with working(settings, FakeEmbedder(seed=1)):
        assert await counter.at_work(1) == [None]
        reply = await counter.answer(photo_of(0))
        [worker] = await present(counter.redis, counter.keys, "worker")
    assert (reply.outcome, reply.hits, reply.message) == ("failed", (), OUT_OF_ORDER)
    assert "snapshelf reindex" in (worker.problem or ""), "the operator reads what to do in readyz and doctor"
    assert "SNAPSHELF_MODEL" in (worker.problem or "")


async def test_a_worker_that_cannot_answer_leaves_searches_to_one_that_can(
    settings: Settings, counter: Counter, embedder: GatedEmbedder
) -> None:
    async with working(settings, embedder):
        await counter.at_work(1)
        async with working(settings, FakeEmbedder(seed=1)):
            assert None in await counter.at_work(2)
            replies = [await counter.answer(photo_of(number)) for number in range(PRODUCTS)]
    assert {reply.outcome for reply in replies} == {"hits"}


@pytest.mark.parametrize("sentence", [LATE, SETTING_UP, OUT_OF_ORDER])
def test_what_a_worker_says_to_shoppers_is_said_in_their_language(sentence: str) -> None:
    said = {reply_text(Reply("j", "c", "failed", close=False, message=sentence, language=code)) for code in LANGUAGES}
    assert len(said) == len(LANGUAGES)


async def test_searches_go_on_while_a_new_generation_is_published(
    settings: Settings, counter: Counter, embedder: GatedEmbedder, tmp_path: Path, redis_url: str
) -> None:
    shop: Shop = open_shop(tmp_path, redis_url)
    first = await asyncio.to_thread(shop.publish)
    async with working(shop.settings, embedder):
        before = await counter.answer(photo_of(3))
        publishing = asyncio.create_task(asyncio.to_thread(shop.publish, leaving_out=[3]))
        during = []
        while not publishing.done():
            during.append(await counter.answer(photo_of(3)))
        second = await publishing
        after = await counter.answer(photo_of(3))
    assert (before.generation, before.hits[0].id) == (first, "p3")
    assert after.generation == second
    assert "p3" not in {hit.id for hit in after.hits}
    assert {reply.outcome for reply in during} <= {"hits"}


# --- coming and going ---------------------------------------------------------------------------------------------


async def test_two_workers_share_and_every_search_is_answered_once(settings: Settings, counter: Counter) -> None:
    one, two = GatedEmbedder(), GatedEmbedder()
    async with working(settings, one), working(settings, two):
        names = await counter.at_work(2)
        assert all(names)
        searches = [await counter.ask(photo_of(number % PRODUCTS)) for number in range(60)]
        for search in searches:
            await counter.reply(search)
    assert {len(replies) for replies in counter.replies.values()} == {1}
    assert sum(one.calls) + sum(two.calls) == 60
    assert one.calls
    assert two.calls


async def test_a_worker_told_to_stop_finishes_what_it_has_in_hand(
    settings: Settings, counter: Counter, embedder: GatedEmbedder
) -> None:
    embedder.gate.clear()
    async with working(settings, embedder) as stop:
        search = await counter.ask(photo_of(6))
        await asyncio.to_thread(embedder.entered.wait)
        stop.set()
        embedder.gate.set()
    assert (await counter.reply(search)).hits[0].id == "p6"
    lane = counter.keys.searches(Lane.MESSENGERS)
    assert (await counter.redis.xpending(lane, WORKERS))["pending"] == 0
    assert await counter.at_work(0) == []


async def test_what_a_dead_worker_left_is_taken_over_one_by_one(
    settings: Settings, counter: Counter, embedder: GatedEmbedder
) -> None:
    searches = [await counter.ask(photo_of(number)) for number in range(4)]
    lane = counter.keys.searches(Lane.MESSENGERS)
    await counter.redis.xreadgroup(WORKERS, "dead-worker", {lane: ">"}, count=3)
    async with working(settings, embedder, claim_idle_ms=50):
        for search in searches:
            await counter.reply(search)
    assert embedder.calls.count(1) >= 3
    assert {len(replies) for replies in counter.replies.values()} == {1}


async def test_what_words_came_to_is_kept_so_that_later_words_go_on_from_there(
    settings: Settings, counter: Counter, embedder: GatedEmbedder
) -> None:
    async with working(settings, embedder):
        search = await counter.ask(photo_of(3), refine="product 7")
        reply = await counter.reply(search)
    assert reply.settled
    kept = decode_search(await counter.redis.get(counter.keys.query(search.job)))
    assert (kept.filters, kept.refine) == (reply.filters, "")
    assert kept.filters != Filters()
