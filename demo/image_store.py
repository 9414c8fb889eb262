"""Pictures on demand: rendered once, then kept in memory or in a folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from demo.dataset import ImageSource


class ImageStore:
    """Gives the bytes of pictures; safe to use from many threads.

    A picture that two threads ask for at the same moment may be rendered twice, with the same
    bytes; that is cheaper than a lock around rendering.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Keep rendered pictures in `folder`, which is made if needed, or in memory when None."""
        self._folder = folder
        self._memory: dict[str, bytes] = {}
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def read(self, source: ImageSource) -> bytes:
        """Return the encoded picture, rendering it if this is the first time."""
        name = source.cache_name
        if name is None:
            return source.read()
        data = self._kept(name)
        if data is None:
            data = source.read()
            self._keep(name, data)
        return data

    def prepare(
        self,
        sources: Iterable[ImageSource],
        on_progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Render all that is not there yet, one process per core.

        Args:
            sources: The pictures.
            on_progress: Called with (done, total) after each rendered picture.
        """
        missing = [
            source
            for source in sources
            if source.cache_name is not None and self._kept(source.cache_name) is None
        ]
        if not missing:
            return
        # Spawned, since the caller may have threads that a fork would leave half alive. In
        # batches, since pictures that follow each other often share a vessel, drawn once.
        with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
            rendered = pool.map(_read, missing, chunksize=6)
            for done, (source, data) in enumerate(zip(missing, rendered, strict=True), start=1):
                self._keep(str(source.cache_name), data)
                if on_progress is not None:
                    on_progress(done, len(missing))

    def _kept(self, name: str) -> bytes | None:
        if self._folder is None:
            return self._memory.get(name)
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def _keep(self, name: str, data: bytes) -> None:
        if self._folder is None:
            self._memory[name] = data
            return
        # Written aside and renamed, so that a killed server leaves no half picture behind.
        with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as file:
            file.write(data)
        Path(file.name).replace(self._folder / name)


def _read(source: ImageSource) -> bytes:
    return source.read()
