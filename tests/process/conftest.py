"""A misbehaving partner, a fetcher that may ask it, and pictures to put there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from iiif_dedup.fetch import Fetcher, FetchPolicy
from tests.partners.misbehaving import MisbehavingServer


@pytest.fixture
def server() -> Iterator[MisbehavingServer]:
    with MisbehavingServer() as running:
        yield running


@pytest.fixture
def fetcher(server: MisbehavingServer) -> Iterator[Fetcher]:
    policy = FetchPolicy(
        delay_s=0, retries=0, concurrency=4, read_timeout_s=0.5, timeout_s=1, allow_loopback=True
    )
    with Fetcher(policy) as running:
        yield running
