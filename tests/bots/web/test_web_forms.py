"""What browsers and programs may post: tables, and a real HTTP server for the caps."""

import io
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bots.web.forms import PHOTO_BYTES, parse_box, parse_count, parse_price, read_form
from core.errors import Reason, Refused
from core.messages import Box

Client = TestClient[web.Request, web.Application]


@pytest.mark.parametrize(
    ("text", "box"),
    [
        (None, None),
        ("0,0,1,1", Box(0, 0, 1, 1)),
        ("0.25,0.5,0.5,0.5", Box(0.25, 0.5, 0.5, 0.5)),
        ("0.5,0.5,1,1", Box(0.5, 0.5, 0.5, 0.5)),
    ],
)
def test_a_box_is_four_fractions_kept_inside_the_photo(text: str | None, box: Box | None) -> None:
    assert parse_box(text) == box


@pytest.mark.parametrize("text", ["", "1,2,3", "a,b,c,d", "-0.1,0,1,1", "0,0,0,1", "nan,0,1,1", "0,0,inf,1", "1,0,1,1"])
def test_an_impossible_box_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_box(text)
    assert refused.value.reason is Reason.BAD_REQUEST


@pytest.mark.parametrize(("text", "price"), [(None, None), ("10", "10"), ("49.90", "49.90"), ("0", "0")])
def test_a_price_is_a_decimal_number(text: str | None, price: str | None) -> None:
    assert parse_price("min_price", text) == price


@pytest.mark.parametrize("text", ["", "cheap", "-1", "NaN", "Infinity", "1e999999999"])
def test_a_price_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        parse_price("min_price", text)


@pytest.mark.parametrize("text", ["0", "101", "-1", "five", "", "1.5", "٣"])
def test_a_count_outside_1_to_100_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        parse_count(text, 5)


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """A server that says what it read."""

    async def echo(request: web.Request) -> web.Response:
        try:
            form = await read_form(request)
        except Refused as refused:
            return web.json_response({"reason": refused.reason}, status=400)
        size = None if form.photo is None else len(form.photo)
        return web.json_response({"photo": size, "fields": form.fields})

    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/", echo)
    async with TestClient(TestServer(app)) as running:
        yield running


def _form(**fields: str | bytes) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name, value in fields.items():
        photo = isinstance(value, bytes)
        form.add_field(name, io.BytesIO(value) if isinstance(value, bytes) else value, filename="f" if photo else None)
    return form


async def test_a_form_with_a_photo_and_fields_is_read(client: Client) -> None:
    response = await client.post("/", data=_form(photo=b"12345", text="blue"))
    assert await response.json() == {"photo": 5, "fields": {"text": "blue"}}


async def test_a_photo_over_20_mib_is_refused(client: Client) -> None:
    response = await client.post("/", data=_form(photo=b"x" * (PHOTO_BYTES + 1)))
    assert (await response.json())["reason"] == "too_large"


async def test_a_field_over_8_kib_is_refused(client: Client) -> None:
    response = await client.post("/", data=_form(photo=b"x", text="y" * 10_000))
    assert (await response.json())["reason"] == "too_large"


async def test_too_many_parts_are_refused(client: Client) -> None:
    response = await client.post("/", data=_form(photo=b"x", **{f"f{n}": "v" for n in range(30)}))
    assert (await response.json())["reason"] == "bad_request"


@pytest.mark.parametrize("body", [b"", b"--x\r\nnonsense", b"{}"])
async def test_a_body_that_is_no_form_is_refused(client: Client, body: bytes) -> None:
    response = await client.post("/", data=body, headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert (await response.json())["reason"] == "bad_request"


async def test_a_form_without_a_photo_may_be_a_plain_one(client: Client) -> None:
    response = await client.post("/", data={"text": "red mug"})
    assert await response.json() == {"photo": None, "fields": {"text": "red mug"}}


async def test_another_content_type_is_refused(client: Client) -> None:
    response = await client.post("/", json={"photo": "x"})
    assert (await response.json())["reason"] == "bad_request"
