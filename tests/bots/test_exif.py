"""A shopper's photo leaves nothing of the shopper behind, and looks the same."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pillow_heif
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from bots.exif import strip_metadata
from core import exif, jpeg
from index import pictures

pillow_heif.register_heif_opener(thumbnails=False)

SECRETS = [b"SecretMaker", b"SecretModel", b"SecretOwner", b"SecretNote", b"2031:05:06 07:08:09", b"SecretXmp"]
LATITUDE = struct.pack("<6I", 48, 1, 51, 1, 29_977, 1000)
LATITUDE_BIG = struct.pack(">6I", 48, 1, 51, 1, 29_977, 1000)
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><SecretXmp>48.858</SecretXmp></x:xmpmeta>'


def picture(mode: str = "RGB", size: tuple[int, int] = (64, 48)) -> Image.Image:
    across, down = np.meshgrid(np.linspace(0, 255, size[0]), np.linspace(0, 255, size[1]))
    rgb = np.stack([across, down, 255 - across], axis=-1).astype(np.uint8)
    return Image.fromarray(rgb).convert(mode)


def telling(orientation: int = 1) -> Image.Exif:
    block = Image.Exif()
    block[0x010F], block[0x0110], block[0x0132] = "SecretMaker", "SecretModel", "2031:05:06 07:08:09"
    block[exif.ORIENTATION] = orientation
    block.get_ifd(0x8769)[0xA430] = "SecretOwner"
    block.get_ifd(0x8825)[2] = (48.0, 51.0, 29.977)
    return block


def saved(kind: str, orientation: int = 1, **more: object) -> bytes:
    out = io.BytesIO()
    more.setdefault("exif", telling(orientation))
    picture().save(out, kind, **more)
    return out.getvalue()


def as_png(orientation: int = 1) -> bytes:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "SecretNote")
    notes.add_itxt("Author", "SecretNote", zip=True)
    return saved("PNG", orientation, pnginfo=notes)


def as_tiff(orientation: int = 1) -> bytes:
    block = telling(orientation)
    return saved("TIFF", orientation, exif=block.tobytes(), description="SecretNote", software="SecretNote")


MAKERS: dict[str, Callable[[int], bytes]] = {
    "jpeg": lambda turn: saved("JPEG", turn, quality=90, comment=b"SecretNote", xmp=XMP),
    "progressive": lambda turn: saved("JPEG", turn, progressive=True, comment=b"SecretNote"),
    "png": as_png,
    "webp": lambda turn: saved("WEBP", turn, xmp=XMP),
    "webp lossless": lambda turn: saved("WEBP", turn, lossless=True, xmp=XMP),
    "heic": lambda turn: saved("HEIF", turn, xmp=XMP),
    "avif": lambda turn: saved("AVIF", turn, xmp=XMP),
    "tiff": as_tiff,
}


@pytest.mark.parametrize("orientation", [1, 3, 6])
@pytest.mark.parametrize("kind", MAKERS)
def test_a_stripped_photo_tells_nothing_and_decodes_to_the_same_pixels(kind: str, orientation: int) -> None:
    data = MAKERS[kind](orientation)
    assert b"SecretMaker" in data
    assert LATITUDE in data or LATITUDE_BIG in data
    stripped = strip_metadata(data)
    assert [secret for secret in SECRETS if secret in stripped] == []
    assert LATITUDE not in stripped
    assert LATITUDE_BIG not in stripped
    before, after = pictures.decode(data), pictures.decode(stripped)
    assert before.size == after.size
    assert before.tobytes() == after.tobytes()
    assert strip_metadata(stripped) == stripped


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
def test_an_upright_photo_keeps_no_exif_at_all(kind: str) -> None:
    assert b"II*\0" not in strip_metadata(MAKERS[kind](1))


def test_the_pixels_of_exif_and_the_maker_are_gone_from_pillows_view() -> None:
    for kind, make in MAKERS.items():
        block = Image.open(io.BytesIO(strip_metadata(make(6)))).getexif()
        assert 0x010F not in block or not str(block[0x010F]).strip("\0"), kind
        assert not any(str(value).strip("\0") for value in block.get_ifd(0x8825).values()), kind


def test_what_trails_a_jpeg_is_cut_off() -> None:
    data = saved("JPEG")
    assert strip_metadata(data + b"SecretFilm" + saved("JPEG", 6)) == strip_metadata(data)


def test_a_profile_and_adobes_note_stay_with_a_jpeg() -> None:
    out = io.BytesIO()
    picture("CMYK").save(out, "JPEG", icc_profile=b"a profile" * 9, exif=telling())
    stripped = strip_metadata(out.getvalue())
    assert b"ICC_PROFILE\0" in stripped
    assert b"Adobe" in stripped
    assert b"Secret" not in stripped


def test_bytes_between_segments_do_not_hide_exif() -> None:
    data = saved("JPEG", 6)
    assert b"Secret" not in strip_metadata(data[:2] + b"\0\0\0junk" + data[2:])


def test_a_moving_photos_film_is_blanked() -> None:
    data = MAKERS["heic"](1) + struct.pack(">I4s", 18, b"mpvd") + b"SecretFilm"
    stripped = strip_metadata(data)
    assert len(stripped) == len(data)
    assert b"SecretFilm" not in stripped


STUMPS = [b"", b"x", b"GIF89a...", b"\xff\xd8", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP"]
STUMPS += [b"II*\0", b"MM\0*\0\0\0\x08", b"\0\0\0\x18ftypheic", b"\xff\xd8\xff\xe1\0\0"]


@pytest.mark.parametrize("data", STUMPS)
def test_broken_bytes_raise_nothing(data: bytes) -> None:
    assert isinstance(strip_metadata(data), bytes)


def test_what_is_no_picture_that_we_know_stays_as_it_is() -> None:
    for data in (b"GIF89a" + b"SecretMaker", b"%PDF-1.7 SecretMaker", b"BM" + b"SecretMaker"):
        assert strip_metadata(data) == data


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_mutation_makes_it_raise(draw: st.DataObject) -> None:
    data = bytearray(SMALL[draw.draw(st.sampled_from(sorted(SMALL)))])
    for _ in range(draw.draw(st.integers(1, 8))):
        data[draw.draw(st.integers(0, min(len(data) - 1, 900)))] = draw.draw(st.integers(0, 255))
    stripped = strip_metadata(bytes(data[: draw.draw(st.integers(0, len(data)))]))
    assert len(stripped) <= len(data) + 64


SMALL = {kind: make(6) for kind, make in MAKERS.items()}


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (b"", 1),
        (b"II*\0", 1),
        (exif.minimal(8), 8),
        (exif.PREFIX + exif.minimal(5), 5),
        (exif.PREFIX * 2 + exif.minimal(5), 5),
        (exif.minimal(9), 1),
        (exif.minimal(0), 1),
        (struct.pack(">4sIHHHIHHI", b"MM\0*", 8, 1, 0x0112, 3, 1, 6, 0, 0), 6),
        (struct.pack("<4sIHHHII", b"II*\0", 8, 1, 0x0112, 4, 1, 3), 3),
        (struct.pack("<4sIHHHII", b"II*\0", 8, 1, 0x0112, 2, 1, 3), 1),
        (struct.pack("<4sIHHHIHH", b"II*\0", 8, 1, 0x0112, 3, 2, 3, 3), 1),
        (struct.pack("<4sI", b"II*\0", 4_000_000_000) + b"....", 1),
        (struct.pack("<4sIH", b"II*\0", 8, 60_000), 1),
    ],
)
def test_orientation_is_read_from_odd_exif_or_taken_as_upright(block: bytes, expected: int) -> None:
    assert exif.orientation(block) == expected


def test_a_jpegs_header_is_read_without_decoding() -> None:
    told = jpeg.header(saved("JPEG", 6, progressive=True))
    assert (told.width, told.height, told.components, told.orientation) == (64, 48, 3, 6)
    assert told.frame == 0xC2


def test_a_png_stays_valid_chunk_by_chunk() -> None:
    data = strip_metadata(as_png(6))
    at = 8
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        (told,) = struct.unpack_from(">I", data, at + 8 + length)
        assert told == zlib.crc32(data[at + 4 : at + 8 + length]), kind
        at += 12 + length
