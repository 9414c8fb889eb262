from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iiif_dedup.errors import FetchError, Reason
from iiif_dedup.fetch import Fetcher, FetchPolicy
from iiif_dedup.fetch.local_files import read_file
from iiif_dedup.settings import load_settings
from iiif_dedup.types import Validators
from tests.partners.misbehaving import MisbehavingServer


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "αγγείο 1.json").write_bytes(b'{"a": 1}')
    (tmp_path / "secret.txt").write_bytes(b"secret")
    return folder


def reason_of(url: str, root: Path | None, limit: int = 100) -> Reason:
    with pytest.raises(FetchError) as caught:
        read_file(url, root, limit, None)
    assert "secret" not in str(caught.value).replace("secret.txt", "")
    return caught.value.reason


def test_a_file_is_read_like_a_document(root: Path) -> None:
    url = (root / "αγγείο 1.json").as_uri()
    with Fetcher(FetchPolicy(files_root=root)) as fetcher:
        fetcher.check(url)
        first = fetcher.get_json(url)
        again = fetcher.get_json(url, validators=first.validators)
        (root / "αγγείο 1.json").write_bytes(b'{"a": 22}')
        changed = fetcher.get_json(url, validators=first.validators)
        assert fetcher.requests == 0

    assert (first.document, first.unchanged) == ({"a": 1}, False)
    assert (again.document, again.unchanged, again.validators) == (None, True, first.validators)
    assert (changed.document, changed.unchanged) == ({"a": 22}, False)


def test_no_file_is_read_without_a_folder(root: Path) -> None:
    url = (root / "αγγείο 1.json").as_uri()

    assert reason_of(url, None) is Reason.ADDRESS_REFUSED
    with Fetcher(FetchPolicy()) as fetcher, pytest.raises(FetchError):
        fetcher.check(url)


def test_only_a_source_that_is_a_file_may_name_files(root: Path) -> None:
    settings = load_settings({}, files_root=root)

    assert FetchPolicy.from_settings(settings, endpoint=root.as_uri()).files_root == root
    assert FetchPolicy.from_settings(settings, endpoint="https://a.example/").files_root is None
    assert FetchPolicy.from_settings(settings).files_root is None


def test_nothing_leads_out_of_the_folder(root: Path) -> None:
    (root / "link").symlink_to(root.parent / "secret.txt")
    (root / "up").symlink_to(root.parent)
    beside = root.parent / "pictures-of-others"
    beside.mkdir()
    base = root.as_uri()
    for url in (
        f"{base}/../secret.txt",
        f"{base}/%2e%2e/secret.txt",
        f"{base}/..%2fsecret.txt",
        f"{base}/link",
        f"{base}/up/secret.txt",
        f"{base}/no/such/../../../secret.txt",
        beside.as_uri(),
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "file://localhost/etc/passwd",
    ):
        assert reason_of(url, root) is Reason.ADDRESS_REFUSED, url


def test_what_is_no_readable_file_has_its_reason(root: Path) -> None:
    os.mkfifo(root / "pipe")
    (root / "circle").symlink_to(root / "circle")
    base = root.as_uri()

    assert reason_of(f"{base}/nowhere.json", root) is Reason.NO_SUCH_FILE
    assert reason_of(base, root) is Reason.NO_SUCH_FILE
    assert reason_of(f"{base}/pipe", root) is Reason.NO_SUCH_FILE
    assert reason_of(f"{base}/{'n' * 300}", root) in {Reason.NO_SUCH_FILE, Reason.BAD_URL}
    assert reason_of(f"{base}/circle", root) in {Reason.NO_SUCH_FILE, Reason.BAD_URL}
    assert reason_of(f"{base}/a%00b", root) is Reason.BAD_URL
    for url in ("file:relative", "file://host.example/x", "file:", "file://[broken/x"):
        assert reason_of(url, root) is Reason.BAD_URL, url
    assert reason_of((root / "αγγείο 1.json").as_uri(), root, limit=3) is Reason.TOO_LARGE


def test_a_server_cannot_lead_to_a_file(server: MisbehavingServer, root: Path) -> None:
    policy = FetchPolicy(delay_s=0, retries=0, allow_loopback=True, files_root=root)
    url = (root / "αγγείο 1.json").as_uri()
    with Fetcher(policy) as fetcher, pytest.raises(FetchError) as caught:
        fetcher.get(server.url(f"/redirect?to={quote(url)}"))

    assert caught.value.reason is Reason.BAD_URL


@given(st.text())
def test_any_address_is_a_reason(tail: str) -> None:
    root = Path(__file__).parent / "no-such-folder"
    for url in (f"file:{tail}", f"file:///{tail}", f"{root.as_uri()}/{tail}"):
        with pytest.raises(FetchError):
            read_file(url, root, 10, Validators())
