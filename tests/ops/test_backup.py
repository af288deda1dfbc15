"""DATA_DIR is backed up as docs/operations.md says, and what is restored answers as before."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path

import pytest

from core.connection import client
from core.embedded import EmbeddedRedis
from core.keys import Keys
from core.messages import Text, Update, encode
from core.picturestore import digest_of_url, path_of
from core.spool import Spool
from index.generation import Generation
from index.lock import Busy
from index.store import GenerationStore
from tests.index.shop import Shop
from tests.paths import ROOT
from tests.standins.shop import Counter, GatedEmbedder, open_shop, photo_of, working

COMMANDS = (
    "cp -a DATA_DIR/index BACKUP/",
    "cp -a DATA_DIR/pictures BACKUP/",
    "cp -a DATA_DIR/models BACKUP/",
    "cp -a DATA_DIR/cache BACKUP/",
)


def back_up(data: Path, backup: Path) -> None:
    """The commands of the document, in its order."""
    backup.mkdir(exist_ok=True)
    for command in COMMANDS:
        words = [word.replace("DATA_DIR", str(data)).replace("BACKUP", str(backup)) for word in command.split()]
        if Path(words[2]).exists():
            subprocess.run(words, check=True)


def test_the_document_names_the_commands_that_are_tried_here() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    found = [line for line in text.splitlines() if line.startswith("cp -a")]
    assert tuple(line.partition("#")[0].strip() for line in found) == COMMANDS


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_a_copy_taken_while_a_reindex_publishes_is_whole(tmp_path: Path) -> None:
    shop = Shop.of(tmp_path / "shop", 6)
    shop.reindex()
    data = shop.settings.data_dir

    def publish() -> None:
        for number in range(6, 10):
            shop.add(f"p{number:03}", number)
            _again_while_busy(shop)

    publishing = asyncio.create_task(asyncio.to_thread(publish))
    rounds = 0
    while not publishing.done() or rounds == 0:
        rounds += 1
        copy = tmp_path / f"copy{rounds}"
        await asyncio.to_thread(_whole_copy, data, copy)
        store = GenerationStore(copy / "index")
        with store.lease() as generation:
            generation.verify()
            digests = {picture.digest for picture in generation.catalogue.every_picture()}
        store.close()
        assert all(path_of(copy / "pictures", digest).is_file() for digest in digests)
    await publishing
    shop.close()


def _again_while_busy(shop: Shop) -> None:
    """`cp` is a child of this process, and has our lock in hand between its fork and its start."""
    while True:
        try:
            shop.reindex()
        except Busy:
            continue
        return


def _whole_copy(data: Path, backup: Path) -> None:
    """A generation that is deleted meanwhile makes `cp` fail: then the copy is taken again, as the document says."""
    for _ in range(5):
        try:
            back_up(data, backup)
        except subprocess.CalledProcessError:
            shutil.rmtree(backup)
        else:
            return
    raise AssertionError("the copy failed five times")


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_what_waited_in_redis_and_in_the_spool_is_answered_after_a_restore(tmp_path: Path) -> None:
    """With everything stopped the whole folder is copied."""
    embedder = GatedEmbedder()
    shop = open_shop(tmp_path / "shop")
    await asyncio.to_thread(shop.publish, embedder=embedder)
    data = shop.settings.data_dir
    before = EmbeddedRedis(data / "redis")
    redis = client(await before.start())
    counter = Counter(redis, Keys(), shop.settings)
    await counter.streams.prepare()
    search = await counter.ask(photo_of(4), in_ms=3_600_000)  # no worker is there
    await redis.aclose()
    await before.stop()
    spool = Spool(data / "spool")
    spool.append(encode(Update("telegram", "1:1", "telegram:5", "telegram:5", Text("hello"), 1)))
    spool.close()

    restored = tmp_path / "restored"
    await asyncio.to_thread(subprocess.run, ["cp", "-a", str(data), str(restored)], check=True)
    shutil.rmtree(data)

    after = EmbeddedRedis(restored / "redis")
    address = await after.start()
    redis = client(address)
    try:
        told = {"data_dir": restored, "redis_url": type(shop.settings.redis_url)(address)}
        settings = shop.settings.model_copy(update=told)
        async with working(settings, embedder):
            reply = await Counter(redis, Keys(), settings).reply(search)
        assert reply.hits[0].id == "p4"
        digest = digest_of_url(reply.hits[0].picture or "")
        assert digest is not None
        assert path_of(restored / "pictures", digest).is_file()
        spool = Spool(restored / "spool")
        found: list[bytes] = []

        async def deliver(data: bytes) -> None:
            found.append(data)

        assert await spool.replay(deliver) == 1
        spool.close()
    finally:
        await redis.aclose()
        await after.stop()


def test_a_restored_index_answers_as_the_one_that_was_lost(tmp_path: Path) -> None:
    shop = Shop.of(tmp_path / "shop", 6)
    shop.reindex()
    current = str(shop.store.current_name())
    back_up(shop.settings.data_dir, tmp_path / "backup")
    shop.close()
    shutil.rmtree(shop.settings.data_dir)
    shutil.copytree(tmp_path / "backup", shop.settings.data_dir, symlinks=True)
    with Generation(shop.settings.index_dir / current) as generation:
        generation.verify()
    shop.add("p006", 6)
    account = shop.reindex()  # and it goes on from there: what is known is not embedded again
    assert (account.products, account.embedded) == (7, 1)
    shop.close()
