from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from iiif_dedup.evaluation.features import (
    Features,
    HsvDescriber,
    Pixels,
    TileDescriber,
    describe_files,
    file_digest,
)
from tests.evaluation.drawn import draw


@dataclass
class Means:
    """Describes a picture by its mean, and counts the pictures that it was given."""

    version: str = "1"
    name: str = "means"
    seen: list[int] = field(default_factory=list)

    def describe(self, pictures: Sequence[Pixels]) -> NDArray[np.float32]:
        self.seen.append(len(pictures))
        return np.array([[picture.mean()] for picture in pictures], dtype=np.float32)


@pytest.fixture
def digests(tmp_path: Path) -> dict[Path, str]:
    paths = [tmp_path / f"{number}.png" for number in range(5)]
    for number, path in enumerate(paths):
        draw(path, number, 0)
    return {path: file_digest(path) for path in paths}


def _describe(digests: dict[Path, str], cache: Path, *describers: Means) -> Features:
    return describe_files(digests, describers, cache, advance=lambda _: None)


def test_rows_follow_the_pictures_asked_for(digests: dict[Path, str], tmp_path: Path) -> None:
    describers = (TileDescriber(), HsvDescriber())
    features = describe_files(digests, describers, tmp_path / "c", advance=lambda _: None)
    names = list(digests.values())
    chosen = features.of([names[3], names[1]])
    assert chosen["tile"].shape == (2, 32, 32, 3)
    assert chosen["hsv"].shape == (2, 256)
    assert (chosen["tile"] == features.arrays["tile"][[3, 1]]).all()


def test_what_is_known_is_not_computed_again(digests: dict[Path, str], tmp_path: Path) -> None:
    copy = tmp_path / "copy.png"
    copy.write_bytes((tmp_path / "0.png").read_bytes())
    digests[copy] = file_digest(copy)
    done: list[int] = []
    means = Means()
    first, again = (
        describe_files(digests, [means], tmp_path / "c", advance=done.append) for _ in range(2)
    )
    assert means.seen == [5]
    assert sum(done) == 10
    assert (first.arrays["means"] == again.arrays["means"]).all()

    newer = Means(version="2")
    _describe(digests, tmp_path / "c", newer)
    _describe(digests, tmp_path / "c", means)
    assert (newer.seen, means.seen) == ([5], [5])


def test_a_cache_that_is_cut_is_made_anew(digests: dict[Path, str], tmp_path: Path) -> None:
    means = Means()
    _describe(digests, tmp_path / "c", means)
    (cached,) = (tmp_path / "c").glob("*.npz")
    cached.write_bytes(cached.read_bytes()[:100])
    features = _describe(digests, tmp_path / "c", means)
    assert means.seen == [5, 5]
    assert len(features.arrays["means"]) == 5


def test_what_cannot_be_decoded_is_left_out_with_its_reason(
    digests: dict[Path, str], tmp_path: Path
) -> None:
    bad = tmp_path / "1.png"
    bad.write_bytes(b"no picture")
    digests[bad] = file_digest(bad)
    features = _describe(digests, tmp_path / "c", Means())
    assert list(features.failures) == [digests[bad]]
    assert "Expected a JPEG" in features.failures[digests[bad]]
    assert features.of([digests[tmp_path / "2.png"]])["means"].shape == (1, 1)
    assert len(features.arrays["means"]) == 4
