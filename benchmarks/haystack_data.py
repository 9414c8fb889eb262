"""What the haystack is made of: a data folder, and distractors made once and kept."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from PIL import Image

from demo.collections import vessel_dataset
from demo.dataset import ImageSource
from iiif_dedup.evaluation.datasets import LabelledPicture, PictureSet, read_data_folder

WORK = Path("build") / "haystack"
BACKGROUND_SET = "imagenet1000"
"""Photographs of which parts become distractors: one of each class of ImageNet."""
VESSELS = 600
_VESSEL_SEEDS = (1001, 1002)
_MIN_SIDE = 64
_SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


def default_data() -> Path:
    """Return the folder `data` in the shared folder, beside the checkout or in DEDUP_SHARED."""
    return Path(os.environ.get("DEDUP_SHARED") or _SHARED) / "data"


def background_pictures(sets: Sequence[PictureSet]) -> list[Path]:
    """Return the photographs that distractors are cut from.

    They are those of the background set in the data, or else in the shared folder; none where
    neither is there.
    """
    for each in sets:
        if each.name == BACKGROUND_SET:
            return [picture.path for picture in each.catalogue]
    if not default_data().is_dir():
        return []
    found = read_data_folder(default_data()).sets
    return [
        picture.path for each in found if each.name == BACKGROUND_SET for picture in each.catalogue
    ]


def distractors(
    photographs: Sequence[Path], folder: Path, *, vessels: int, advance: Callable[[int], object]
) -> tuple[LabelledPicture, ...]:
    """Return distractors, made where the folder does not hold them yet.

    They are the four quarters and the centre of each photograph, which are photographs of other
    things, and pictures of drawn vessels.

    Args:
        photographs: JPEG files; each needs 128 px a side, others are passed over.
        folder: Where they are kept, as JPEG files.
        vessels: How many of the drawn.
        advance: Told of every photograph and vessel that is done.
    """
    made: list[Path] = []
    for photograph in photographs:
        made += _parts(photograph, folder / "parts")
        advance(1)
    for number, drawn in enumerate(islice(_vessels(), vessels)):
        path = folder / "vessels" / f"{number:04d}.jpg"
        if not path.exists():
            _write(path, drawn.read())
        made.append(path)
        advance(1)
    return tuple(LabelledPicture(path, ()) for path in made)


def _parts(photograph: Path, folder: Path) -> list[Path]:
    names = [folder / f"{photograph.stem}-{place}.jpg" for place in range(5)]
    if all(name.exists() for name in names):
        return names
    with Image.open(photograph) as image:
        whole = image.convert("RGB")
    width, height = whole.width // 2, whole.height // 2
    if min(width, height) < _MIN_SIDE:
        return []
    corners = [(0, 0), (width, 0), (0, height), (width, height), (width // 2, height // 2)]
    for name, (left, top) in zip(names, corners, strict=True):
        body = io.BytesIO()
        whole.crop((left, top, left + width, top + height)).save(body, "JPEG", quality=95)
        _write(name, body.getvalue())
    return names


def _vessels() -> Iterator[ImageSource]:
    for seed in _VESSEL_SEEDS:
        for collection in vessel_dataset(seed).collections:
            for record in collection.records:
                for image in record.images:
                    yield image.source


def _write(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    temporary.write_bytes(body)
    temporary.replace(path)
