from __future__ import annotations

from pathlib import Path

import pytest

from iiif_dedup.errors import StoreError
from iiif_dedup.store.derivatives import Derivatives

DIGEST = "0123456789abcdef" * 4


def test_what_was_written_is_read_until_it_is_deleted(tmp_path: Path) -> None:
    kept = Derivatives(tmp_path / "kept")
    assert kept.read(DIGEST) is None
    kept.write(DIGEST, b"first")
    kept.write(DIGEST, b"second")
    assert kept.has(DIGEST)
    assert kept.read(DIGEST) == b"second"
    assert kept.path(DIGEST) == tmp_path / "kept" / "01" / f"{DIGEST[2:]}.jpg"
    assert [file.name for file in kept.path(DIGEST).parent.iterdir()] == [f"{DIGEST[2:]}.jpg"]
    assert kept.delete([DIGEST, DIGEST]) == 1
    assert not kept.has(DIGEST)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", DIGEST.upper(), DIGEST + "\n", "0" * 63])
def test_nothing_but_a_digest_names_a_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match="SHA-256"):
        Derivatives(tmp_path).path(name)
