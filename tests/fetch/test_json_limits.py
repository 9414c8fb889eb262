from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iiif_dedup.errors import FetchError, Reason
from iiif_dedup.fetch.json_limits import MAX_DEPTH, parse_json

URL = "https://a.example/manifest"
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
SCALARS = (
    st.none() | st.booleans() | st.integers() | TEXT
    | st.floats(allow_nan=False, allow_infinity=False)
)  # fmt: skip
DOCUMENTS = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner))


@settings(max_examples=30, deadline=None)
@given(DOCUMENTS, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]), st.booleans())
def test_json_reads_as_it_was_written(document: object, encoding: str, escaped: bool) -> None:
    body = json.dumps(document, ensure_ascii=escaped).encode(encoding)

    assert parse_json(body, URL) == document


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!DOCTYPE html>",
        b'{"a": NaN}',
        b"[-Infinity]",
        b"[1e999]",
        b'{"a": 1',
        b'["\xff\xfe"]',
        b'["a\x00b"]',
        b"[" + b"9" * 5000 + b"]",
        b"{} trailing",
    ],
)
def test_everything_else_is_not_json_and_the_message_says_where(body: bytes) -> None:
    with pytest.raises(FetchError, match=URL) as caught:
        parse_json(body, URL)

    assert caught.value.reason is Reason.NOT_JSON


@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 2000, 200_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_deep_nesting_is_refused_and_never_overflows(
    levels: int, opening: str, closing: str
) -> None:
    body = (opening * levels + "1" + closing * levels).encode()

    with pytest.raises(FetchError) as caught:
        parse_json(body, URL)

    assert caught.value.reason is Reason.TOO_DEEP


def test_nesting_up_to_the_limit_is_read() -> None:
    assert parse_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, URL)


def test_of_repeated_keys_the_last_counts() -> None:
    assert parse_json(b'{"a": 1, "a": 2}', URL) == {"a": 2}


def test_what_no_database_stores_is_replaced_and_pairs_are_kept() -> None:
    body = rb'{"\ud800k": ["a\u0000b", "\ud83c\udffa", "x\udfff", 1, null]}'

    assert parse_json(body, URL) == {"\ufffdk": ["a\ufffdb", "\U0001f3fa", "x\ufffd", 1, None]}


@given(st.binary() | st.text('[]{}",:\\u0dD8 eE+-.1').map(str.encode))
def test_any_bytes_give_a_storable_document_or_a_reason(body: bytes) -> None:
    try:
        document = parse_json(body, URL)
    except FetchError as error:
        assert error.reason in {Reason.NOT_JSON, Reason.TOO_DEEP}  # noqa: PT017  one of two ends
    else:
        text = json.dumps(document, ensure_ascii=False, allow_nan=False)
        assert "\0" not in text
        text.encode()
