"""Pictures made to hurt: bombs, files that are two things at once, odd profiles and EXIF, lists without end.

`tests/index/test_pictures.py` has the refusals that every sound use meets; here are those that somebody has to build.
"""

from __future__ import annotations

import contextlib
import io
import resource
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms

from bots.exif import strip_metadata
from core.errors import Reason, Refused
from index.pictures import decode, decode_to_pixels, prepare

pillow_heif.register_heif_opener(thumbnails=False)

IN_S = 3.0
"""Each takes milliseconds; before it was mended, minutes or hours."""


def drawn(size: tuple[int, int] = (64, 48), mode: str = "RGB") -> Image.Image:
    image = Image.new("RGB", size, (200, 60, 30))
    image.paste((20, 120, 220), (size[0] // 4, size[1] // 4, size[0] // 2, size[1] // 2))
    return image.convert(mode)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def refused(data: bytes) -> Reason:
    with pytest.raises(Refused) as found:
        decode_to_pixels(data, 32)
    return found.value.reason


# --- too many pixels, said in the header ----------------------------------------------------------------------------

WIDTH, HEIGHT = 12_000, 8_400
"""100.8 megapixels."""


def patched(data: bytes, at: int, shape: str, *values: int) -> bytes:
    whole = bytearray(data)
    struct.pack_into(shape, whole, at, *values)
    return bytes(whole)


def huge_jpeg() -> bytes:
    data = saved(drawn(), "JPEG")
    return patched(data, data.index(b"\xff\xc0") + 5, ">HH", HEIGHT, WIDTH)


def huge_tiff() -> bytes:
    out = io.BytesIO()
    drawn().save(out, "TIFF")
    data = out.getvalue()
    for tag, side in ((256, WIDTH), (257, HEIGHT)):
        at = data.index(struct.pack("<HHI", tag, 4, 1))
        data = patched(data, at + 8, "<I", side)
    return data


def huge_gif() -> bytes:
    """The frame, not the screen around it, is huge."""
    data = saved(drawn(mode="P"), "GIF")
    table = 3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0
    return patched(data, data.index(b"\x2c", 13 + table) + 5, "<HH", WIDTH, HEIGHT)


def huge_box(kind: str) -> bytes:
    data = saved(drawn(), kind)
    return patched(data, data.index(b"ispe") + 8, ">II", WIDTH, HEIGHT)


def huge_webp(lossless: bool) -> bytes:
    data = saved(drawn(), "WEBP", lossless=lossless)
    if lossless:
        bits = int.from_bytes(data[21:25], "little") & ~0xFFFFFFF | (WIDTH - 1) | (HEIGHT - 1) << 14
        return patched(data, 21, "<I", bits)
    return patched(data, data.index(b"\x9d\x01\x2a") + 3, "<HH", WIDTH, HEIGHT)


HUGE: dict[str, Callable[[], bytes]] = {
    "jpeg": huge_jpeg,
    "png": lambda: (
        saved(drawn(), "PNG")[:8]
        + chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0))
        + saved(drawn(), "PNG")[33:]
    ),
    "png of one bit a pixel": lambda: saved(Image.new("1", (WIDTH, HEIGHT)), "PNG"),
    "gif": huge_gif,
    "tiff": huge_tiff,
    "bmp": lambda: patched(saved(drawn(), "BMP"), 18, "<II", WIDTH, HEIGHT),
    "bmp upside down": lambda: patched(saved(drawn(), "BMP"), 18, "<Ii", WIDTH, -HEIGHT),
    "webp": lambda: huge_webp(False),
    "webp lossless": lambda: huge_webp(True),
    "heic": lambda: huge_box("HEIF"),
    "avif": lambda: huge_box("AVIF"),
}


@pytest.mark.parametrize("kind", HUGE)
def test_a_header_of_a_hundred_megapixels_is_refused_before_anything_is_decoded(kind: str) -> None:
    data = HUGE[kind]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    for call in (decode, lambda data: decode_to_pixels(data, 32), lambda data: prepare(data, 32)):
        with pytest.raises(Refused) as found:
            call(data)
        # libheif and libavif find by themselves that their header and their picture do not fit
        by_library = kind in ("avif", "heic") and found.value.reason is Reason.BROKEN_PICTURE
        assert found.value.reason is Reason.TOO_MANY_PIXELS or by_library
    assert time.perf_counter() - started < IN_S
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 << 10  # KiB


# --- bombs: few bytes, much work ------------------------------------------------------------------------------------


def png_bomb(width: int, height: int) -> bytes:
    """Rows of zeros, packed a thousand to one."""
    packed = zlib.compress(bytes((1 + 3 * width) * height), 9)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def packed_text(kind: bytes, head: bytes, times: int) -> bytes:
    """A small PNG with packed mebibytes before its picture."""
    data = saved(drawn(), "PNG")
    return data[:33] + chunk(kind, head + zlib.compress(bytes(1 << 20), 9)) * times + data[33:]


def jpeg_of_scans(count: int) -> bytes:
    """A progressive JPEG whose last scan is repeated: a pass over all pixels each."""
    data = saved(Image.new("RGB", (4000, 4000)), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * count + b"\xff\xd9"


def with_segments(segment: bytes, count: int) -> bytes:
    data = saved(drawn(), "JPEG")
    return data[:2] + segment * count + data[2:]


def gif_with(extensions: bytes) -> bytes:
    data = saved(drawn(mode="P"), "GIF")
    table = 3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0
    return data[: 13 + table] + extensions + data[13 + table :]


ENDLESS: dict[str, Callable[[], bytes]] = {
    "a jpeg of 20,000 scans": lambda: jpeg_of_scans(20_000),
    "a jpeg of 300,000 EXIF blocks": lambda: with_segments(b"\xff\xe1\0\x0aExif\0\0II", 300_000),
    "a jpeg of 300,000 comments": lambda: with_segments(b"\xff\xfe\0\x02", 300_000),
    "a png of 300,000 notes": lambda: (
        saved(drawn(), "PNG")[:33] + chunk(b"tEXt", b"a\0b") * 300_000 + saved(drawn(), "PNG")[33:]
    ),
    "a png of a thousand profiles": lambda: packed_text(b"iCCP", b"a\0\0", 1_000),
    "a png of a thousand packed texts": lambda: packed_text(b"zTXt", b"a\0\0", 1_000),
    "a gif of a million notes": lambda: gif_with(b"\x21\xfe\x01a\0" * 1_000_000),
    "a gif of one note in a million pieces": lambda: gif_with(b"\x21\xfe" + b"\x01a" * 1_000_000 + b"\0"),
    "a gif of a million bytes that mean nothing": lambda: gif_with(bytes(1_000_000)),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_picture_of_parts_without_end_is_refused_at_once(name: str) -> None:
    data = ENDLESS[name]()
    started = time.perf_counter()
    assert refused(data) is Reason.BROKEN_PICTURE
    with contextlib.suppress(Refused):  # less its notes it may be a sound one
        decode_to_pixels(strip_metadata(data), 32)
    assert time.perf_counter() - started < IN_S


@pytest.mark.parametrize("count", [0, 50])
def test_many_scans_are_no_reason_to_refuse_a_sound_picture(count: int) -> None:
    assert decode_to_pixels(jpeg_of_scans(count), 32).shape == (32, 32, 3)


def test_a_bomb_within_the_limits_is_decoded_in_the_memory_of_its_pixels() -> None:
    data = png_bomb(4_000, 4_000)
    assert len(data) < 60_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert (decode_to_pixels(data, 32) == 0).all()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 160 << 10  # KiB; 46 MiB of pixels


def test_rows_beyond_what_the_header_promised_are_not_unpacked_into_memory() -> None:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0))
    data = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(200 << 20), 9)) + chunk(b"IEND", b"")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with contextlib.suppress(Refused):
        decode_to_pixels(data, 32)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 << 10


def test_frames_larger_than_the_screen_of_a_gif_count() -> None:
    frames = [drawn((40, 40), "P"), drawn((40, 40), "P").rotate(90)]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=10)
    second = data.rindex(b"\x2c")
    assert decode_to_pixels(patched(data, second + 5, "<HH", 60_000, 60_000), 32).shape == (32, 32, 3)


# --- two files in one -----------------------------------------------------------------------------------------------

SCRIPT = b"<html><script>alert(1)</script></html>"


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("run.exe", SCRIPT)
    return out.getvalue()


def jpeg_with_page() -> bytes:
    data = saved(drawn(), "JPEG", comment=SCRIPT)
    return data + SCRIPT


def gif_with_script() -> bytes:
    """`GIF89a/*...*/=1;alert(1)` runs as JavaScript where it is taken for it."""
    return gif_with(b"\x21\xfe" + bytes([len(SCRIPT)]) + SCRIPT + b"\0") + b"*/=1;alert(1);"


POLYGLOTS: dict[str, Callable[[], bytes]] = {
    "jpeg and html": jpeg_with_page,
    "gif and javascript": gif_with_script,
    "jpeg and zip": lambda: saved(drawn(), "JPEG") + zipped(),
    "png and zip": lambda: saved(drawn(), "PNG") + zipped(),
    "png and html": lambda: saved(drawn(), "PNG")[:33] + chunk(b"tEXt", b"a\0" + SCRIPT) + saved(drawn(), "PNG")[33:],
    "webp and html": lambda: saved(drawn(), "WEBP", xmp=SCRIPT) + SCRIPT,
    "tiff and html": lambda: saved(drawn(), "TIFF", description=SCRIPT.decode()) + SCRIPT,
    "bmp and html": lambda: saved(drawn(), "BMP") + SCRIPT,
}


@pytest.mark.parametrize("name", POLYGLOTS)
def test_what_is_kept_and_shown_of_a_file_that_is_two_is_a_picture_alone(name: str) -> None:
    data = POLYGLOTS[name]()
    assert SCRIPT in data or b"run.exe" in data
    kept = prepare(data, 32).jpeg
    assert kept.startswith(b"\xff\xd8\xff")
    assert kept.endswith(b"\xff\xd9")
    assert b"script" not in kept
    assert b"run.exe" not in kept
    assert not zipfile.is_zipfile(io.BytesIO(kept))


@pytest.mark.parametrize("start", [SCRIPT, b"%PDF-1.7\n", b"PK\3\4", b"\x7fELF", b"#!/bin/sh\n", b"MZ\x90"])
def test_a_picture_behind_something_else_is_no_picture(start: bytes) -> None:
    assert refused(start + saved(drawn(), "JPEG")) in (Reason.NOT_A_PICTURE, Reason.UNSUPPORTED_FORMAT)


# --- profiles and EXIF ----------------------------------------------------------------------------------------------


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes().replace(b"sRGB", b"xxxx")


def profile_that_points_outside() -> bytes:
    data = bytearray(srgb())
    for entry in range(132, 132 + 12 * struct.unpack_from(">I", data, 128)[0], 12):
        struct.pack_into(">II", data, entry + 4, 0xFFFFFF00, 0xFFFF)
    return bytes(data)


PROFILES: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "no profile": lambda: b"ICC" * 50,
    "cut short": lambda: srgb()[:150],
    "tags that point outside": profile_that_points_outside,
    "a billion tags": lambda: patched(srgb(), 128, ">I", 1_000_000_000),
    "a size of 4 GiB": lambda: patched(srgb(), 0, ">I", 0xFFFFFFFF),
    "for a printer's colours": lambda: srgb()[:16] + b"CMYK" + srgb()[20:],
    "for grey": lambda: srgb()[:16] + b"GRAY" + srgb()[20:],
    "of a class never heard of": lambda: srgb()[:12] + b"????" + srgb()[16:],
    "of 5 MiB": lambda: srgb() + bytes(5 << 20),
    "of zeros": lambda: bytes(3144),
}


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_broken_profile_is_passed_over_and_the_picture_found_all_the_same(name: str, mode: str) -> None:
    plain = decode_to_pixels(saved(drawn(mode=mode), "JPEG", quality=95), 32)
    odd = decode_to_pixels(saved(drawn(mode=mode), "JPEG", quality=95, icc_profile=PROFILES[name]()), 32)
    assert np.abs(plain.astype(int) - odd).mean() < 12


def exif(entries: list[tuple[int, int, int, bytes]], *, onward: int = 0, order: str = "<") -> bytes:
    start = b"II*\0" if order == "<" else b"MM\0*"
    body = b"".join(
        struct.pack(f"{order}HHI", tag, kind, count) + value.ljust(4, b"\0") for tag, kind, count, value in entries
    )
    return (
        start
        + struct.pack(f"{order}I", 8)
        + struct.pack(f"{order}H", len(entries))
        + body
        + struct.pack(f"{order}I", onward)
    )


TURNED = (0x0112, 3, 1, struct.pack("<H", 6))
EXIF: dict[str, tuple[bytes, bool]] = {
    "a directory that follows itself": (exif([TURNED], onward=8), True),
    "EXIF within EXIF within itself": (exif([TURNED, (0x8769, 4, 1, struct.pack("<I", 8))]), True),
    "orientation as text": (exif([(0x0112, 2, 1, b"6")]), False),
    "orientation as a fraction elsewhere": (exif([(0x0112, 5, 1, struct.pack("<I", 8))]), False),
    "orientation 0": (exif([(0x0112, 3, 1, b"\0")]), False),
    "orientation 9": (exif([(0x0112, 3, 1, b"\x09")]), False),
    "four billion orientations": (exif([(0x0112, 3, 0xFFFFFFFF, b"\x06")]), False),
    "two orientations": (exif([TURNED, (0x0112, 3, 1, b"\x01")]), True),
    "a directory of 65,535 entries that are not there": (b"II*\0\x08\0\0\0\xff\xff", False),
    "a directory outside": (b"II*\0\xff\xff\xff\x7f\0\0", False),
    "60 KB of one entry": (exif([(0x9286, 7, 60_000, struct.pack("<I", 26))]) + bytes(60_000), False),
    "a thumbnail that is a bomb": (exif([TURNED, (0x0201, 4, 1, b"\xff\xff\xff\xff")]), True),
    "nothing": (b"", False),
}


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("name", EXIF)
def test_odd_exif_turns_a_picture_or_not_and_never_breaks_it(kind: str, name: str) -> None:
    block, turned = EXIF[name]
    data = saved(drawn(), kind, exif=b"Exif\0\0" + block)
    for photo in (data, strip_metadata(data)):
        assert decode(photo).size == ((48, 64) if turned else (64, 48))
