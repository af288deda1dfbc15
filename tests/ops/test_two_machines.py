"""Two machines share one Redis and nothing else: the second takes the generation of the first over HTTP."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from redis.asyncio import Redis

from core.keys import Keys
from core.picturestore import digest_of, digest_of_url
from core.presence import present
from tests.standins.machines import Machine, machines
from tests.standins.shop import PRODUCTS, jpeg, open_shop, photo_of, picture

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


async def test_a_second_machine_pulls_the_generation_and_goes_on_alone(
    tmp_path: Path, redis: Redis, redis_url: str, keys: Keys
) -> None:
    shop = open_shop(tmp_path / "shop")
    rows = [f"p{number}\tProduct {number}\timages/{number}.jpg" for number in range(PRODUCTS)]
    shop.feed.write_text("\n".join(["id\ttitle\timage_link", *rows, ""]))
    first, second = Machine(tmp_path / "a", redis_url), Machine(tmp_path / "b", redis_url)
    async with machines(first, second):
        told = json.loads((await first.run("reindex", str(shop.feed), "--json")).splitlines()[-1])
        serving = await first.start("generations", "serve", "--port", "0")
        source = (await serving.says("Generations are at")).split()[-1]
        pulled = json.loads((await second.run("generations", "pull", source, "--json")).splitlines()[-1])
        assert pulled | {"generation": told["generation"], "changed": True, "pictures": PRODUCTS} == pulled

        workers = [await machine.start("worker") for machine in (first, second)]
        for machine in (first, second):
            await machine.start("bots")
        for machine in (first, second):
            await machine.ready()
        for worker in workers:
            await worker.says("answering from generation")
        assert {worker.generation for worker in await present(redis, keys, "worker")} == {told["generation"]}
        for machine in (first, second):  # whichever worker takes it
            assert (await machine.search(photo_of(3)))["hits"][0]["id"] == "p3"

        for running in first.running:  # the first machine goes
            if running.process.returncode is None:
                assert await running.stop() == 0
        reply = await second.search(photo_of(5))
        assert (reply["hits"][0]["id"], reply["generation"]) == ("p5", told["generation"])
        status, data = await second.picture(reply["hits"][0]["picture"])
        assert status == 200
        assert digest_of(data) == digest_of_url(reply["hits"][0]["picture"])

        # it comes back with a new catalogue, and the second follows by itself
        (shop.feed.parent / "images" / "new.jpg").write_bytes(jpeg(picture(99)))
        shop.feed.write_text(shop.feed.read_text() + "new\tThe new one\timages/new.jpg\n")
        following = await second.start("generations", "pull", source, "--every", "1")
        await following.says("snapshelf:")  # nobody there: it says so and waits
        told = json.loads((await first.run("reindex", str(shop.feed), "--json")).splitlines()[-1])
        port = source.rpartition(":")[2]
        serving = await first.start("generations", "serve", "--port", port)
        assert told["generation"] in await following.says("answers now")
        await workers[1].says(told["generation"])
        reply = await second.search(photo_of(99))
        assert (reply["hits"][0]["id"], reply["generation"]) == ("new", told["generation"])
