"""Limits and politeness towards one source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from iiif_dedup import __version__
from iiif_dedup.errors import SettingsError
from iiif_dedup.fetch.local_files import is_file_url
from iiif_dedup.settings import Settings

_MIB = 1024 * 1024


class _Options(BaseModel):
    """What a source may say about politeness; a missing key leaves the setting in force."""

    model_config = ConfigDict(extra="forbid", strict=True)

    delay_s: float | None = Field(None, ge=0, le=3600)
    concurrency: int | None = Field(None, ge=1, le=64)
    retries: int | None = Field(None, ge=0, le=20)
    timeout_s: float | None = Field(None, gt=0, le=3600)
    retry_after_cap_s: float | None = Field(None, ge=0, le=86400)
    allow_loopback: bool = False


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """How one source is asked.

    Attributes:
        user_agent: Value of the User-Agent header.
        delay_s: Least seconds between the starts of two requests to one host.
        concurrency: Most requests to one host at the same time.
        retries: Times that a failed request is retried.
        backoff_s: Seconds before the first retry; doubled for each next one, up to a minute.
        connect_timeout_s: Most seconds for a connection to one address.
        read_timeout_s: Most seconds without a byte.
        timeout_s: Most seconds for one whole response, whatever it does.
        retry_after_cap_s: Most seconds that a Retry-After is waited for.
        max_bytes: Largest document in bytes after decompression.
        max_image_bytes: Largest picture file in bytes after decompression.
        max_redirects: Most redirects that one request follows.
        allow_loopback: Whether 127.0.0.0/8 and ::1 may be asked.
        files_root: Folder beneath which `file:` URLs are read; None refuses them all.
    """

    user_agent: str = f"iiif_dedup/{__version__}"
    delay_s: float = 0.5
    concurrency: int = 2
    retries: int = 4
    backoff_s: float = 1.0
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 30.0
    timeout_s: float = 60.0
    retry_after_cap_s: float = 120.0
    max_bytes: int = 64 * _MIB
    max_image_bytes: int = 64 * _MIB
    max_redirects: int = 10
    allow_loopback: bool = False
    files_root: Path | None = None

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        options: Mapping[str, object] | None = None,
        *,
        endpoint: str = "",
    ) -> Self:
        """Return the policy for one source.

        Args:
            settings: The settings of this process.
            options: The source's stored politeness: any of delay_s, concurrency, retries,
                timeout_s, retry_after_cap_s (all as in the settings) and allow_loopback.
            endpoint: The source's own URL. Files are read only where it is a `file:` URL, or a
                partner's answer could make pictures of this machine its own.

        Raises:
            SettingsError: An option is unknown or out of range, or the contact cannot stand
                in a header.
        """
        try:
            chosen = _Options.model_validate(dict(options or {}))
        except ValidationError as error:
            raise SettingsError("; ".join(_sentence(item) for item in error.errors())) from None

        def pick(option: float | None, setting: float) -> float:
            return setting if option is None else option

        return cls(
            user_agent=_user_agent(settings.contact),
            delay_s=pick(chosen.delay_s, settings.fetch_delay_s),
            concurrency=chosen.concurrency or settings.fetch_concurrency,
            retries=settings.fetch_retries if chosen.retries is None else chosen.retries,
            timeout_s=pick(chosen.timeout_s, settings.fetch_timeout_s),
            retry_after_cap_s=pick(chosen.retry_after_cap_s, settings.fetch_retry_after_cap_s),
            max_bytes=settings.fetch_max_document_mib * _MIB,
            max_image_bytes=settings.fetch_max_image_mib * _MIB,
            allow_loopback=chosen.allow_loopback,
            files_root=settings.files_root if is_file_url(endpoint) else None,
        )


def _user_agent(contact: str) -> str:
    """Return `iiif_dedup/VERSION (+contact)`."""
    if not contact:
        return f"iiif_dedup/{__version__}"
    if not (contact.isascii() and contact.isprintable()):
        raise SettingsError(
            f"IIIF_DEDUP_CONTACT is {contact!r}: it stands in a header, so write a mail address "
            "or URL in printable ASCII."
        )
    return f"iiif_dedup/{__version__} (+{contact})"


def _sentence(item: Mapping[str, object]) -> str:
    name = ".".join(str(part) for part in item["loc"])  # type: ignore[attr-defined]
    known = ", ".join(sorted(_Options.model_fields))
    return f"Politeness option {name} is {item['input']!r}: {item['msg']}. Known options: {known}."
