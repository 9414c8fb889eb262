"""A partner of 27 records in three collections, with one record and one picture broken."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from demo.dataset import Dataset, DemoCollection, DemoImage, DemoRecord
from demo.partner_server import PartnerServer

COLLECTIONS = ("north", "harbour", "archive")
RECORDS = 9
WIDTH, HEIGHT = 96, 72
BROKEN_RECORD = "/harbour/h3/manifest.json"
BROKEN_PICTURE = "/archive/images/a5-1/full/"


@dataclass(frozen=True, slots=True)
class Blots:
    """Coloured blots that follow from a name; as good as a photograph for this purpose."""

    name: str
    width: int = WIDTH
    height: int = HEIGHT
    media_type: str = "image/png"

    @property
    def cache_name(self) -> str:
        return f"{self.name}.png"

    def read(self) -> bytes:
        seed = int.from_bytes(hashlib.sha256(self.name.encode()).digest()[:8], "big")
        blots = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), dtype=np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(blots).resize((self.width, self.height), Image.Resampling.BICUBIC).save(
            buffer, "PNG"
        )
        return buffer.getvalue()


class SmallPartner(PartnerServer):
    """Serves the small dataset, every answer held back a little."""

    def __init__(self) -> None:
        super().__init__(small_dataset(), delay_s=0.05)

    def answer(self, path: str):  # type: ignore[no-untyped-def]
        answer = super().answer(path)
        if path == BROKEN_RECORD:
            return replace(answer, body=b'{"type": "Manifest"}')
        if path.startswith(BROKEN_PICTURE):
            return replace(answer, body=b"no picture")
        return answer


def small_dataset() -> Dataset:
    return Dataset(
        collections=tuple(_collection(key) for key in COLLECTIONS), pairs=(), lookalikes=()
    )


def _collection(key: str) -> DemoCollection:
    return DemoCollection(
        key=key,
        titles={"en": (f"Collection {key}",)},
        provider=f"Museum {key}",
        rights="http://rightsstatements.org/vocab/InC/1.0/",
        attribution=f"Museum {key}.",
        records=tuple(_record(key, number) for number in range(1, RECORDS + 1)),
    )


def _record(collection: str, number: int) -> DemoRecord:
    key = f"{collection[0]}{number}"
    names = [f"{key}-{position}" for position in range(1, 2 + number % 2)]
    # The first and the last record of every collection show the same picture.
    pictures = ["shared", *names[1:]] if number in {1, RECORDS} else names
    images = tuple(
        DemoImage(name, "View", Blots(picture))
        for name, picture in zip(names, pictures, strict=True)
    )
    return DemoRecord(key, {"en": (f"Object {key}",)}, (), images)
