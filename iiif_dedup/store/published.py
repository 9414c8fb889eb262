"""Which derivatives are shown to everybody, since their pictures have no address of their own."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from iiif_dedup.store.images import ImageState
from iiif_dedup.store.models import Image, ImageVersion, Record
from iiif_dedup.store.records import ACTIVE


def is_published(session: Session, sha256: str) -> bool:
    """Tell whether a content is what an active record shows now, from a file of this machine.

    Derivatives of pictures that a partner serves are for our own use.
    """
    shown = (
        exists()
        .where(ImageVersion.sha256 == sha256)
        .where(Image.current_version_id == ImageVersion.id, Image.state == ImageState.READY)
        .where(Image.url.startswith("file:"), Image.restricted.is_(False))
        .where(Record.id == Image.record_id, Record.state == ACTIVE)
    )
    return session.scalar(select(shown)) is True
