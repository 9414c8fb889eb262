"""What a source says about its protocol, checked when its harvester is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from iiif_dedup.errors import SettingsError
from iiif_dedup.types import Json

_SHOWN = 200
"""Most characters of a wrong value in a message."""


class SourceOptions(BaseModel):
    """Base of every protocol's options."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Options = TypeVar("Options", bound=SourceOptions)


def read_options(
    model: type[Options], options: Mapping[str, Json], protocol: str, hint: str | None = None
) -> Options:
    """Return a source's options.

    Args:
        model: Of the protocol's options.
        options: As stored.
        protocol: Its name, for the message.
        hint: What to write instead; the names of all options when None.

    Raises:
        SettingsError: An option is unknown or invalid.
    """
    if hint is None:
        names = (field.alias or name for name, field in model.model_fields.items())
        hint = f"Known options: {', '.join(names)}."
    try:
        return model.model_validate(dict(options))
    except ValidationError as error:
        sentences = [_sentence(item, protocol, hint) for item in error.errors()]
        raise SettingsError("; ".join(sentences)) from None


def _sentence(item: Mapping[str, Any], protocol: str, hint: str) -> str:
    name = ".".join(str(part) for part in item["loc"])
    value = repr(item["input"])[:_SHOWN]
    return f"Option {name!r} of protocol {protocol} is {value}: {item['msg']}. {hint}"
