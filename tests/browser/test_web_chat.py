"""The web chat as a shopper meets it, in a real browser."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from bots.catalogues import LANGUAGES
from tests.browser.conftest import Shop

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def page(browser: Browser, shop: Shop) -> Iterator[Page]:
    """A fresh visitor on a desktop. What the page reports as an error fails the test."""
    context = browser.new_context(viewport={"width": 1180, "height": 900})
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    opened.goto(shop.address)
    opened.wait_for_selector("body[data-ready=yes]")
    yield opened
    context.close()
    assert problems == []


def choose(page: Page, shop: Shop, number: int) -> None:
    page.set_input_files("#file", str(shop.photo(number)))
    expect(page.locator("#sheet")).to_be_visible()


def search(page: Page, shop: Shop, number: int = 1) -> None:
    choose(page, shop, number)
    page.click("#go")
    expect(page.locator(".cards").last).to_be_visible(timeout=20_000)


def test_a_chosen_photo_brings_the_right_product_with_picture_price_and_reason(page: Page, shop: Shop) -> None:
    search(page, shop)
    first = page.locator(".card").first
    expect(first).to_have_attribute("data-product", shop.product_of(1))
    expect(first.locator("h3")).not_to_be_empty()
    expect(first.locator(".price")).to_contain_text("€")
    expect(first.locator(".match")).to_contain_text("% alike")
    told = int(re.findall(r"\d+", first.locator(".match").inner_text())[0])
    filled = first.locator("meter").evaluate("meter => (meter.value - meter.min) / (meter.max - meter.min)")
    assert filled * 100 == pytest.approx(told, abs=0.51)
    expect(page.locator(".why li").first).to_be_visible()
    expect(page.locator(".card")).to_have_count(5)
    width = first.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)")
    assert width > 100
    expect(page.locator(".waiting")).to_have_count(0)


def test_a_dropped_photo_is_searched(page: Page, shop: Shop) -> None:
    data = base64.b64encode(shop.photo(2).read_bytes()).decode()
    transfer = page.evaluate_handle(
        """data => {
            const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], "drop.jpg", { type: "image/jpeg" }));
            return transfer;
        }""",
        data,
    )
    page.dispatch_event("body", "dragenter", {"dataTransfer": transfer})
    expect(page.locator("#drop")).to_be_visible()
    page.dispatch_event("body", "drop", {"dataTransfer": transfer})
    expect(page.locator("#drop")).to_be_hidden()
    page.click("#go")
    expect(page.locator(".card").first).to_be_visible(timeout=20_000)


def test_a_pasted_photo_is_searched(page: Page, shop: Shop) -> None:
    data = base64.b64encode(shop.photo(3).read_bytes()).decode()
    page.evaluate(
        """data => {
            const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], "paste.jpg", { type: "image/jpeg" }));
            document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true }));
        }""",
        data,
    )
    expect(page.locator("#sheet")).to_be_visible()
    page.click("#go")
    expect(page.locator(".card").first).to_be_visible(timeout=20_000)


def test_more_like_this_and_next_go_on_from_an_answer(page: Page, shop: Shop) -> None:
    search(page, shop)
    shown = page.locator(".card").evaluate_all("cards => cards.map((card) => card.dataset.product)")
    page.locator(".more").first.click()
    expect(page.locator(".answer")).to_have_count(2, timeout=20_000)
    following = page.locator(".answer").nth(1).locator(".card")
    second = following.evaluate_all("cards => cards.map((card) => card.dataset.product)")
    assert len(second) == 5
    assert not set(shown) & set(second)
    page.locator(".answer").nth(1).locator(".card button").first.click()
    expect(page.locator(".answer")).to_have_count(3, timeout=20_000)


def test_words_find_products_by_their_titles(page: Page) -> None:
    page.fill("#words", "teapot")
    page.press("#words", "Enter")
    expect(page.locator(".card h3").first).to_contain_text(re.compile("teapot", re.IGNORECASE), timeout=20_000)


def test_a_box_drawn_on_the_photo_is_searched(page: Page, shop: Shop) -> None:
    choose(page, shop, 4)
    area = page.locator("#preview").bounding_box()
    assert area is not None
    page.mouse.move(area["x"] + area["width"] * 0.25, area["y"] + area["height"] * 0.25)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] * 0.75, area["y"] + area["height"] * 0.85, steps=5)
    page.mouse.up()
    expect(page.locator("#box")).to_be_visible()
    page.click("#go")
    sides = page.locator(".mine .part").evaluate(
        "part => ['left', 'top', 'width', 'height'].map((side) => parseFloat(part.style[side]) / 100)"
    )
    assert sides == pytest.approx([0.25, 0.25, 0.5, 0.6], abs=0.03)
    expect(page.locator(".card").first).to_be_visible(timeout=20_000)


def test_everything_works_by_keyboard(page: Page, shop: Shop) -> None:
    choose(page, shop, 1)
    page.focus("#draw")
    page.keyboard.press("Enter")
    expect(page.locator("#box")).to_be_focused()
    before = page.locator("#box").get_attribute("aria-label")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    assert page.locator("#box").get_attribute("aria-label") != before
    page.focus("#go")
    page.keyboard.press("Enter")
    expect(page.locator(".card").first).to_be_visible(timeout=20_000)
    page.locator(".card button").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".answer")).to_have_count(2, timeout=20_000)


def test_a_file_that_is_no_picture_is_refused_with_a_sentence(page: Page) -> None:
    page.set_input_files("#file", {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"hello"})
    expect(page.locator(".warn")).to_contain_text("not a picture")


def test_a_broken_picture_gets_the_sentence_of_its_reason(page: Page, shop: Shop) -> None:
    half = shop.photo(1).read_bytes()[:3000]
    page.set_input_files("#file", {"name": "half.jpg", "mimeType": "image/jpeg", "buffer": half})
    page.click("#go")
    expect(page.locator(".warn")).to_contain_text("did not arrive whole", timeout=20_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_the_chat_without_sideways_scrolling(browser: Browser, shop: Shop, scheme: str) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True,
        color_scheme="dark" if scheme == "dark" else "light",
    )  # fmt: skip
    phone = context.new_page()
    phone.goto(shop.address)
    phone.wait_for_selector("body[data-ready=yes]")
    search(phone, shop)
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    background = phone.evaluate("getComputedStyle(document.body).backgroundColor")
    light = sum(int(number) for number in re.findall(r"\d+", background)[:3]) > 380
    assert light is (scheme == "light")
    context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phone_reads_a_whole_hint_and_nothing_of_arrow_keys(browser: Browser, shop: Shop, language: str) -> None:
    viewport: ViewportSize = {"width": 390, "height": 844}
    context = browser.new_context(viewport=viewport, has_touch=True, is_mobile=True, locale=language)
    phone = context.new_page()
    phone.goto(shop.address)
    phone.wait_for_selector("body[data-ready=yes]")
    wanted, room = phone.locator("#words").evaluate(
        """field => {
            const style = getComputedStyle(field), pen = document.createElement("canvas").getContext("2d");
            pen.font = style.font;
            return [pen.measureText(field.placeholder).width,
                field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)];
        }"""
    )
    assert 0 < wanted <= room
    choose(phone, shop, 1)
    expect(phone.locator("#sheet-help")).to_be_visible()
    expect(phone.locator("#sheet-help .keys")).to_be_hidden()
    context.close()


def test_a_desktop_explains_the_keys_and_that_a_photo_may_be_dropped(page: Page, shop: Shop) -> None:
    expect(page.locator("#words")).to_have_attribute("placeholder", re.compile("Drop"))
    choose(page, shop, 1)
    expect(page.locator("#sheet-help .keys")).to_contain_text("arrow keys")


SETTLED = """() => new Promise((done) => {
    const log = document.getElementById("log");
    let last = -1;
    const look = () => { if (log.scrollTop === last) done(); else { last = log.scrollTop; setTimeout(look, 200); } };
    look();
})"""
"""Resolves once the conversation scrolls no more."""


@pytest.mark.parametrize(("width", "height"), [(1180, 900), (390, 844), (1180, 420)])
def test_a_new_answer_is_seen_from_its_beginning(browser: Browser, shop: Shop, width: int, height: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": height})
    visitor = context.new_page()
    visitor.goto(shop.address)
    visitor.wait_for_selector("body[data-ready=yes]")
    for count in (1, 2):
        search(visitor, shop)
        expect(visitor.locator(".answer")).to_have_count(count, timeout=20_000)
        visitor.evaluate(SETTLED)
        header, begins = (visitor.locator(one).last.bounding_box() for one in ("header", ".answer > p"))
        assert header is not None
        assert begins is not None
        assert header["y"] + header["height"] <= begins["y"] < height - 100
    context.close()


def test_a_screen_reader_finds_names_for_everything(page: Page, shop: Shop) -> None:
    search(page, shop)
    for role, name in (("log", "Conversation"), ("textbox", "Or describe it in words"), ("list", "Products")):
        expect(page.get_by_role(role, name=name)).to_be_visible()  # type: ignore[arg-type]
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, a, input, img")].filter((one) =>
            !one.hasAttribute("alt") && !one.getAttribute("aria-label") && !one.textContent.trim()
            && !one.labels?.length).map((one) => one.outerHTML)"""
    )
    assert nameless == []


def test_nothing_is_loaded_from_another_host(browser: Browser, shop: Shop) -> None:
    context = browser.new_context()
    visitor = context.new_page()
    hosts: set[str] = set()
    visitor.on("request", lambda request: hosts.add(request.url.split("/")[2]) if "//" in request.url else None)
    visitor.goto(shop.address)
    visitor.wait_for_selector("body[data-ready=yes]")
    search(visitor, shop)
    assert {host for host in hosts if host} == {shop.address.removeprefix("http://")}
    context.close()
