from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from iiif_dedup.store.text import storable


def test_drops_what_postgresql_refuses() -> None:
    assert storable("Κύλιξ\x00 \ud800") == "Κύλιξ ?"


@given(st.text())
def test_well_formed_text_stays(text: str) -> None:
    clean = storable(text)
    assert storable(clean) == clean
    assert clean == text.replace("\x00", "").encode("utf-8", "replace").decode()
