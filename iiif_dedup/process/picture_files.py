"""Fetches the file of one picture: from its image service as small as it serves, else as it is.

A restricted picture (IIIF Authorization 0, 1 and 2) is taken in the form that everybody gets: the
one that its info.json redirects to, or the sizes that are public. Nobody logs in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from iiif_dedup.errors import FetchError, Reason
from iiif_dedup.fetch import Fetched, Fetcher
from iiif_dedup.fetch.client import JSON_TYPES
from iiif_dedup.fetch.json_limits import parse_json
from iiif_dedup.process.image_services import ImageService, service_from_info
from iiif_dedup.process.image_urls import SMALLEST_TILE, only_in_tiles, size_urls
from iiif_dedup.types import ImageRef, Validators

IMAGE_TYPES = "image/jpeg, image/png;q=0.9, image/*;q=0.8, */*;q=0.1"
CLOSED = frozenset({401, 403})
"""Statuses by which servers keep a picture, or a size of it, to some people."""
REFUSED = CLOSED | {400, 404, 500, 501}
"""Statuses that servers give for a size they do not serve; others are about the picture."""


@dataclass(frozen=True, slots=True)
class KnownImage:
    """What an earlier fetch of a picture gave, to ask whether it has changed.

    Attributes:
        request_url: The URL that gave it.
        validators: Of the file.
    """

    request_url: str
    validators: Validators


def fetch_picture(
    ref: ImageRef,
    fetcher: Fetcher,
    size: int,
    *,
    known: KnownImage | None = None,
    about: str | None = None,
) -> Fetched:
    """Return the file of a picture.

    info.json is read only when the manifest does not say enough for a good request, or when the
    picture turns out to be restricted.

    Args:
        ref: The picture.
        fetcher: Keeps the limits of the picture's source.
        size: Wanted length of the longer side in pixels.
        known: What an earlier fetch gave. Its URL is asked first, as long as it would be asked at
            all, and the answer may be 304.
        about: The record that it belongs to, as in `Fetcher.get`; the picture when None.

    Raises:
        FetchError: RESTRICTED when no size is public, NO_WHOLE_PICTURE when the server has tiles
            alone, else what the last URL was refused for, or what is wrong with the server.
    """
    service = _declared(ref)
    urls = _urls(service, ref, size)
    # All requests for one picture share it, so that their refusals count once.
    about = about or ref.service_id or ref.url
    refused: FetchError | None = None
    if service is not None or ref.service_id is None:
        answer = _first(urls, fetcher, known, about)
        if isinstance(answer, Fetched):
            return answer
        if ref.service_id is None or answer.status not in CLOSED:
            raise _explained(answer, service, ref)
        refused = answer
    service = _service(ref, fetcher, about)
    left = [url for url in _urls(service, ref, size) if refused is None or url not in urls]
    answer = refused if refused and not left else _first(left, fetcher, known, about)
    if isinstance(answer, Fetched):
        return answer
    raise _explained(answer, service, ref)


def _declared(ref: ImageRef) -> ImageService | None:
    """Return the service as the manifest describes it, None when that is not enough."""
    if ref.restricted or ref.service_id is None or not (ref.width and ref.height):
        return None
    if not (ref.service_level and ref.service_version):
        return None
    return ImageService(
        ref.service_id, ref.service_version, ref.service_level, ref.width, ref.height
    )


def _service(ref: ImageRef, fetcher: Fetcher, about: str) -> ImageService | None:
    """Return the service as its info.json describes it, None where there is no such file.

    Raises:
        FetchError: info.json could not be had for a reason other than its absence.
    """
    try:
        fetched = fetcher.get(
            f"{ref.service_id}/info.json", accept=JSON_TYPES, also={401}, about=about
        )
        document = parse_json(fetched.body, fetched.final_url)
    except FetchError as error:
        if error.status in REFUSED:
            return None
        raise
    base, _, name = fetched.final_url.partition("?")[0].rpartition("/")
    return service_from_info(document, ref, base if name == "info.json" else None)


def _urls(service: ImageService | None, ref: ImageRef, size: int) -> list[str]:
    """Return what to ask for, best first; the picture's own URL comes last."""
    sized = [] if service is None else size_urls(service, size)
    return list(dict.fromkeys([*sized, ref.url]))


def _first(
    urls: Sequence[str], fetcher: Fetcher, known: KnownImage | None, about: str
) -> Fetched | FetchError:
    """Return the first file among the URLs, of which there is one at least, or the last refusal.

    Raises:
        FetchError: Something is wrong that another size would not mend.
    """
    *others, last = sorted(urls, key=lambda url: known is None or url != known.request_url)
    for url in others:
        answer = _ask(url, fetcher, known, about)
        if isinstance(answer, Fetched):
            return answer
    return _ask(last, fetcher, known, about)


def _ask(url: str, fetcher: Fetcher, known: KnownImage | None, about: str) -> Fetched | FetchError:
    """Return the file at a URL, or why the server refused this size.

    Raises:
        FetchError: As `_first`.
    """
    try:
        return fetcher.get(
            url,
            accept=IMAGE_TYPES,
            max_bytes=fetcher.policy.max_image_bytes,
            validators=known.validators if known and url == known.request_url else None,
            about=about,
        )
    except FetchError as error:
        if error.status not in REFUSED:
            raise
        return error


def _explained(refusal: FetchError, service: ImageService | None, ref: ImageRef) -> FetchError:
    """Return the last refusal in the terms of image services, where they explain it."""
    if refusal.status in CLOSED:
        restricted = ref.restricted or (service is not None and service.restricted)
        if refusal.status == 401 or restricted:
            return FetchError(
                Reason.RESTRICTED,
                f"{ref.service_id or ref.url} lets only some people see its picture, in every "
                "size that was asked for. Ask the partner for public sizes.",
                status=refusal.status,
            )
    elif service is not None and only_in_tiles(service):
        return FetchError(
            Reason.NO_WHOLE_PICTURE,
            f"{service.id} serves its picture in tiles alone, none of which shows the whole of "
            f"it at {SMALLEST_TILE} pixels or more. Ask the partner for `sizes`.",
            status=refusal.status,
        )
    return refusal
