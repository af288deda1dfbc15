"""Writes the seeds of the corpus: `python -m tests.fuzz.make_corpus`. Tiny files, all drawn or written here.

What `make fuzz` found lies beside them under names that begin with `found-` and is never rewritten.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pillow_heif
from PIL import Image, ImageCms

from core.messages import (
    Album,
    Box,
    Button,
    ByPhoto,
    ByProduct,
    ByWords,
    Command,
    Filters,
    Hit,
    Message,
    Notice,
    Offer,
    Photo,
    Progress,
    Reply,
    Search,
    Status,
    Task,
    Update,
    encode,
)
from tests.paths import ROOT

CORPUS = Path(__file__).parent / "corpus"
FIXTURES = ROOT / "tests" / "bots"

Seeds = Iterator[tuple[str, bytes]]


def _drawn(mode: str = "RGB") -> Image.Image:
    image = Image.new("RGB", (24, 20), (200, 60, 30))
    image.paste((20, 120, 220), (6, 4, 18, 16))
    return image.convert(mode)


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _exif() -> bytes:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A maker"
    return exif.tobytes()


def pictures() -> Seeds:
    """Each format and mode that is decoded, with EXIF and profiles."""
    pillow_heif.register_heif_opener(thumbnails=False)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    grey = _drawn("L")
    yield "baseline.jpg", _saved(_drawn(), "JPEG", exif=_exif())
    yield "progressive.jpg", _saved(_drawn(), "JPEG", progressive=True, restart_marker_blocks=2)
    yield "cmyk.jpg", _saved(_drawn("CMYK"), "JPEG", icc_profile=profile)
    yield "two.mpo", _saved(_drawn(), "MPO", save_all=True, append_images=[grey.convert("RGB")])
    yield "plain.png", _saved(_drawn("RGBA"), "PNG", exif=_exif())
    yield "palette.png", _saved(_drawn("P"), "PNG", transparency=1, bits=4)
    yield "deep.png", _saved(grey.convert("I;16"), "PNG", icc_profile=profile)
    yield "moving.png", _saved(_drawn(), "PNG", save_all=True, append_images=[_drawn("RGB").rotate(90)])
    yield "lossy.webp", _saved(_drawn(), "WEBP", exif=_exif(), method=0)
    yield "lossless.webp", _saved(_drawn("RGBA"), "WEBP", lossless=True)
    yield "moving.webp", _saved(_drawn(), "WEBP", save_all=True, append_images=[_drawn().rotate(180)])
    yield "moving.gif", _saved(_drawn("P"), "GIF", save_all=True, append_images=[_drawn("P").rotate(90)])
    for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        yield f"{compression}.tif", _saved(_drawn(), "TIFF", compression=compression)
    yield "fax.tif", _saved(_drawn("1"), "TIFF", compression="group4")
    yield "float.tif", _saved(grey.convert("F"), "TIFF")
    yield "plain.bmp", _saved(_drawn(), "BMP")
    yield "palette.bmp", _saved(_drawn("P"), "BMP")
    yield "plain.avif", _saved(_drawn(), "AVIF", speed=10, exif=_exif())
    yield "plain.heic", _saved(_drawn(), "HEIF", exif=_exif())


def _messages() -> Iterator[tuple[str, Message]]:
    box = Box(0.1, 0.2, 0.5, 0.5)
    update = ("telegram", "1:2", "telegram:3", "telegram:3")
    yield "photo", Update(*update, Photo("m", "a", "in blue", box), 1)
    yield "album", Update(*update, Album((Photo("m"), Photo("n")), "c"), 1)
    yield "button", Update(*update, Button("t", "c"), 1)
    yield "command", Update(*update, Command("start", "x"), 1)
    yield "status", Update(*update, Status("p", "failed", "63016"), 1)
    filters = Filters("A > B", "Acme", "red", "1", "2.50", True, "wool")
    yield "by_photo", Search("j", "web:1", ByPhoto(("b",), box), 1, 2, refine="cheaper", filters=filters, shown=("p",))
    yield "by_product", Search("j", "web:1", ByProduct("p"), 1, 2, want=100)
    yield "by_words", Search("j", "web:1", ByWords("red shoe"), 1, 2)
    yield "task", Task("j", "web:1", "reindex", "telegram:3", 1, "summer")
    hit = Hit("p", "Shoe", "9.90", "EUR", "https://a.example/", "/pictures/0.jpg", "Acme", "A", 0.5, ("same colour",))
    offer = Offer("colour", filters, "red")
    yield "reply", Reply("j", "web:1", "hits", hits=(hit,), timings={"embed": 1.5}, offers=(offer,), shown=("p",))
    yield "notice", Notice("j", "web:1", "welcome", {"shop": "S"})
    yield "progress", Progress("j", "web:1", "1 of 2", done=True)


_HEAD = "id\ttitle\timage_link\tprice\tlink\tdescription\tavailability\tproduct_type\n"
_ROW = "1\tRed shoe\ta.jpg\t1.234,50 EUR\thttps://s.example/1\tA &amp; <b>B</b>\tin stock\tShoes > Red\n"
_ITEM = (
    "<item><g:id>1</g:id><title>Shoe &amp; tie</title><g:image_link>a.jpg</g:image_link>"
    "<g:price>9 EUR</g:price><g:sale_price>8 EUR</g:sale_price><description><![CDATA[<b>x</b>]]></description></item>"
)


def feeds() -> Seeds:
    """Each kind of feed, encoding and quoting."""
    quoted = 'id,title,image_link,additional_image_link\n1,"a ""b"", c\nd",a.jpg,"b.jpg,c.jpg"\n2,5" pipe,b.jpg,\n'
    rss = f'<rss xmlns:g="http://base.google.com/ns/1.0"><channel>{_ITEM * 2}</channel></rss>'
    yield "plain.tsv", (_HEAD + _ROW).encode()
    yield "quoted.csv", quoted.encode()
    yield "semicolons.csv", quoted.replace(",", ";").encode("cp1252")
    yield "sixteen.tsv", (_HEAD + _ROW).encode("utf-16")
    yield "marked.tsv", (_HEAD + _ROW).encode("utf-8-sig")
    yield "packed.tsv", gzip.compress((_HEAD + _ROW).encode(), mtime=0)
    yield "rss.xml", rss.encode()
    yield "latin.xml", f'<?xml version="1.0" encoding="iso-8859-1"?>{rss}'.replace("tie", "tié").encode("latin-1")
    atom = '<feed><entry><id>1</id><title>a</title><link href="https://s.example/"/><image_link>a</image_link></entry>'
    yield "atom.xml", (atom + "</feed>").encode()
    sale = "id,title,image_link,price,sale_price,sale_price_effective_date,color\n"
    yield "sale.csv", (sale + "1,a,b,$5.00,4.00 USD,2020-01-01T00:00Z/2099-01-01T00:00Z,red\n").encode()


_FIELDS = {
    "photo": b"\xff\xd8\xff",
    "box": b"0.1,0.2,0.5,0.5",
    "count": b"7",
    "category": b"A > B",
    "min_price": b"9.9",
}


def web_forms() -> Seeds:
    """The transport first: a multipart and a plain form."""
    parts = [
        b'--b\r\nContent-Disposition: form-data; name="%s"\r\nContent-Type: text/plain\r\n\r\n%s\r\n'
        % (name.encode(), value)
        for name, value in _FIELDS.items()
    ]
    yield "multipart", b"multipart/form-data; boundary=b\n" + b"".join(parts) + b"--b--\r\n"
    named = parts[0].replace(b'"photo"', b"\"photo\"; filename*=UTF-8''%e2%82%ac.jpg")
    encoded = named.replace(b"text/plain", b"image/jpeg\r\nContent-Transfer-Encoding: base64")
    yield "encoded", b'multipart/form-data; boundary="b"\n' + encoded + b"--b--\r\n"
    yield "plain", b"application/x-www-form-urlencoded\ntext=red+shoes&count=3&max_price=20"


def seeds() -> dict[str, Seeds]:
    """Target → its seeds, for all but the webhooks, whose seeds are the fixtures of their channels."""
    return {
        "decoding": pictures(),
        "messages": ((name, encode(message)) for name, message in _messages()),
        "message_fields": iter([("number", b"\0\0NaN"), ("text", b"\1\3x"), ("list", b"\4\5[1]")]),
        "feed": feeds(),
        "web_form": web_forms(),
        "web_form_fields": iter([("fields", b"text=red&count=7&box=0.1,0.2,0.5,0.5&min_price=1e3")]),
    }


SHARED_CORPUS = {"keeping": "decoding", "stripping": "decoding"}
"""Targets that begin with another one's seeds."""


def corpus_of(target: str) -> dict[str, bytes]:
    """What is kept for a target, by name: its seeds, or its channel's fixtures, and what was found."""
    kept = {path.name: path.read_bytes() for path in sorted((CORPUS / target).glob("*"))}
    if target in SHARED_CORPUS:
        kept |= corpus_of(SHARED_CORPUS[target])
    channel = target.removesuffix("_webhook")
    for path in sorted((FIXTURES / channel / "fixtures").glob("*.json")) if channel != target else ():
        raw = json.loads(path.read_text())
        # a form keeps its order, and a repeated field stands in a list
        kept[path.stem] = urlencode(raw, doseq=True).encode() if channel == "whatsapp" else json.dumps(raw).encode()
    return kept


def main() -> None:
    for target, found in seeds().items():
        folder = CORPUS / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in found:
            (folder / name).write_bytes(data)
    size = sum(path.stat().st_size for path in CORPUS.rglob("*") if path.is_file())
    print(f"{sum(1 for path in CORPUS.rglob('*') if path.is_file())} files, {size / 1024:.0f} KiB in {CORPUS}")


if __name__ == "__main__":
    main()
