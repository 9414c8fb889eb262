from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from benchmarks import composites as command
from iiif_dedup.evaluation.composites import Kind, compose, generator, visible
from iiif_dedup.evaluation.composites.compose import Pixels
from iiif_dedup.evaluation.composites.folder import one_picture_a_thing
from iiif_dedup.evaluation.datasets import read_one_set
from iiif_dedup.types import Point
from tests.evaluation.drawn import draw, draw_catalogue, write_json

_UNSPOILT = (Kind.PLAIN, Kind.FRAMED, Kind.WALL, Kind.PAIR, Kind.PERSPECTIVE, Kind.UNKNOWN)
_SQUARE: tuple[Point, ...] = ((0, 0), (1, 0), (1, 1), (0, 1))


@pytest.fixture(scope="module")
def pictures() -> list[Pixels]:
    """Unlike one another, high and wide."""
    made = []
    for number, (height, width) in enumerate([(120, 160), (200, 140), (150, 150)]):
        cells = np.random.default_rng(number).integers(0, 256, (9, 9, 3), dtype=np.uint8)
        large = cv2.resize(cells, (width, height), interpolation=cv2.INTER_CUBIC)
        made.append(np.asarray(large, dtype=np.uint8))
    return made


def straightened(photograph: Pixels, outline: tuple[Point, ...], like: Pixels) -> Pixels:
    """The part of a photograph within an outline, as a picture of another one's size."""
    height, width = like.shape[:2]
    seen = np.array(outline, np.float32) * np.array(photograph.shape[1::-1], np.float32)
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float32)
    back = cv2.getPerspectiveTransform(seen - 0.5, corners - 0.5)
    return np.asarray(cv2.warpPerspective(photograph, back, (width, height)), dtype=np.uint8)


def alike(a: Pixels, b: Pixels) -> float:
    """Correlation of the inner parts: edges lie in a frame's shadow, or are cut."""
    inner = np.s_[a.shape[0] // 10 : -a.shape[0] // 10, a.shape[1] // 10 : -a.shape[1] // 10]
    return float(np.corrcoef(a[inner].mean(axis=2).ravel(), b[inner].mean(axis=2).ravel())[0, 1])


@pytest.mark.parametrize("kind", Kind)
def test_a_composite_follows_from_its_kind_seed_and_number(
    kind: Kind, pictures: list[Pixels]
) -> None:
    first, again = (compose(kind, pictures, generator(kind, 1, 4)) for _ in range(2))
    assert (first.pixels == again.pixels).all()
    assert first.shown == again.shown
    assert first.pixels.dtype == np.uint8
    assert 500 <= max(first.pixels.shape[:2]) <= 900 or kind is Kind.CAPTIONED
    assert len({one.index for one in first.shown}) == (2 if kind is Kind.PAIR else 1)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("number", range(2))
def test_outlines_are_sound_and_within_them_the_pictures_are_seen(
    kind: Kind, number: int, pictures: list[Pixels]
) -> None:
    composite = compose(kind, pictures, generator(kind, 3, number))
    for one in composite.shown:
        assert runs_with_the_clock(one.outline)
        cut = np.array(visible(one.outline), dtype=np.float32)
        assert cut.min() >= 0
        assert cut.max() <= 1
        whole = cv2.contourArea(np.array(one.outline, dtype=np.float32))
        assert cv2.contourArea(cut) > 0.85 * whole
        seen = straightened(composite.pixels, one.outline, pictures[one.index])
        likeness = [
            alike(seen, np.asarray(cv2.resize(picture, seen.shape[1::-1]), dtype=np.uint8))
            for picture in pictures
        ]
        assert np.argmax(likeness) == one.index
        assert likeness[one.index] > (0.95 if kind in _UNSPOILT else 0.5)


def runs_with_the_clock(outline: tuple[Point, ...]) -> bool:
    """Whether the outline is convex and turns to the right at each corner."""
    corners = np.array(outline)
    sides = np.roll(corners, -1, axis=0) - corners
    following = np.roll(sides, -1, axis=0)
    return bool((sides[:, 0] * following[:, 1] > sides[:, 1] * following[:, 0]).all())


def test_what_a_photograph_shows_of_an_outline() -> None:
    assert set(visible(((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)))) == {
        (0, 0),
        (0.5, 0),
        (0.5, 0.5),
        (0, 0.5),
    }
    assert set(visible(_SQUARE)) == set(_SQUARE)
    assert visible(tuple((x + 2, y) for x, y in _SQUARE)) == ()


def test_numbers_and_seeds_draw_apart() -> None:
    drawn = [
        generator(kind, seed, index).random()
        for kind in (Kind.WALL, Kind.UNKNOWN)
        for seed in (1, 2)
        for index in (0, 1)
    ]
    assert len(set(drawn)) == len(drawn)


def test_a_pair_needs_two_pictures(pictures: list[Pixels]) -> None:
    with pytest.raises(ValueError, match="shows 2 pictures, 1 were given"):
        compose(Kind.PAIR, pictures[:1], generator(Kind.PAIR, 1, 0))


def test_a_folder_with_truth_gives_one_picture_a_thing(tmp_path: Path) -> None:
    draw_catalogue(tmp_path / "set")
    assert sorted(one_picture_a_thing(tmp_path / "set")) == [
        f"set-catalogue-{name}" for name in "abce"
    ]


def test_a_truth_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    write_json(tmp_path / "records.json", {"not": "a list"})
    with pytest.raises(ValueError, match="not as expected"):
        one_picture_a_thing(tmp_path)


def test_the_command_writes_a_set_that_benchmarks_read(tmp_path: Path) -> None:
    for thing in range(5):
        draw(tmp_path / f"pictures/{thing}.png", thing, 0)
    wanted = [str(tmp_path / "data/made"), "--pictures", str(tmp_path / "pictures"), "--count=2"]
    wanted += ["--kinds", "pair", "unknown", "--held-out=0.4"]
    command.main(wanted)
    truth = json.loads((tmp_path / "data/made/truth.json").read_text(encoding="utf-8"))
    known = {entry["id"] for entry in truth["catalogue"]}
    assert len(known) == 3
    pairs, unknown = truth["queries"][:2], truth["queries"][2:]
    assert [query["set"] for query in truth["queries"]] == ["pair", "pair", "unknown", "unknown"]
    for query in pairs:
        assert len(query["matches"]) == len(query["outlines"]) == 2
        assert known.issuperset(query["matches"])
        assert np.array(query["outlines"]).shape == (2, 4, 2)
        assert query["unknown"] == 0
    assert all(query["matches"] == [] and query["unknown"] == 1 for query in unknown)
    (pictures,) = read_one_set(tmp_path / "data/made").sets
    assert {name: len(made) for name, made in pictures.photographs.items()} == {
        "made_pair": 2,
        "made_unknown": 2,
    }
    for photographs in pictures.photographs.values():
        for photograph in photographs:
            with Image.open(photograph.path) as image:
                assert 500 <= max(image.size) <= 900
    with pytest.raises(SystemExit, match="not empty"):
        command.main(wanted)
