"""A key reaches one origin, and nobody else sees it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from iiif_dedup.errors import FetchError, Reason, SettingsError
from iiif_dedup.fetch import Fetcher, FetchPolicy
from iiif_dedup.fetch.keys import Key
from tests.partners.misbehaving import MisbehavingServer

SECRET = "zQ/7+secret"
POLICY = FetchPolicy(delay_s=0, retries=0, timeout_s=3, allow_loopback=True)


@pytest.fixture
def other() -> Iterator[MisbehavingServer]:
    with MisbehavingServer() as running:
        yield running


def with_key(server: MisbehavingServer) -> Fetcher:
    fetcher = Fetcher(POLICY, key=SecretStr(SECRET))
    fetcher.send_key("X-Api-Key", server.url("/any"))
    return fetcher


def test_the_key_stands_in_its_header_and_is_hidden_in_the_answer(
    server: MisbehavingServer,
) -> None:
    with with_key(server) as fetcher:
        fetched = fetcher.get(server.url("/echo"))
        document = fetcher.get_json(server.url("/echo")).document

    assert server.headers["x-api-key"] == SECRET
    assert isinstance(document, dict)
    assert document["x-api-key"] == "***"
    assert SECRET.encode() not in fetched.body
    assert SECRET not in str(fetched.headers)
    assert '"x-api-key": "***"' in fetched.headers["x-ECHO"]


def test_another_origin_never_gets_the_key(
    server: MisbehavingServer, other: MisbehavingServer
) -> None:
    with with_key(server) as fetcher:
        fetcher.get(other.url("/ok"))
        assert "x-api-key" not in other.headers
        fetcher.get(server.url(f"/redirect?to={other.url('/ok')}"))
        assert "x-api-key" not in other.headers
        fetcher.get(f"http://localhost:{server.port}/ok")
        assert "x-api-key" not in server.headers
        fetcher.get(server.url("/redirect?to=/ok"))
        assert server.headers["x-api-key"] == SECRET


def test_a_redirect_does_not_carry_the_key_away_in_its_url(
    server: MisbehavingServer, other: MisbehavingServer
) -> None:
    to = quote(other.url(f"/with?X-Key={quote(SECRET)}"), safe="")
    with with_key(server) as fetcher:
        fetched = fetcher.get(server.url(f"/redirect?to={to}"))

    assert fetched.headers["X-Key"] == "***"
    assert SECRET not in fetched.final_url


def test_no_message_and_no_log_line_shows_the_key(
    server: MisbehavingServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    policy = replace(POLICY, retries=1, backoff_s=0)
    with Fetcher(policy, key=SecretStr(SECRET)) as fetcher:
        fetcher.send_key("X-Api-Key", server.base_url)
        for path in ("/status/500?k=", "/nothing?k=", "/redirect?to=ftp://", "/html?k="):
            with pytest.raises(FetchError) as caught:
                fetcher.get_json(server.url(path + quote(SECRET, safe="")))
            assert "secret" not in str(caught.value), path

    assert "Trying again" in caplog.text
    written = [r.getMessage() for r in caplog.records if r.name.startswith("iiif_dedup")]
    assert not any("secret" in line for line in written)


def test_without_a_key_the_message_says_where_to_write_it(server: MisbehavingServer) -> None:
    with Fetcher(POLICY) as fetcher:
        assert not fetcher.has_key
        with pytest.raises(SettingsError, match="IIIF_DEDUP_SOURCE_KEYS"):
            fetcher.send_key("X-Api-Key", server.base_url)
        fetcher.get(server.url("/ok"))

    assert "x-api-key" not in server.headers


@pytest.mark.parametrize("header", ["", "X Key", "X-Key: a\r\nX-Evil", "ключ", "x" * 101])
def test_only_a_name_can_be_a_header(header: str) -> None:
    with pytest.raises(SettingsError, match="name of a header"):
        Key(SecretStr(SECRET)).send(header, "https://a.example/")


def test_a_key_is_bound_to_a_web_url() -> None:
    with pytest.raises(FetchError) as caught:
        Key(SecretStr(SECRET)).send("X-Key", "file:///etc/passwd")

    assert caught.value.reason is Reason.BAD_URL


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://a.example/x", True),
        ("https://A.example:443/y?z", True),
        ("http://a.example/x", False),
        ("https://a.example:8443/x", False),
        ("https://api.a.example/x", False),
        ("https://a.example.evil.example/x", False),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, sent: bool) -> None:
    key = Key(SecretStr(SECRET))
    key.send("X-Key", "https://a.example/search")

    assert key.headers_for(url) == ({"X-Key": SECRET} if sent else {})


def test_what_stands_before_the_key_is_sent_and_is_no_secret() -> None:
    key = Key(SecretStr("Bearer zQ-abcdef"))
    key.send("Authorization", "https://a.example/")

    assert key.headers_for("https://a.example/") == {"Authorization": "Bearer zQ-abcdef"}
    assert key.hide("Bearer of zQ-abcdef") == "Bearer of ***"


@given(st.text("abcXYZ09%./+&<>\"'=-", min_size=6, max_size=30).map(lambda s: "zQ" + s))
def test_a_key_is_found_however_a_server_writes_it(secret: str) -> None:
    key = Key(SecretStr(secret))
    for written in (secret, quote(secret, safe=""), secret.replace("/", "\\/")):
        assert "zQ" not in key.hide(f"before {written} after")
        assert b"zQ" not in key.hide_in_body(f'{{"k": "{written}"}}'.encode())
        assert "zQ" not in str(key.hide_in_headers({"A": written}))
