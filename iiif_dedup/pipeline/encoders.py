"""The encoder in use, kept by a long-lived worker until another one is activated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from iiif_dedup.process.tiles import PREPROCESSING
from iiif_dedup.store import encoders as store

if TYPE_CHECKING:
    from iiif_dedup.search.tile_encoder import TileEncoder


class EncoderInUse:
    """Loads the collection's encoder. Not safe between threads."""

    def __init__(self, device: str) -> None:
        """Name the device that it computes on; see `iiif_dedup.device.resolve_device`."""
        self._device = device
        self._version: str | None = None
        self._encoder: TileEncoder | None = None

    def get(self, session: Session) -> TileEncoder:
        """Return the active encoder, or the starting one where none was activated.

        Raises:
            EncoderError: The weights in the database cannot be read.
            SettingsError: The device does not exist.
        """
        # Imported here, since a process that never searches never loads torch.
        from iiif_dedup.search.tile_encoder import (  # noqa: PLC0415
            TileEncoder,
            starting_encoder,
        )

        active = store.active(session, PREPROCESSING)
        version = None if active is None else active.id
        if self._encoder is None or version != self._version:
            self._encoder = (
                starting_encoder(self._device)
                if version is None
                else TileEncoder.from_bytes(store.weights(session, version), self._device)
            )
            self._version = version
        return self._encoder
