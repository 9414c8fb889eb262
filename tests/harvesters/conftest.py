from collections.abc import Iterator

import pytest

from iiif_dedup.fetch import Fetcher, FetchPolicy
from tests.harvesters.partner import Partner, serving


@pytest.fixture
def partner() -> Iterator[Partner]:
    with serving() as here:
        yield here


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    policy = FetchPolicy(delay_s=0, retries=0, concurrency=3, allow_loopback=True)
    with Fetcher(policy) as made:
        yield made
