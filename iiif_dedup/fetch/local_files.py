"""Files beneath one folder, by `file:` URLs, for a source that is a folder on this machine."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from urllib.parse import unquote, urlsplit

from requests.structures import CaseInsensitiveDict

from iiif_dedup.errors import FetchError, Reason
from iiif_dedup.fetch.responses import Fetched
from iiif_dedup.types import Validators

SCHEME = "file:"


def is_file_url(url: str) -> bool:
    """Return whether a URL names a file of this machine."""
    return url[: len(SCHEME)].lower() == SCHEME


def allowed_path(url: str, root: Path | None) -> Path:
    """Return the file or folder that a URL names, with every link followed (RFC 8089).

    Args:
        url: A `file:` URL.
        root: The folder that everything must be beneath; None permits nothing.

    Raises:
        FetchError: ADDRESS_REFUSED outside of the folder, NO_SUCH_FILE, or BAD_URL.
    """
    if root is None:
        raise FetchError(
            Reason.ADDRESS_REFUSED,
            f"{url[:200]!r} is a file of this machine. Files are read for a source whose own "
            "address is a file: URL, beneath the folder that IIIF_DEDUP_FILES_ROOT names.",
        )
    try:
        parts = urlsplit(url)
        path = Path(unquote(parts.path, errors="surrogateescape")).resolve()
    except (ValueError, OSError, RuntimeError) as error:
        raise FetchError(Reason.BAD_URL, f"{url[:200]!r} names no file: {error}.") from None
    if parts.netloc not in {"", "localhost"} or not parts.path.startswith("/"):
        raise FetchError(
            Reason.BAD_URL, f"{url[:200]!r} names no file: write file:/// and an absolute path."
        )
    if not path.is_relative_to(root.resolve()):
        raise FetchError(
            Reason.ADDRESS_REFUSED,
            f"{url[:200]!r} leads out of {root}, the folder that IIIF_DEDUP_FILES_ROOT names.",
        )
    try:
        path.lstat()
    except OSError as error:
        raise FetchError(
            Reason.NO_SUCH_FILE, f"{url[:200]!r} cannot be read: {error.strerror}."
        ) from None
    return path


def read_file(url: str, root: Path | None, limit: int, validators: Validators | None) -> Fetched:
    """Return a file as if a server had sent it; its ETag is made of its size and its age.

    Args:
        url: A `file:` URL.
        root: As in `allowed_path`.
        limit: Largest file in bytes.
        validators: Of the file as read before; the status is 304 when they are still its own.

    Raises:
        FetchError: As `allowed_path`, TOO_LARGE, and NO_SUCH_FILE also for a folder.
    """
    path = allowed_path(url, root)
    try:
        # Never through a link that came after the check, never waiting for a pipe's other end.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise FetchError(Reason.NO_SUCH_FILE, f"{url[:200]!r} is not a file.")
            now = Validators(etag=f'"{status.st_mtime_ns:x}-{status.st_size:x}"')
            headers: CaseInsensitiveDict[str] = CaseInsensitiveDict()
            if validators is not None and validators.etag == now.etag:
                return Fetched(url, url, 304, headers, b"", now)
            body = file.read(limit + 1)
    except OSError as error:
        raise FetchError(
            Reason.NO_SUCH_FILE, f"{url[:200]!r} cannot be read: {error.strerror}."
        ) from None
    if len(body) > limit:
        raise FetchError(
            Reason.TOO_LARGE, f"{url[:200]!r} is larger than {limit} bytes, the limit for its kind."
        )
    return Fetched(url, url, 200, headers, body, now)
