"""One manifest over real HTTP: validators, painting pages by reference, and what goes wrong."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from harvesters.base import Known, nothing_known
from harvesters.manifests import MAX_PAGES, ManifestOutcome, read_manifest
from harvesters.presentation3 import Member
from iiif_dedup.errors import FetchError, Reason
from iiif_dedup.fetch import Fetcher
from iiif_dedup.types import KnownDocument, Record, RecordFailure, Unchanged, Validators
from tests.harvesters.partner import Partner


def read(
    partner: Partner, fetcher: Fetcher, path: str = "/m", known: Known = nothing_known
) -> ManifestOutcome:
    return read_manifest(Member(partner.url(path), "Manifest"), fetcher, known)


def remembering(**validators: str) -> Known:
    document = KnownDocument("the-identifier", Validators(**validators))
    return lambda _url: document


def tagged(document: object) -> Callable[[Mapping[str, list[str]], Any], object]:
    """Return a page that is sent only to those who do not have it."""

    def page(_query: Mapping[str, list[str]], headers: Any) -> object:
        same = headers["If-None-Match"] == '"7"'
        return (304, {"ETag": '"7"'}) if same else (document, {"ETag": '"7"'})

    return page


def test_an_unchanged_manifest_is_not_sent_again(partner: Partner, fetcher: Fetcher) -> None:
    partner.manifest("/m")
    partner.pages["/m"] = tagged(partner.pages["/m"])

    first = read(partner, fetcher)
    assert isinstance(first, Record)
    assert first.validators == Validators(etag='"7"')
    received = fetcher.bytes
    assert read(partner, fetcher, known=remembering(etag='"7"')) == Unchanged("the-identifier")
    assert fetcher.bytes == received
    assert isinstance(read(partner, fetcher, known=remembering(etag='"6"')), Record)


def test_a_server_without_validators_is_read_again(partner: Partner, fetcher: Fetcher) -> None:
    partner.manifest("/m")
    record = read(partner, fetcher, known=remembering())
    assert isinstance(record, Record)
    assert record.validators == Validators()


def test_a_failure_names_the_record_that_was_known(partner: Partner, fetcher: Fetcher) -> None:
    for known, identifier in (
        (nothing_known, partner.url("/gone")),
        (remembering(), "the-identifier"),
    ):
        failure = read(partner, fetcher, "/gone", known)
        assert isinstance(failure, RecordFailure)
        assert (failure.identifier, failure.url) == (identifier, partner.url("/gone"))
        assert failure.reason is Reason.HTTP_CLIENT_ERROR


def paged(partner: Partner, *pages: object) -> None:
    partner.manifest("/m")
    whole = partner.pages["/m"]["items"][0]["items"][0]
    partner.pages["/page"] = {"id": partner.url("/page"), "type": "AnnotationPage", **whole}
    partner.pages["/m"]["items"] = [{"type": "Canvas", "items": list(pages)}]


def test_referenced_painting_pages_are_put_in_place(partner: Partner, fetcher: Fetcher) -> None:
    reference = {"id": partner.url("/page"), "type": "AnnotationPage"}
    paged(partner, reference, partner.url("/page"))
    partner.pages["/m"] = tagged(partner.pages["/m"])
    record = read(partner, fetcher)
    assert isinstance(record, Record)
    assert [image.url for image in record.images] == [partner.url("/m.jpg")] * 2
    assert partner.asked["/page"] == 1
    # The page may change while the manifest stays the same.
    assert record.validators is None


def test_a_painting_page_that_is_lost_fails_the_manifest(
    partner: Partner, fetcher: Fetcher
) -> None:
    paged(partner, {"id": partner.url("/lost"), "type": "AnnotationPage"})
    failure = read(partner, fetcher)
    assert isinstance(failure, RecordFailure)
    assert failure.reason is Reason.HTTP_CLIENT_ERROR


def test_too_many_painting_pages_are_not_asked_for(partner: Partner, fetcher: Fetcher) -> None:
    paged(partner, *(partner.url(f"/{number}") for number in range(MAX_PAGES + 1)))
    failure = read(partner, fetcher)
    assert isinstance(failure, RecordFailure)
    assert failure.reason is Reason.INVALID_MANIFEST
    assert sum(partner.asked.values()) == 1


def test_a_long_pause_is_no_failure_of_the_manifest(partner: Partner, fetcher: Fetcher) -> None:
    partner.pages["/m"] = (429, {"Retry-After": "3600"})
    with pytest.raises(FetchError):
        read(partner, fetcher)
