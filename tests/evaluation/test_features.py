from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from iiif_dedup.evaluation.features import HsvDescriber, TileDescriber, describe_files
from tests.evaluation.drawn import draw


@dataclass
class Means:
    """Describes a picture by its mean, and counts the pictures that it was given."""

    version: str = "1"
    name: str = "means"
    seen: list[int] = field(default_factory=list)

    def describe(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        self.seen.append(len(pictures))
        return np.array([[picture.mean()] for picture in pictures], dtype=np.float32)


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    found = [tmp_path / f"{number}.png" for number in range(5)]
    for number, path in enumerate(found):
        draw(path, number, 0)
    return found


def test_rows_follow_the_files_asked_for(paths: list[Path], tmp_path: Path) -> None:
    features = describe_files(
        paths, [TileDescriber(), HsvDescriber()], tmp_path / "c", advance=lambda _: None
    )
    assert features.of("tile", [paths[3], paths[1]]).shape == (2, 32, 32, 3)
    assert features.of("hsv", paths).shape == (5, 256)
    assert (features.of("tile", paths[2:3])[0] == features.arrays["tile"][2]).all()


def test_what_is_known_is_not_computed_again(paths: list[Path], tmp_path: Path) -> None:
    copy = tmp_path / "copy.png"
    copy.write_bytes(paths[0].read_bytes())
    done: list[int] = []
    means = Means()
    first = describe_files([*paths, copy], [means], tmp_path / "c", advance=done.append)
    again = describe_files([*paths, copy], [means], tmp_path / "c", advance=done.append)
    assert means.seen == [5]
    assert sum(done) == 12
    assert (first.arrays["means"] == again.arrays["means"]).all()
    assert first.digests[copy] == first.digests[paths[0]]

    newer = Means(version="2")
    for each in (newer, means):
        describe_files(paths, [each], tmp_path / "c", advance=done.append)
    assert (newer.seen, means.seen) == ([5], [5])


def test_a_cache_that_is_cut_is_made_anew(paths: list[Path], tmp_path: Path) -> None:
    means = Means()
    describe_files(paths, [means], tmp_path / "c", advance=lambda _: None)
    (cached,) = (tmp_path / "c").glob("*.npz")
    cached.write_bytes(cached.read_bytes()[:100])
    features = describe_files(paths, [means], tmp_path / "c", advance=lambda _: None)
    assert means.seen == [5, 5]
    assert len(features.arrays["means"]) == 5


def test_what_cannot_be_decoded_is_left_out_with_its_reason(
    paths: list[Path], tmp_path: Path
) -> None:
    paths[1].write_bytes(b"no picture")
    features = describe_files(paths, [Means()], tmp_path / "c", advance=lambda _: None)
    assert list(features.failures) == [paths[1]]
    assert "Expected a JPEG" in features.failures[paths[1]]
    assert features.of("means", [paths[0], paths[2]]).shape == (2, 1)
    assert len(features.arrays["means"]) == 4
