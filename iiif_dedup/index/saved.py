"""Files of one index that are replaced as one, so that a kill leaves the old ones or the new.

A folder holds one index. Its files are written under a name that was never used before, and the
manifest, which names them with their hashes, is replaced last. The manifest's name carries the
versions of data and code, so that a program never reads what another version has written. All
other files of the folder are leftovers and go away with the next writing.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from logging import getLogger
from pathlib import Path
from typing import Any
from urllib.parse import quote

from iiif_dedup.types import Json

_log = getLogger(__name__)
_LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Saved:
    """What was read: facts of the index, and its files by name, whose hashes are right."""

    facts: Mapping[str, Any]
    files: Mapping[str, Path]


class SavedFiles:
    """The files of one index in one version; see this module."""

    def __init__(self, folder: Path, data_version: str, code_version: str) -> None:
        """Name the folder, without touching it.

        Args:
            folder: Of this index alone; it is made when something is written.
            data_version: What the vectors were made by; any text.
            code_version: Of what writes the files; any text.
        """
        self._folder = folder
        # Quoted, so that no version can name another folder.
        self._stem = f"{quote(data_version, safe='')}.{quote(code_version, safe='')}"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from `locked` meanwhile; a killed one frees it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def read(self) -> Saved | None:
        """Return the files of the last writing that ended, or None where there is none.

        Files that are missing, or are not what was written, count as none; it is logged.
        """
        manifest = self._folder / f"{self._stem}.json"
        try:
            content = json.loads(manifest.read_text(encoding="utf-8"))
            files = {
                str(name): self._checked(its["file"], its["sha256"])
                for name, its in content["files"].items()
            }
            return Saved(dict(content["facts"]), files)
        except FileNotFoundError as error:
            _log.info("no saved index: %s is missing", error.filename)
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            _log.warning("the saved index %s cannot be used: %r", manifest, error)
        return None

    def _checked(self, name: str, sha256: str) -> Path:
        path = self._folder / name
        if path.parent != self._folder or _sha256(path) != sha256:
            raise ValueError(f"{path} is not what was written")
        return path

    def write(
        self, writers: Mapping[str, Callable[[Path], None]], facts: Mapping[str, Json]
    ) -> None:
        """Write all files anew; they count when this returns, and not before.

        Args:
            writers: By name, what writes a file at the path it is given.
            facts: What `read` gives back beside the files.

        Raises:
            OSError: The disk is full, or the folder cannot be written.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        generation = uuid.uuid4().hex
        files = {}
        for name, writer in writers.items():
            path = self._folder / f"{self._stem}.{generation}.{name}"
            writer(path)
            _sync(path)
            files[name] = {"file": path.name, "sha256": _sha256(path)}
        manifest = self._folder / f"{self._stem}.json"
        unnamed = self._folder / f"{self._stem}.{generation}.json"
        content = {"files": files, "facts": dict(facts)}
        unnamed.write_text(json.dumps(content, indent=2), encoding="utf-8")
        _sync(unnamed)
        unnamed.replace(manifest)
        _sync(self._folder)
        kept = {_LOCK, manifest.name, *(its["file"] for its in files.values())}
        for path in self._folder.iterdir():
            if path.name not in kept:
                path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Return when the file, or the folder's list of files, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
