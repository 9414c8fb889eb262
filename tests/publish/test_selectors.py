from __future__ import annotations

from dataclasses import replace

import pytest

from iiif_dedup.publish.selectors import region_selector
from iiif_dedup.types import Point
from tests.publish.examples import image_view

MIDDLE: tuple[Point, ...] = ((0.25, 0.5), (0.75, 0.5), (0.75, 0.99), (0.25, 0.99))


def test_a_region_is_named_in_whole_pixels_of_the_canvas() -> None:
    image = replace(
        image_view(), canvas_width=4001, canvas_height=3001, pixel_width=400, pixel_height=300
    )
    assert region_selector(MIDDLE, image) == {
        "type": "FragmentSelector",
        "conformsTo": "http://www.w3.org/TR/media-frags/",
        "value": "xywh=1000,1500,2001,1471",
    }
    beyond = ((-0.5, 0.9), (0.5, 0.9), (0.5, 1.7), (-0.5, 1.7))
    found = region_selector(beyond, image)
    assert found is not None
    assert found["value"] == "xywh=0,2700,2001,301"


@pytest.mark.parametrize(
    ("canvas", "pixels"),
    [
        ((None, None), (400, 300)),
        ((4000, 3000), (None, None)),
        ((4000, 3000), (300, 400)),  # turned by its EXIF orientation
        ((4000, 3000), (400, 100)),  # one of several on the canvas
    ],
)
def test_a_canvas_that_the_picture_may_not_fill_is_named_alone(
    canvas: tuple[int | None, int | None], pixels: tuple[int | None, int | None]
) -> None:
    image = replace(
        image_view(),
        canvas_width=canvas[0],
        canvas_height=canvas[1],
        pixel_width=pixels[0],
        pixel_height=pixels[1],
    )
    assert region_selector(MIDDLE, image) is None


@pytest.mark.parametrize(
    "outline",
    [
        ((0, 0), (1, 0), (1, 1), (0, 1)),
        ((0.5, 0.5), (0.5, 0.5), (0.5, 0.5)),
        ((1.2, 0.1), (1.4, 0.1), (1.4, 0.2)),
    ],
)
def test_all_or_nothing_of_a_canvas_has_no_selector(outline: tuple[Point, ...]) -> None:
    image = replace(
        image_view(), canvas_width=4000, canvas_height=3000, pixel_width=400, pixel_height=300
    )
    assert region_selector(outline, image) is None
