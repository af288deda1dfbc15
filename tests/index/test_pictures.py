"""Any picture becomes upright RGB, or a reason that a shopper understands; nothing else gets out."""

from __future__ import annotations

import io
import struct
import threading
import tracemalloc
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from core import exif, jpeg, picturestore
from core.errors import Reason, Refused
from core.messages import Box
from index import pictures
from index.pictures import Limits, decode, decode_to_pixels, prepare, store_jpeg, to_jpeg, to_pixels

RED, GREEN, BLUE, GREY = (220, 30, 40), (30, 190, 60), (40, 50, 210), (128, 128, 128)


def quarters(size: tuple[int, int] = (64, 48)) -> Image.Image:
    """Red top left, green top right, blue bottom left, grey bottom right: no turn looks like another."""
    image = Image.new("RGB", size, GREY)
    half = (size[0] // 2, size[1] // 2)
    image.paste(RED, (0, 0, *half))
    image.paste(GREEN, (half[0], 0, size[0], half[1]))
    image.paste(BLUE, (0, half[1], half[0], size[1]))
    return image


def encoded(image: Image.Image, kind: str, **more: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def corners(image: Image.Image) -> list[tuple[int, ...]]:
    width, height = image.size
    points = [(x, y) for y in (height // 5, height - height // 5) for x in (width // 5, width - width // 5)]
    return [tuple(image.getpixel(point)) for point in points]  # type: ignore[arg-type]


def assert_close(found: list[tuple[int, ...]], expected: list[tuple[int, ...]], within: int) -> None:
    assert np.abs(np.array(found) - np.array(expected)).max() <= within, (found, expected)


LOSSLESS: dict[str, Callable[[], bytes]] = {
    "png": lambda: encoded(quarters(), "PNG"),
    "png palette": lambda: encoded(quarters().quantize(8), "PNG"),
    "png rgba": lambda: encoded(quarters().convert("RGBA"), "PNG"),
    "gif": lambda: encoded(quarters(), "GIF"),
    "bmp": lambda: encoded(quarters(), "BMP"),
    "bmp with alpha": lambda: encoded(quarters().convert("RGBA"), "BMP"),
    "tiff": lambda: encoded(quarters(), "TIFF"),
    "tiff lzw": lambda: encoded(quarters(), "TIFF", compression="tiff_lzw"),
    "tiff jpeg": lambda: encoded(quarters(), "TIFF", compression="jpeg", quality=98),
    "webp lossless": lambda: encoded(quarters(), "WEBP", lossless=True),
    "animated gif": lambda: encoded(quarters(), "GIF", save_all=True, append_images=[Image.new("RGB", (64, 48))]),
    "animated webp": lambda: encoded(
        quarters(), "WEBP", lossless=True, save_all=True, append_images=[Image.new("RGB", (64, 48))]
    ),
    "animated png": lambda: encoded(quarters(), "PNG", save_all=True, append_images=[Image.new("RGB", (64, 48))]),
    "pages of tiff": lambda: encoded(quarters(), "TIFF", save_all=True, append_images=[Image.new("RGB", (64, 48))]),
}
LOSSY: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: encoded(quarters(), "JPEG", quality=95),
    "progressive jpeg": lambda: encoded(quarters(), "JPEG", quality=95, progressive=True),
    "cmyk jpeg, which Adobe inverts": lambda: encoded(quarters().convert("CMYK"), "JPEG", quality=95),
    "cmyk tiff": lambda: encoded(quarters().convert("CMYK"), "TIFF"),
    "lab tiff": lambda: encoded(as_lab(quarters()), "TIFF"),
    "ycbcr tiff": lambda: encoded(quarters().convert("YCbCr"), "TIFF"),
    "webp": lambda: encoded(quarters(), "WEBP", quality=95),
    "heic": lambda: encoded(quarters(), "HEIF", quality=95),
    "avif": lambda: encoded(quarters(), "AVIF", quality=95),
    "jpeg of several pictures": lambda: encoded(
        quarters(), "MPO", save_all=True, quality=95, append_images=[Image.new("RGB", (64, 48))]
    ),
}


def as_lab(image: Image.Image) -> Image.Image:
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    turned = ImageCms.applyTransform(image, ImageCms.buildTransform(srgb, lab, "RGB", "LAB"))
    assert turned is not None
    return turned


@pytest.mark.parametrize("kind", [*LOSSLESS, *LOSSY])
def test_every_format_decodes_to_its_first_picture_in_rgb(kind: str) -> None:
    image = decode((LOSSLESS | LOSSY)[kind]())
    assert (image.mode, image.size) == ("RGB", (64, 48))
    assert_close(corners(image), [RED, GREEN, BLUE, GREY], within=3 if kind in LOSSLESS else 14)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_every_orientation_comes_out_upright(kind: str, orientation: int) -> None:
    data = lying(kind, orientation)
    image = decode(data)
    assert image.size == (64, 48)
    assert_close(corners(image), [RED, GREEN, BLUE, GREY], within=14)
    quick = Image.fromarray(decode_to_pixels(data, 48))
    assert_close(corners(quick), [RED, GREEN, BLUE, GREY], within=14)


INVERSE = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
"""The transposition of Pillow that lays an upright picture down as the orientation says."""


def lying(kind: str, orientation: int, size: tuple[int, int] = (64, 48)) -> bytes:
    image = quarters(size)
    if orientation > 1:
        image = image.transpose(Image.Transpose(INVERSE[orientation]))
    block = Image.Exif()
    block[exif.ORIENTATION] = orientation
    more: dict[str, Any] = {"lossless": True} if kind == "WEBP" else {"quality": 95} if kind == "JPEG" else {}
    return encoded(image, kind, exif=block, **more)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_box_is_of_the_upright_picture_whatever_way_it_lies(orientation: int) -> None:
    data = lying("JPEG", orientation, (640, 480))
    for box, colour in [
        (Box(0.05, 0.05, 0.3, 0.4), RED),
        (Box(0.6, 0.05, 0.3, 0.4), GREEN),
        (Box(0.05, 0.55, 0.4, 0.3), BLUE),
    ]:
        quick, slow = decode_to_pixels(data, 32, box), to_pixels(decode(data), 32, box)
        assert np.abs(quick.astype(int) - np.array(colour)).max() <= 14
        assert np.abs(quick.astype(int) - slow).max() <= 14


def turned_in_container(kind: str) -> Image.Image:
    block = Image.Exif()
    block[exif.ORIENTATION] = 6
    lies = quarters().transpose(Image.Transpose.ROTATE_90)
    return decode(encoded(lies, kind, exif=block, quality=95))


def test_an_avif_is_turned_as_its_container_says() -> None:
    image = turned_in_container("AVIF")
    assert image.size == (64, 48)
    assert_close(corners(image), [RED, GREEN, BLUE, GREY], within=20)


def test_the_exif_of_a_heic_turns_nothing_because_its_container_outranks_it() -> None:
    assert turned_in_container("HEIF").size == (48, 64)


def ramp(dtype: type[np.generic], highest: float) -> Image.Image:
    values = np.tile(np.linspace(0, highest, 64), (32, 1))
    return Image.fromarray(values.astype(dtype))


@pytest.mark.parametrize(
    "data",
    [
        encoded(ramp(np.uint16, 65535), "PNG"),
        encoded(ramp(np.uint16, 65535), "TIFF"),
        encoded(ramp(np.int32, 65535), "TIFF"),
        encoded(ramp(np.int32, 2**31 - 200), "TIFF"),
        encoded(ramp(np.float32, 1), "TIFF"),
        encoded(ramp(np.float32, 255), "TIFF"),
        encoded(ramp(np.uint8, 255), "PNG"),
        encoded(ramp(np.uint8, 255), "JPEG", quality=95),
    ],
    ids=["png 16", "tiff 16", "tiff 32 with 16", "tiff 32", "float to 1", "float to 255", "png 8", "jpeg grey"],
)
def test_deep_greys_are_scaled_and_not_clipped(data: bytes) -> None:
    grey = np.asarray(decode(data))[16, :, 0].astype(int)
    assert np.abs(grey - np.linspace(0, 255, 64)).max() <= 3


def test_a_float_picture_with_holes_does_not_break() -> None:
    values = np.full((20, 20), 0.5, np.float32)
    values[3, 3], values[4, 4], values[5, 5] = np.nan, np.inf, -np.inf
    assert np.asarray(decode(encoded(Image.fromarray(values), "TIFF"))).shape == (20, 20, 3)


def sixteen_bit_rgb_png() -> bytes:
    row = b"\0" + b"".join(struct.pack(">3H", *(value * 257 for value in RED)) for _ in range(20))
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", 20, 20, 16, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(row * 20)),
        (b"IEND", b""),
    ]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def test_sixteen_bit_colours_keep_their_tone() -> None:
    assert decode(sixteen_bit_rgb_png()).getpixel((9, 9)) == RED


def test_black_and_white_stays_so() -> None:
    image = Image.new("1", (32, 32), 0)
    image.paste(1, (16, 0, 32, 32))
    for kind in ("PNG", "TIFF", "BMP"):
        assert corners(decode(encoded(image, kind)))[:2] == [(0, 0, 0), (255, 255, 255)]


def clear(mode: str) -> Image.Image:
    image = Image.new("RGBA", (32, 32), (0, 0, 0, 0))
    image.paste((*RED, 255), (0, 0, 16, 32))
    return image.convert(mode)


@pytest.mark.parametrize(
    ("mode", "kind", "left"),
    [
        ("RGBA", "PNG", RED),
        ("RGBA", "WEBP", RED),
        ("RGBA", "TIFF", RED),
        ("RGBA", "AVIF", RED),
        ("RGBA", "HEIF", RED),
        ("PA", "PNG", RED),
        ("LA", "PNG", (88, 88, 88)),
        ("RGBA", "GIF", RED),
    ],
)
def test_what_is_transparent_is_white(mode: str, kind: str, left: tuple[int, ...]) -> None:
    image = clear("RGBA").quantize(8) if mode == "PA" else clear(mode)
    found = corners(decode(encoded(image, kind, **({"lossless": True} if kind == "WEBP" else {}))))
    assert_close(found[:2], [left, (255, 255, 255)], within=14)


def test_a_colour_named_transparent_is_white() -> None:
    data = encoded(quarters(), "PNG", transparency=RED)
    assert_close(corners(decode(data)), [(255, 255, 255), GREEN, BLUE, GREY], within=0)


def test_a_profile_is_followed_and_a_broken_one_passed_over() -> None:
    # A profile with red and blue changed over shows at once whether it is followed.
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    table = {srgb[at : at + 4]: at for at in range(132, 132 + 12 * struct.unpack_from(">I", srgb, 128)[0], 12)}
    swapped = bytearray(srgb.replace(b"sRGB", b"xxxx").replace(b"s\0R\0G\0B", b"x\0x\0x\0x"))
    red, blue = table[b"rXYZ"], table[b"bXYZ"]
    swapped[red + 4 : red + 12], swapped[blue + 4 : blue + 12] = srgb[blue + 4 : blue + 12], srgb[red + 4 : red + 12]
    turned = decode(encoded(quarters(), "PNG", icc_profile=bytes(swapped)))
    assert_close(corners(turned)[:1], [RED[::-1]], within=4)
    for profile in (srgb, b"no profile", bytes(swapped[:200]), b"\0" * 128):
        assert_close(corners(decode(encoded(quarters(), "PNG", icc_profile=profile))), corners(quarters()), within=0)


REFUSED: dict[str, tuple[Callable[[], bytes], Reason]] = {
    "nothing": (lambda: b"", Reason.NOT_A_PICTURE),
    "text": (lambda: b"Hello, do you have this in blue?", Reason.NOT_A_PICTURE),
    "a program": (lambda: b"\x7fELF" + bytes(99), Reason.NOT_A_PICTURE),
    "a film": (lambda: b"\0\0\0\x18ftypmp42" + bytes(99), Reason.NOT_A_PICTURE),
    "a web page": (lambda: b"<!DOCTYPE html><html><body></body></html>", Reason.NOT_A_PICTURE),
    "BM that is no bitmap": (lambda: b"BM is a company" + bytes(60), Reason.NOT_A_PICTURE),
    "svg": (
        lambda: b'<?xml version="1.0"?>\n<!-- x --><svg xmlns="http://www.w3.org/2000/svg"/>',
        Reason.UNSUPPORTED_FORMAT,
    ),
    "pdf": (lambda: b"%PDF-1.7\n", Reason.UNSUPPORTED_FORMAT),
    "photoshop": (lambda: b"8BPS" + bytes(99), Reason.UNSUPPORTED_FORMAT),
    "jpeg 2000": (lambda: b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(99), Reason.UNSUPPORTED_FORMAT),
    "jpeg xl": (lambda: b"\xff\x0a" + bytes(99), Reason.UNSUPPORTED_FORMAT),
    "icon": (lambda: b"\0\0\1\0\1\0" + bytes(99), Reason.UNSUPPORTED_FORMAT),
    "ppm": (lambda: b"P6\n20 20\n255\n" + bytes(1200), Reason.UNSUPPORTED_FORMAT),
    "eps": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n", Reason.UNSUPPORTED_FORMAT),
    "15 px": (lambda: encoded(quarters((400, 15)), "PNG"), Reason.TOO_SMALL),
    "51 megapixels of nothing": (lambda: png_header(10_200, 5_000), Reason.TOO_MANY_PIXELS),
    "a bomb": (lambda: png_header(60_000, 60_000), Reason.TOO_MANY_PIXELS),
    "a bitmap bomb": (lambda: bitmap_header(60_000, 60_000), Reason.TOO_MANY_PIXELS),
    "a webp bomb": (lambda: webp_header(16_383, 16_383), Reason.TOO_MANY_PIXELS),
    "only a webp's beginning": (lambda: webp_header(100, 100), Reason.BROKEN_PICTURE),
    "only a jpeg's beginning": (lambda: b"\xff\xd8\xff\xe0\0\x10JFIF\0", Reason.BROKEN_PICTURE),
    "a png without picture": (lambda: png_header(100, 100), Reason.BROKEN_PICTURE),
    "heic of nothing": (lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99), Reason.BROKEN_PICTURE),
}


def png_header(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    return data + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))


def bitmap_header(width: int, height: int) -> bytes:
    return b"BM" + struct.pack("<IHHI", 99, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, *[0] * 6)


def webp_header(width: int, height: int) -> bytes:
    chunk = struct.pack("<II", 0, 0)[:4] + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10) + chunk


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_searched_is_refused_with_its_reason(kind: str) -> None:
    make, reason = REFUSED[kind]
    for call in (decode, lambda data: decode_to_pixels(data, 32), to_jpeg, lambda data: prepare(data, 32)):
        with pytest.raises(Refused) as refused:
            call(make())
        assert refused.value.reason is reason


def test_bytes_are_counted_before_anything_is_opened() -> None:
    with pytest.raises(Refused) as refused:
        decode(b"x" * (20 * 1024 * 1024 + 1))
    assert refused.value.reason is Reason.TOO_LARGE
    with pytest.raises(Refused) as refused:
        decode(encoded(quarters(), "PNG"), limits=Limits(max_bytes=10))
    assert refused.value.reason is Reason.TOO_LARGE


def test_a_bomb_takes_no_memory() -> None:
    tracemalloc.start()
    try:
        for name in ("a bomb", "a webp bomb", "a bitmap bomb"):
            with pytest.raises(Refused):
                decode(REFUSED[name][0]())
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", [*LOSSLESS, *LOSSY])
@pytest.mark.parametrize("share", [0.5, 0.8])
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_a_truncated_picture_is_refused_as_broken(kind: str, share: float) -> None:
    data = (LOSSLESS | LOSSY)[kind]()
    cut = data[: int(len(data) * share)]
    if kind in ("animated gif", "animated png", "pages of tiff", "jpeg of several pictures"):
        cut = data[: int(data.index(b"\xff\xd9") * share) if kind.startswith("jpeg") else 60]
    with pytest.raises(Refused) as refused:
        decode(cut)
    assert refused.value.reason is Reason.BROKEN_PICTURE


SEEDS = {name: make() for name, make in (LOSSLESS | LOSSY).items()}


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_a_mutated_file_decodes_or_is_refused_and_raises_nothing_else(draw: st.DataObject) -> None:
    data = bytearray(SEEDS[draw.draw(st.sampled_from(sorted(SEEDS)))])
    for _ in range(draw.draw(st.integers(1, 12))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    cut = bytes(data[: draw.draw(st.sampled_from([len(data), len(data), len(data) // 2, 40]))])
    for call in (decode, lambda data: prepare(data, 24)):
        try:
            call(cut)
        except Refused:
            continue


@settings(max_examples=100, deadline=None)
@given(
    st.binary(max_size=64), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"II*\0", b"MM\0*"])
)
def test_any_bytes_are_refused_and_raise_nothing_else(rest: bytes, start: bytes) -> None:
    with pytest.raises(Refused):
        decode(start + rest)


def textured(size: tuple[int, int]) -> Image.Image:
    noise = np.random.default_rng(5).integers(0, 256, (24, 24, 3), np.uint8)
    return Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC)


@pytest.mark.parametrize("size", [(240, 180), (1024, 768), (2400, 1800), (700, 90)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_the_quick_way_gives_nearly_the_same_pixels(size: tuple[int, int], kind: str) -> None:
    data = encoded(textured(size), kind)
    quick, slow = decode_to_pixels(data, 96), to_pixels(decode(data), 96)
    exact = np.asarray(decode(data).resize((96, 96), Image.Resampling.BICUBIC))
    assert quick.shape == (96, 96, 3)
    assert quick.dtype == np.uint8
    for other in (slow, exact):
        difference = np.abs(quick.astype(int) - other)
        assert difference.mean() < 1.0
        assert np.percentile(difference, 99.9) < 12


def test_a_box_of_no_size_or_at_the_edge_is_still_a_pixel() -> None:
    image = quarters()
    for box in (Box(1, 1, 0.001, 0.001), Box(0.999, 0, 1, 1), Box(0, 0, 1e-9, 1e-9)):
        assert to_pixels(image, 16, box).shape == (16, 16, 3)
        assert decode_to_pixels(encoded(image, "JPEG"), 16, box).shape == (16, 16, 3)


def test_many_threads_decode_at_once_to_the_same_pixels() -> None:
    files = [make() for make in (LOSSLESS | LOSSY).values()]
    alone = [decode_to_pixels(data, 32) for data in files]
    gate = threading.Barrier(4)

    def all_of_them(_: int) -> bool:
        gate.wait(10)
        return all(np.array_equal(decode_to_pixels(data, 32), one) for data, one in zip(files, alone, strict=True))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(all_of_them, range(4)))


# --- what is kept for the cards --------------------------------------------------------------------------------


def test_a_fit_jpeg_keeps_its_compressed_bytes_without_metadata(tmp_path: Path) -> None:
    block = Image.Exif()
    block[0x010F] = "SecretMaker"
    data = encoded(textured((300, 200)), "JPEG", exif=block, comment=b"SecretNote")
    digest = store_jpeg(data, tmp_path)
    kept = picturestore.path_of(tmp_path, digest).read_bytes()
    assert picturestore.digest_of(kept) == digest
    assert b"Secret" not in kept
    assert kept[-100:] == data[-100:]
    assert decode(kept).tobytes() == decode(data).tobytes()


@pytest.mark.parametrize(
    "data",
    [
        encoded(textured((3000, 2000)), "JPEG"),
        encoded(textured((1025, 10 * 16)), "JPEG"),
        encoded(textured((300, 200)).convert("CMYK"), "JPEG"),
        lying("JPEG", 6),
        encoded(clear("RGBA"), "PNG"),
        encoded(textured((2000, 3000)), "WEBP"),
        encoded(ramp(np.uint16, 65535), "PNG"),
    ],
    ids=["large", "long", "cmyk", "turned", "clear", "webp", "16 bit"],
)
def test_other_pictures_become_a_plain_upright_jpeg_within_the_limits(data: bytes, tmp_path: Path) -> None:
    kept = picturestore.path_of(tmp_path, store_jpeg(data, tmp_path)).read_bytes()
    told = jpeg.header(kept)
    assert max(told.width, told.height) <= 1024
    assert told.frame in jpeg.DISPLAYABLE
    assert told.components == 3
    assert told.orientation == 1
    original, shown = decode(data), decode(kept)
    assert abs(original.width / original.height - shown.width / shown.height) < 0.01 * original.width / original.height
    assert np.abs(to_pixels(original, 16).astype(int) - to_pixels(shown, 16)).mean() < 4


def test_a_picture_of_noise_comes_under_900_kb() -> None:
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (1024, 1024, 3), np.uint8))
    assert len(to_jpeg(encoded(noise, "JPEG", quality=100, subsampling=0))) <= 900_000


def test_a_truncated_jpeg_is_not_kept(tmp_path: Path) -> None:
    data = encoded(textured((300, 200)), "JPEG")
    with pytest.raises(Refused) as refused:
        store_jpeg(data[: len(data) // 2], tmp_path)
    assert refused.value.reason is Reason.BROKEN_PICTURE
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("kind", ["jpeg", "png", "heic"])
def test_prepare_gives_what_the_two_single_calls_give(kind: str) -> None:
    data = (LOSSLESS | LOSSY)[kind]()
    both = prepare(data, 32)
    assert np.array_equal(both.pixels, decode_to_pixels(data, 32))
    assert both.jpeg == to_jpeg(data)


def test_the_wanted_formats_can_all_be_opened_here() -> None:
    assert Limits(20 * 1024 * 1024, 50_000_000, 16) == pictures.SHOPPER_LIMITS
    Image.init()
    assert {"JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "AVIF"} <= set(Image.OPEN)
