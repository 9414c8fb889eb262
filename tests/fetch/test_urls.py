from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iiif_dedup.errors import FetchError, Reason
from iiif_dedup.fetch.urls import checked, host_of, joined, scrub


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/x?y=1#z", "https://a.example/x?y=1"),
        ("  http://A.example:8080/\n", "http://A.example:8080/"),
        ("HTTPS://a.example", "HTTPS://a.example"),
        ("https://παράδειγμα.gr/αγγείο", "https://παράδειγμα.gr/αγγείο"),
        ("http://[2606:4700::1111]/", "http://[2606:4700::1111]/"),
    ],
)
def test_absolute_web_urls_pass_without_their_fragment(url: str, expected: str) -> None:
    assert checked(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/relative",
        "ftp://a.example/x",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "http:///path",
        "http://a.example:99999/",
        "http://a.example:0/",
        "http://a.example:x/",
        "http://[::1",
        "http://user:secret@a.example/",
        "http://a.example\\@b.example/",
        "http://a.example/a b",
        "http://a.example/a\r\nX: y",
        "http://a.example/" + "a" * 9000,
    ],
)
def test_other_urls_are_refused_with_what_is_wrong(url: str) -> None:
    with pytest.raises(FetchError, match="Expected an absolute") as caught:
        checked(url)

    assert caught.value.reason is Reason.BAD_URL
    assert "secret" not in str(caught.value)


def test_a_redirect_is_resolved_and_checked_like_any_url() -> None:
    assert joined("https://a.example/b/c", "../d?e#f") == "https://a.example/d?e"
    for location in ("file:///etc/passwd", "http://u:p@b.example/", "http://[broken"):
        with pytest.raises(FetchError) as caught:
            joined("https://a.example/", location)
        assert caught.value.reason is Reason.BAD_URL


def test_the_host_is_the_same_however_it_is_written() -> None:
    assert host_of("http://WWW.a.example.:81/x") == host_of("https://www.a.example/y")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://bob:pw@a.example/x.", "see https://***@a.example/x."),
        ("https://a.example/?wskey=abc&q=1", "https://a.example/?wskey=***&q=1"),
        ("/?q=1&api_key=a/b+c== (x)", "/?q=1&api_key=*** (x)"),
        ("?X-Amz-Signature=00ff;token='t'", "?X-Amz-Signature=***;token='t'"),
        ("?monkey=see&keyword=vase", "?monkey=see&keyword=vase"),
    ],
)
def test_secrets_leave_messages(text: str, expected: str) -> None:
    assert scrub(text) == expected


SECRETS = st.text("abcXYZ019%._~-", min_size=5, max_size=20).map(lambda s: "zQ" + s)
PARAMETERS = st.sampled_from(
    ["key", "token", "wskey", "apikey", "api_key", "api-key", "access_token", "KEY", "sig"]
)


@given(SECRETS, PARAMETERS, st.text(max_size=50))
def test_no_secret_survives_scrubbing_wherever_it_stands(
    secret: str, parameter: str, around: str
) -> None:
    text = f"{around} https://u:{secret}@a.example/p?x=1&{parameter}={secret}&y=2 {around}"

    assert secret not in scrub(text)


@given(st.text())
def test_any_text_is_either_a_checked_url_or_a_bad_one(text: str) -> None:
    for candidate in (text, f"http://{text}", f"https://a.example/{text}"):
        try:
            url = checked(candidate)
        except FetchError as error:
            assert error.reason is Reason.BAD_URL  # noqa: PT017  one of two good outcomes
        else:
            assert url.lower().startswith(("http://", "https://"))
            assert host_of(url)


@given(st.text())
def test_scrubbing_twice_changes_nothing_more(text: str) -> None:
    assert scrub(scrub(text)) == scrub(text)
