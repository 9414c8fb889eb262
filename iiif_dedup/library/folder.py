"""A folder of pictures in which duplicates are looked for."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from iiif_dedup import __version__
from iiif_dedup.errors import FolderError
from iiif_dedup.library.cache import ENCODER, Cache
from iiif_dedup.library.files import Seen, file_state, read_picture, shown
from iiif_dedup.library.index import Index
from iiif_dedup.library.reading import Progress, describe_query, read_folder
from iiif_dedup.library.results import FolderScan, Match, Pair, UnreadablePicture
from iiif_dedup.settings import load_settings

if TYPE_CHECKING:
    from iiif_dedup.library.engine import Engine

BUDGET = 0.1
"""False alerts per picture that a scan may bring."""
LIMIT = 20
"""Most matches that `Folder.find` returns."""
_STARTING_WEIGHTS = files("iiif_dedup.search") / "starting_encoder.safetensors"
_ODD = "surrogateescape"
"""How file names that are no UTF-8 are written."""


class Folder:
    """A folder of pictures, read and ready to be searched.

    Attributes:
        path: The folder.
        pictures: Its readable pictures, in order of their paths.
        failures: Its other picture files, each with the reason.
    """

    def __init__(self, path: Path, index: Index, cache: Cache, progress: Progress | None) -> None:
        """Use `open`."""
        self.path = path
        self.pictures = tuple(path / file.path for file in index.files)
        self.failures = tuple(
            UnreadablePicture(path / one.file.path, one.reason, one.detail)
            for one in index.failures
        )
        self._index, self._cache, self._progress = index, cache, progress
        self._made: Engine | None = None

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        cache: str | Path | None = None,
        progress: Progress | None = None,
    ) -> Self:
        """Return a folder, its pictures and those below it read.

        What was read once is kept outside the folder and not read again while path, size and
        time of a file stay as they are.

        Args:
            path: The folder.
            cache: Folder for what is kept; one of its own in `$XDG_CACHE_HOME/iiif_dedup` when
                None.
            progress: Is told what is being done, how much is done and how much there is, now and
                in later searches; an exception that it raises ends the work.

        Raises:
            FolderError: The folder cannot be read, or the cache cannot be written.
            SettingsError: A setting in the environment is wrong.
        """
        folder = Path(path)
        kept = Cache(folder, None if cache is None else Path(cache))
        index = read_folder(folder, kept, max_pixels=_max_pixels(), progress=progress)
        return cls(folder, index, kept, progress)

    def find(self, image: str | Path, *, limit: int = LIMIT, delta: float = 0.0) -> Sequence[Match]:
        """Return what may show the same as one picture, best first.

        Args:
            image: The picture, in the folder or not; itself it is not returned.
            limit: Most matches, ≥ 1.
            delta: Moves the threshold of `Match.accepted` to τ + δ.

        Raises:
            FolderError: The picture cannot be read.
            ImageError: The file is no searchable picture.
            NotSearchableError: The picture is blank, or the folder has too few others.
        """
        path = Path(image)
        own = self._row(path)
        # Of a picture of the folder the digest is known; it is read only to be searched.
        digest = _read(path).digest if own is None else self._index.digest(own)

        def search() -> dict[str, Any]:
            query = _read(path)
            found = self._engine().find(digest, query.tile, describe_query(query), own)
            return {
                "tau": found.tau,
                "candidates": [
                    [int(one.image_version_id), one.norm, dict(one.generators)]
                    for one in found.candidates
                ],
            }

        found = self._answer(f"find {digest} {own}", search)
        return [
            Match(self.pictures[place], rank, norm, norm <= found["tau"] + delta, found_by)
            for rank, (place, norm, found_by) in enumerate(found["candidates"][:limit], start=1)
        ]

    def scan(self, *, budget: float = BUDGET) -> FolderScan:
        """Return all pairs of pictures that may show the same.

        They are what the clone rule accepts, the same files, and twins by their fingerprints.

        Args:
            budget: False alerts per picture, on average, > 0. It is measured in the folder, true
                duplicates counted as false ones, so that a folder full of duplicates needs a
                larger one. With too few pictures to measure, the rule accepts at τ.

        Raises:
            ValueError: The budget is not positive.
        """
        if budget <= 0:
            raise ValueError(f"a budget is a positive number of false alerts, got {budget}")

        def calibrate() -> dict[str, Any]:
            return {"table": self._engine().calibrate(self._progress)}

        def scan() -> dict[str, Any]:
            table = self._answer("calibrate", calibrate)["table"]
            found = self._engine().scan(table, budget, self._progress)
            return {
                "searched": found.searched,
                "delta": found.delta,
                "status": found.status.value,
                "pairs": [
                    [one.first, one.second, one.norm, one.accepted, dict(one.generators)]
                    for one in found.pairs
                ],
            }

        found = self._answer(f"scan {budget}", scan)
        return FolderScan(
            pairs=tuple(
                Pair(self.pictures[first], self.pictures[second], rank, *others)
                for rank, (first, second, *others) in enumerate(found["pairs"], start=1)
            ),
            searched=found["searched"],
            delta=found["delta"],
            budget_status=found["status"],
        )

    def train(self) -> None:
        """Train an encoder on the folder's pictures, which later searches use; takes minutes.

        Raises:
            EncoderError: The folder has too few different pictures.
        """
        # Imported here: what was answered before is answered again without torch.
        from iiif_dedup.library.engine import train  # noqa: PLC0415

        self._cache.write(ENCODER, train(self._index, self._progress))
        self._made = None

    def _row(self, image: Path) -> int | None:
        """Return the row of a picture that lies in the folder and is as it was."""
        try:
            # A link to a picture is a picture of its own; links among the folders are not.
            whole = image.parent.resolve() / image.name
            name = os.fspath(whole.relative_to(self.path.resolve()))
        except (ValueError, OSError):
            return None
        return self._index.place(file_state(self.path, name))

    def _answer(self, question: str, compute: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return what was answered before about the same pictures by the same encoder."""
        identity = hashlib.sha256(f"{__version__}\n".encode())
        identity.update(self._weights())
        identity.update(self._index.digests.tobytes())
        identity.update("\n".join(file.path for file in self._index.files).encode("utf-8", _ODD))
        name = identity.hexdigest()[:20]
        known = self._cache.answer(name, question)
        if known is None:
            known = compute()
            self._cache.keep_answer(name, question, known)
        return known

    def _weights(self) -> bytes:
        return self._cache.read(ENCODER) or _STARTING_WEIGHTS.read_bytes()

    def _engine(self) -> Engine:
        if self._made is None:
            # Imported here: what was answered before is answered again without torch.
            from iiif_dedup.library.engine import Engine  # noqa: PLC0415

            self._made = Engine(self._index, self._weights(), self._cache, self._progress)
        return self._made


def _read(image: Path) -> Seen:
    try:
        return read_picture(image, _max_pixels())
    except OSError as error:
        message = f"The picture {shown(image)} cannot be read: {error.strerror}."
        raise FolderError(message) from error


def _max_pixels() -> int:
    return load_settings().image_max_megapixels * 1_000_000
