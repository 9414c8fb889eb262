"""From image references to processed images: one, or many at once in their order."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Generator, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import islice
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.errors import FetchError, ImageError
from iiif_dedup.fetch import Fetcher
from iiif_dedup.process.decode import decode
from iiif_dedup.process.derivative import derivative
from iiif_dedup.process.fingerprints import is_blank, phash
from iiif_dedup.process.picture_files import KnownImage, fetch_picture
from iiif_dedup.process.reduced import reduced
from iiif_dedup.process.tiles import tile
from iiif_dedup.types import ImageRef, Validators

Outcome: TypeAlias = "ProcessedImage | UnchangedImage | FetchError | ImageError"


@dataclass(frozen=True, slots=True)
class UnchangedImage:
    """A picture whose server says that it is the one that is known.

    Attributes:
        validators: To ask with the next time.
    """

    validators: Validators


@dataclass(frozen=True, slots=True)
class ProcessedImage:
    """What is kept of one fetched picture.

    Attributes:
        sha256: Of the file, as 64 hexadecimal digits.
        byte_size: Of the file.
        request_url: The URL that gave it, as asked for.
        width: Width in pixels of the picture as fetched, upright; so for `height`.
        pixels: uint8, H×W×3; see `iiif_dedup.process.reduced`. None where nobody describes them.
        tile: uint8, 32×32×3; see `iiif_dedup.process.tiles`.
        phash: 64-bit perceptual hash as 16 hexadecimal digits.
        blank: Whether the picture is of one colour.
        derivative: A small JPEG file; None where none is wanted.
        validators: Of the file, to ask later whether it has changed.
    """

    sha256: str
    byte_size: int
    request_url: str
    width: int
    height: int
    pixels: NDArray[np.uint8] | None
    tile: NDArray[np.uint8]
    phash: str
    blank: bool
    derivative: bytes | None = None
    validators: Validators = field(default=Validators())


def fetch_and_process(
    ref: ImageRef,
    fetcher: Fetcher,
    *,
    size: int,
    max_pixels: int,
    describe: bool = True,
    derivative_size: int | None = None,
    known: KnownImage | None = None,
    about: str | None = None,
) -> ProcessedImage | UnchangedImage:
    """Return what is kept of a picture, or that it is the known one.

    Args:
        ref: The picture.
        fetcher: Keeps the limits of the picture's source.
        size: Wanted length of the longer side in pixels.
        max_pixels: Pictures with more pixels are refused before decoding.
        describe: Whether the pixels are wanted for descriptors.
        derivative_size: Longest side in pixels of the derivative; None for none.
        known: What an earlier fetch gave; None asks without a condition.
        about: The record that it belongs to, as in `fetch_picture`.

    Raises:
        FetchError: The picture could not be had.
        ImageError: What came is no searchable picture.
    """
    fetched = fetch_picture(ref, fetcher, size, known=known, about=about)
    if fetched.status == HTTPStatus.NOT_MODIFIED:
        return UnchangedImage(fetched.validators)
    picture = decode(fetched.body, max_pixels=max_pixels)
    small = tile(picture.pixels)
    return ProcessedImage(
        sha256=hashlib.sha256(fetched.body).hexdigest(),
        byte_size=len(fetched.body),
        request_url=fetched.url,
        width=picture.width,
        height=picture.height,
        pixels=reduced(picture.pixels) if describe else None,
        tile=small,
        phash=phash(small),
        blank=is_blank(small),
        derivative=None if derivative_size is None else derivative(picture.pixels, derivative_size),
        validators=fetched.validators,
    )


def process_many(
    refs: Iterable[ImageRef],
    fetcher: Fetcher,
    *,
    workers: int,
    size: int,
    max_pixels: int,
    describe: bool = True,
    derivative_size: int | None = None,
    known: Mapping[int, KnownImage] | None = None,
    about: Mapping[int, str] | None = None,
) -> Generator[tuple[int, Outcome], None, None]:
    """Yield every picture's 0-based place and result, in the order of `refs`.

    `refs` is read at most two pictures a worker ahead of what has been yielded, so memory stays
    bounded however many there are. Closing the generator waits for the pictures under way only.

    Args:
        refs: The pictures.
        fetcher: Keeps the limits of their source; it also bounds the requests to one host.
        workers: Threads, ≥ 1.
        size: As in `fetch_and_process`.
        max_pixels: As in `fetch_and_process`.
        describe: As in `fetch_and_process`.
        derivative_size: As in `fetch_and_process`.
        known: By place, as in `fetch_and_process`; so for `about`.
        about: The records that the pictures belong to.
    """
    source = enumerate(refs)
    earlier, records = known or {}, about or {}
    pool = ThreadPoolExecutor(workers, thread_name_prefix="image")

    def submit(numbered: tuple[int, ImageRef]) -> Future[ProcessedImage | UnchangedImage]:
        place, ref = numbered
        return pool.submit(
            fetch_and_process,
            ref,
            fetcher,
            size=size,
            max_pixels=max_pixels,
            describe=describe,
            derivative_size=derivative_size,
            known=earlier.get(place),
            about=records.get(place),
        )

    try:
        pending = deque(submit(one) for one in islice(source, 2 * workers))
        place = 0
        while pending:
            try:
                result: Outcome = pending.popleft().result()
            except (FetchError, ImageError) as error:
                # With its traceback, a kept error would keep the response and its pixels.
                error.__cause__ = error.__context__ = None
                result = error.with_traceback(None)
            pending.extend(submit(one) for one in islice(source, 1))
            yield place, result
            place += 1
    finally:
        pool.shutdown(cancel_futures=True)
