"""Search in, Reply out."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import Reason
from core.messages import Box, ByPhoto, ByProduct, ByWords, Filters, Query, Search, decode_outgoing, encode
from index.model.fake import FakeEmbedder
from index.searcher import OtherFamily, Searcher
from index.store import NoGeneration
from tests.index.shop import PARTS, Shop, picture


def asking(query: Query, *, want: int = 5, filters: Filters = Filters(), shown: tuple[str, ...] = ()) -> Search:  # noqa: B008
    return Search(
        job="j",
        chat="web:s",
        query=query,
        at=0,
        deadline=60_000,
        want=want,
        filters=filters,
        shown=shown,
        language="de",
    )


BY_PHOTO = ByPhoto(("blob",))


def test_a_products_own_picture_finds_it_first(indexed: Shop) -> None:
    for number in range(0, 60, 7):
        reply = indexed.searcher.answer(asking(BY_PHOTO), [picture(f"p{number:03}")])
        assert reply.outcome == "hits"
        assert reply.close
        assert reply.hits[0].id == f"p{number:03}"
        assert reply.hits[0].similarity == 1.0


def test_a_reply_says_all_that_a_card_shows(indexed: Shop) -> None:
    reply = indexed.searcher.answer(asking(BY_PHOTO), [picture("p007", shade=9)])
    hit = reply.hits[0]
    assert (hit.id, hit.title, hit.price, hit.currency) == ("p007", "Thing p007", "17.50", "EUR")
    assert (hit.brand, hit.category) == ("Ümlaut & Söhne", "Lamps")
    assert hit.link == "https://shop.example/p007"
    assert hit.picture is not None
    assert hit.picture.startswith("/pictures/")
    assert reply.generation == indexed.store.current_name()
    assert set(reply.timings) == {"decode", "embed", "search"}
    assert (reply.job, reply.chat, reply.language) == ("j", "web:s", "de")
    assert decode_outgoing(encode(reply)) == reply


def test_similarity_never_rises_down_the_list(indexed: Shop) -> None:
    reply = indexed.searcher.answer(asking(BY_PHOTO, want=40), [picture("anything")])
    similarities = [hit.similarity for hit in reply.hits]
    assert len(similarities) == 40
    assert similarities == sorted(similarities, reverse=True)
    assert all(0 <= value <= 1 and round(value, 4) == value for value in similarities)


def test_exact_and_two_phase_agree_on_a_small_shelf(indexed: Shop) -> None:
    for name in ("p001", "x", "y"):
        both = [indexed.searcher.answer(asking(BY_PHOTO), [picture(name)], exact=exact) for exact in (False, True)]
        assert both[0].hits == both[1].hits


def test_a_photo_of_nothing_in_the_shop_is_not_close(indexed: Shop) -> None:
    reply = indexed.searcher.answer(asking(BY_PHOTO), [picture("nothing like it")])
    assert reply.outcome == "hits"
    assert not reply.close
    assert len(reply.hits) == 5


def test_paging_leaves_out_what_was_shown_and_never_repeats(indexed: Shop) -> None:
    searcher = indexed.searcher
    shown: tuple[str, ...] = ()
    seen: list[str] = []
    for _ in range(4):
        reply = searcher.answer(asking(BY_PHOTO, shown=shown), [picture("p010")])
        seen += [hit.id for hit in reply.hits]
        shown = reply.shown
    assert len(set(seen)) == len(seen) == 20
    whole = searcher.answer(asking(BY_PHOTO, want=20), [picture("p010")])
    assert [hit.id for hit in whole.hits] == seen


def test_filters_hold_for_every_hit(indexed: Shop) -> None:
    reply = indexed.searcher.answer(
        asking(BY_PHOTO, filters=Filters(category="Shoes", max_price="40")), [picture("p011")]
    )
    assert reply.hits
    assert all((hit.category or "").startswith("Shoes") and float(hit.price or 0) <= 40 for hit in reply.hits)


def test_filters_that_nothing_passes_give_nothing(indexed: Shop) -> None:
    reply = indexed.searcher.answer(asking(BY_PHOTO, filters=Filters(category="Boats")), [picture("p011")])
    assert (reply.outcome, reply.hits, reply.close) == ("nothing", (), False)


def test_more_like_this_leaves_the_product_itself_out(indexed: Shop) -> None:
    reply = indexed.searcher.answer(asking(ByProduct("p020")), [])
    assert reply.outcome == "hits"
    assert "p020" not in [hit.id for hit in reply.hits]
    for hit in reply.hits:
        assert ("same category" in hit.why) == (hit.category == "Shoes > Boots")


def test_a_product_that_is_gone_is_refused(indexed: Shop) -> None:
    reply = indexed.searcher.answer(asking(ByProduct("sold")), [])
    assert (reply.outcome, reply.reason) == ("refused", Reason.PRODUCT_GONE)
    assert reply.message


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("p033", "p033"),
        ("THING P033", "p033"),
        ("p03 umlaut", "p031"),
        ('"quote" p044 *', "p044"),
        ("p044 unheard-of", "p044"),
    ],
)
def test_words_find_titles(indexed: Shop, words: str, first: str) -> None:
    reply = indexed.searcher.answer(asking(ByWords(words)), [])
    assert reply.hits[0].id == first


@pytest.mark.parametrize("words", ["", "***", "unheard-of", "OR AND NOT", "title:x"])
def test_words_that_no_title_has_give_nothing_and_no_error(indexed: Shop, words: str) -> None:
    assert indexed.searcher.answer(asking(ByWords(words)), []).outcome == "nothing"


def test_words_keep_to_filters_and_paging(indexed: Shop) -> None:
    first = indexed.searcher.answer(asking(ByWords("thing"), filters=Filters(category="Bags")), [])
    second = indexed.searcher.answer(asking(ByWords("thing"), filters=Filters(category="Bags"), shown=first.shown), [])
    ids = [hit.id for hit in (*first.hits, *second.hits)]
    assert len(set(ids)) == 10
    assert all(int(product[1:]) % 4 == 2 for product in ids)


@pytest.mark.parametrize(
    ("photo", "reason"),
    [
        (b"", Reason.NOT_A_PICTURE),
        (b"hello", Reason.NOT_A_PICTURE),
        (picture("x")[:200], Reason.BROKEN_PICTURE),
    ],
)
def test_a_bad_photo_is_refused_with_its_reason(indexed: Shop, photo: bytes, reason: Reason) -> None:
    reply = indexed.searcher.answer(asking(BY_PHOTO), [photo])
    assert (reply.outcome, reply.reason) == ("refused", reason)


def test_no_photo_at_all_is_a_bad_request(indexed: Shop) -> None:
    assert indexed.searcher.answer(asking(BY_PHOTO), []).reason == Reason.BAD_REQUEST


def test_a_bad_price_is_a_bad_request(indexed: Shop) -> None:
    reply = indexed.searcher.answer(asking(BY_PHOTO, filters=Filters(max_price="cheap")), [picture("x")])
    assert reply.reason == Reason.BAD_REQUEST


def test_photos_of_an_album_are_fused(indexed: Shop) -> None:
    reply = indexed.searcher.answer(asking(ByPhoto(("a", "b"))), [picture("p001"), picture("p002")])
    assert {hit.id for hit in reply.hits[:2]} == {"p001", "p002"}


def test_a_box_searches_a_part_of_the_photo(indexed: Shop) -> None:
    import io

    from PIL import Image

    both = Image.new("RGB", (128, 64))
    for at, name in enumerate(("p003", "p004")):
        both.paste(Image.open(io.BytesIO(picture(name))), (64 * at, 0))
    out = io.BytesIO()
    both.save(out, "PNG")
    for at, name in enumerate(("p003", "p004")):
        reply = indexed.searcher.answer(asking(ByPhoto(("x",), Box(at / 2, 0, 0.5, 1))), [out.getvalue()])
        assert reply.hits[0].id == name


def test_steps_by_hand_give_the_same_answer(indexed: Shop) -> None:
    searcher, question = indexed.searcher, asking(BY_PHOTO)
    pixels = searcher.prepare(question, [picture("p005")])
    assert pixels.shape == (1, 32, 32, 3)
    reply = searcher.finish(question, indexed.embedder.embed(pixels), timings={"decode": 1.0})
    assert reply.hits == searcher.answer(question, [picture("p005")]).hits
    assert searcher.prepare(asking(ByProduct("p001")), []).shape == (0, 32, 32, 3)


def test_a_generation_of_another_model_is_refused_with_what_to_do(indexed: Shop) -> None:
    other = Searcher(indexed.store, FakeEmbedder(parts=PARTS, seed=9))
    with pytest.raises(OtherFamily, match="reindex"):
        other.answer(asking(BY_PHOTO), [picture("p001")])


def test_without_an_index_it_says_so(shop: Shop) -> None:
    with pytest.raises(NoGeneration):
        shop.searcher.finish(asking(BY_PHOTO), np.zeros((1, 128), np.float32))


def test_damage_met_by_a_search_is_answered_from_the_generation_before(shop: Shop) -> None:
    first = shop.reindex().generation
    second = shop.reindex_changed().generation
    path = shop.settings.index_dir / second / "long.u8"
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    path.write_bytes(bytes(data))
    reply = shop.searcher.answer(asking(BY_PHOTO), [picture("p001")])
    assert reply.generation == first
    assert reply.hits[0].id == "p001"
