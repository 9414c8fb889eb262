"""Hostile servers and files where a picture ought to be.

What becomes of each stands in docs/explanation/hostile-servers.md, and is read from there.
"""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace

import pytest

from iiif_dedup.errors import FetchError, ImageError, Reason
from iiif_dedup.fetch import Fetcher, FetchPolicy
from iiif_dedup.process.images import ProcessedImage, process_many
from iiif_dedup.types import ImageRef
from tests.harvesters.hostile.cases import TRANSPORT, Case
from tests.harvesters.hostile.document import PICTURES, READ, documented, expected
from tests.harvesters.partner import Partner, serving
from tests.partners.misbehaving import MisbehavingServer
from tests.process.pictures import encoded, scene

GOOD = encoded(scene(), "PNG")
POLICY = FetchPolicy(
    delay_s=0,
    retries=0,
    max_image_bytes=200_000,
    max_redirects=3,
    retry_after_cap_s=1,
    allow_loopback=True,
)
HURRIED = replace(POLICY, read_timeout_s=0.25, timeout_s=0.3)
LONGEST_S = 10


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND", b"")


def jpeg(width: int, height: int) -> bytes:
    """Return a good JPEG whose header says another size."""
    good = encoded(scene(), "JPEG")
    place = good.index(b"\xff\xc0") + 5
    return good[:place] + struct.pack(">HH", height, width) + good[place + 4 :]


ZEROS = zlib.compress(bytes(30_000_000), 9)
FILES: dict[str, bytes] = {
    "an empty body": b"",
    "a page of HTML": b"<!DOCTYPE html><title>Not found</title>",
    "JSON": b'{"error": "gone"}',
    "SVG with a script": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "SVG with an entity of a file": b'<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    b"<svg xmlns='http://www.w3.org/2000/svg'>&x;</svg>",
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n",
    "PDF": b"%PDF-1.7\n1 0 obj",
    "random bytes": bytes(range(256)) * 10,
    "cut in the middle": GOOD[: len(GOOD) // 2],
    "garbage behind it": GOOD + b"</html>" * 100,
    "a PNG that says 60,000 × 60,000": png(60_000, 60_000, chunk(b"IDAT", ZEROS)),
    "a PNG that says 2³¹ × 1": png(2**31 - 1, 1, chunk(b"IDAT", ZEROS)),
    "a PNG of no size": png(0, 0, chunk(b"IDAT", ZEROS)),
    "a JPEG that says 65,500 × 65,500": jpeg(65_500, 65_500),
    "a BMP that says 2³¹ × 2³¹": b"BM" + struct.pack("<IIIIiiHHIIIIII", 54, 0, 54, 40, 2**31 - 1,
                                                     2**31 - 1, 1, 24, 0, 0, 0, 0, 0, 0),
    "a text of 30 MB packed in a PNG": png(60, 40, chunk(b"zTXt", b"a\0\0" + ZEROS)),
    "a profile of 30 MB packed in a PNG": png(60, 40, chunk(b"iCCP", b"a\0\0" + ZEROS)),
    "too many pixels in the data of a PNG": png(60, 40, chunk(b"IDAT", ZEROS)),
    "a TIFF whose directory is its own next": b"II*\0\x08\0\0\0\0\0\x08\0\0\0",
    "a GIF without a picture": b"GIF89a" + struct.pack("<HHBBB", 60, 40, 0, 0, 0) + b";",
    "one pixel": encoded(scene(1, 1), "PNG"),
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[MisbehavingServer]:
    with MisbehavingServer() as running:
        yield running


@pytest.fixture(scope="module")
def partner() -> Iterator[Partner]:
    with serving() as here:
        yield here


def outcome(partner: Partner, policy: FetchPolicy) -> str:
    """Return what becomes of the page /m, having checked that its neighbours are read."""
    partner.pages |= {"/a": GOOD, "/z": GOOD}
    refs = [ImageRef(place, partner.url(path)) for place, path in enumerate(("/a", "/m", "/z"))]
    begun = time.monotonic()
    with Fetcher(policy) as fetcher:
        found = process_many(refs, fetcher, workers=1, size=1024, max_pixels=1_000_000)
        first, met, last = (result for _, result in found)
    assert time.monotonic() - begun < LONGEST_S
    assert isinstance(first, ProcessedImage)
    if isinstance(met, FetchError) and (met.retry_after_s or 0) > policy.retry_after_cap_s:
        assert isinstance(last, FetchError), "a host that asks for a pause gets it"
    elif policy is POLICY:
        assert isinstance(last, ProcessedImage)
    return str(met.reason) if isinstance(met, FetchError | ImageError) else READ


@pytest.mark.parametrize("case", TRANSPORT, ids=lambda case: case.name)
def test_what_servers_do(case: Case, server: MisbehavingServer, partner: Partner) -> None:
    partner.pages["/m"] = case.page(server, GOOD)

    found = outcome(partner, HURRIED if case.slow else POLICY)

    assert found == expected("What servers do", case.name, PICTURES)


@pytest.mark.parametrize("name", FILES)
def test_what_stands_in_the_place_of_a_picture(name: str, partner: Partner) -> None:
    partner.pages["/m"] = FILES[name]

    assert outcome(partner, POLICY) == expected("In the place of a picture", name, PICTURES)


def test_the_document_lists_every_file_in_order_and_no_other() -> None:
    rows = documented("In the place of a picture")

    assert list(rows) == list(FILES)
    assert {row[""] for row in rows.values()} <= {*Reason, READ}
