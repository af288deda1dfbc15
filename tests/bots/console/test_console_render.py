"""An answer in a terminal, and what a typed line means (pure)."""

from __future__ import annotations

from pathlib import Path

import pytest

from bots.actions import Judge, More, Next
from bots.channel import RenderContext
from bots.console.client import Tappable, path_of, understand
from bots.console.render import render_message
from core.messages import Button, Command, Content, Hit, Notice, Photo, Progress, Reply, Text

CONTEXT = RenderContext(shop_name="Luma", currency="EUR")
HITS = (
    Hit(
        "a", "Red mug", price="12.5", currency="EUR", link="https://shop.example/a", similarity=0.91, why=("one", "two")
    ),
    Hit("b", "Blue\x1b[2J mug"),
)
BUTTONS = [Tappable("More like 1", "token-1"), Tappable("Next", "token-n")]


def test_cards_are_numbered_lines_with_what_is_known() -> None:
    [part] = render_message(Reply("j", "console:1", "hits", hits=HITS, shown=("a", "b")), CONTEXT)
    lines = part.payload["text"].splitlines()
    assert lines[1:6] == [
        "  1. Red mug",
        "     €12.50 · 91%",
        "     one, two",
        "     https://shop.example/a",
        "  2. Blue [2J mug",
    ]
    acting = [button.action for button in part.buttons]
    assert [action for action in acting if not isinstance(action, Judge)] == [
        More("a"),
        More("b"),
        Next("j", ("a", "b")),
    ]
    assert [button["token"] for button in part.payload["buttons"]] == [button.token for button in part.buttons]


def test_a_title_cannot_steer_the_terminal() -> None:
    [part] = render_message(Reply("j", "console:1", "hits", hits=HITS), CONTEXT)
    assert "\x1b" not in part.payload["text"]


def test_rendering_twice_gives_the_same() -> None:
    reply = Reply("j", "console:1", "hits", hits=HITS)
    assert render_message(reply, CONTEXT) == render_message(reply, CONTEXT)


@pytest.mark.parametrize(
    ("outgoing", "last"),
    [
        (Notice("j", "console:1", "welcome"), True),
        (Reply("j", "console:1", "failed"), True),
        (Progress("j", "console:1", "Reading …"), False),
        (Progress("j", "console:1", "Done.", done=True), True),
    ],
)
def test_what_is_not_cards_is_text_without_buttons(outgoing: Notice | Reply | Progress, last: bool) -> None:
    [part] = render_message(outgoing, CONTEXT)
    assert part.payload["text"]
    assert part.payload["last"] is last
    assert part.buttons == ()


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        ("1", Button("token-1")),
        ("2", Button("token-n")),
        ("next", Button("token-n")),
        ("more LIKE 1", Button("token-1")),
        ("3", Text("3")),
        ("/help", Command("help")),
        ("/start a b", Command("start", "a b")),
        ("/etc/nowhere.jpg", Text("/etc/nowhere.jpg")),
        ("red mug", Text("red mug")),
        ("x" * 5000, Text("x" * 5000)),
        ("zero\0byte", Text("zero\0byte")),
    ],
)
def test_a_line_means_a_button_a_command_or_words(line: str, meaning: Content) -> None:
    assert understand(line, BUTTONS) == meaning


@pytest.mark.parametrize("form", ["{}", "'{}'", '"{}"', " {} "])
def test_the_path_of_a_file_is_a_photo_however_the_terminal_quotes_it(tmp_path: Path, form: str) -> None:
    photo = tmp_path / "my photo.jpg"
    photo.write_bytes(b"x")
    assert understand(form.format(photo), BUTTONS) == Photo(media="")
    assert path_of(form.format(photo)) == photo
