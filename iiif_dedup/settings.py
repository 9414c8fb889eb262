"""Every setting in one place: name, default, meaning, and where its value came from.

Values come from `IIIF_DEDUP_*` environment variables, else from the TOML file that
`IIIF_DEDUP_CONFIG` names, else from the defaults below. An unknown or invalid one raises
`SettingsError` with a sentence that says what to write. `docs/reference/settings.md` is made
from this file, and a test keeps them equal.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from iiif_dedup.errors import SettingsError

PREFIX = "IIIF_DEDUP_"
CONFIG_VARIABLE = PREFIX + "CONFIG"
SHORTEST_SOURCE_KEY = 6
"""Characters; a shorter key would be found, and hidden, within ordinary words."""

_SOURCE_KEYS_EXAMPLE = '{"europeana": "KEY"}'
_SECRETS = frozenset({"api_key", "source_keys"})


class Settings(BaseModel):
    """The settings of one process; immutable once loaded."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = Field(
        Path("data"), description="Folder for the database, private Redis and packs."
    )
    database_url: str = Field(
        "",
        description="SQLAlchemy URL; empty means SQLite in the data folder. "
        "PostgreSQL: `postgresql+psycopg://user@host/name`.",
    )
    redis_url: str = Field(
        "", description="Redis URL; empty means a private server on a socket in the data folder."
    )
    host: str = Field("127.0.0.1", description="Address that the web server listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port that the web server listens on.")
    public_url: str = Field(
        "",
        description="Base of every URL that the service hands out; empty means "
        "`http://HOST:PORT`. The Host header is never used.",
    )
    api_key: SecretStr = Field(
        SecretStr(""),
        description="Key that every write must carry as `Authorization: Bearer`. Empty means "
        "keyless: the service then refuses to listen on anything but loopback.",
    )
    publish: Literal["", "none", "accepted", "all"] = Field(
        "",
        description="Which suggestions anonymous readers of IIIF pages see; empty means `all` "
        "without a key and `accepted` with one.",
    )
    language: Literal["en", "el"] = Field("en", description="Language of annotations and pages.")
    contact: str = Field(
        "",
        description="Mail address or URL in the User-Agent, so that partners can reach you.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least severe log line that is written."
    )

    fetch_delay_s: float = Field(
        0.5, ge=0, description="Least seconds between two requests to one host."
    )
    fetch_concurrency: int = Field(
        2, ge=1, le=64, description="Most requests to one host at the same time."
    )
    fetch_retries: int = Field(
        4, ge=0, le=20, description="Times that a failed request is retried."
    )
    fetch_timeout_s: float = Field(60, gt=0, description="Most seconds for one whole response.")
    fetch_retry_after_cap_s: float = Field(
        120, ge=0, description="Most seconds that a Retry-After is waited for within a job."
    )
    fetch_max_document_mib: int = Field(
        64, ge=1, description="Largest manifest or collection in MiB."
    )
    fetch_max_image_mib: int = Field(64, ge=1, description="Largest picture file in MiB.")
    source_keys: dict[str, SecretStr] = Field(
        {},
        description="Keys that partners ask for: a JSON object, or a table of the TOML file, from "
        "the key of a source to what its partner calls a key. Never kept in the database.",
    )
    files_root: Path | None = Field(
        None,
        description="Folder beneath which sources may be files of this machine; unset means none.",
    )
    image_size: int = Field(
        1024, ge=32, description="Longest side in pixels that image servers are asked for."
    )
    derivatives: bool = Field(
        True,
        description="Whether a small JPEG of each picture is kept, to compare later versions with "
        "and to show pictures of sources without an image server.",
    )
    derivative_size: int = Field(
        768, ge=256, le=2048, description="Longest side in pixels of these JPEGs."
    )
    descriptors: str = Field(
        "efficientnet_lite0,colour,palette",
        description="Frozen descriptors of pictures that propose candidates, separated by commas; "
        "empty for none. Also `transformers:MODEL` and `torchvision:MODEL`, with `MODEL` a hub id "
        "or a local folder.",
    )
    image_max_megapixels: int = Field(
        100, ge=1, description="Pictures with more million pixels are refused before decoding."
    )

    batch_workers: int = Field(1, ge=1, description="Processes for harvests and image work.")
    interactive_workers: int = Field(1, ge=1, description="Processes for searches.")
    torch_threads: int = Field(
        0, ge=0, description="Threads of one search process; 0 means one per core."
    )
    device: str = Field("auto", description="`auto`, `cpu`, or a torch device such as `cuda:0`.")
    job_lease_s: float = Field(
        30, gt=0, description="Seconds without a sign of life until another worker takes a job."
    )
    job_attempts: int = Field(
        5, ge=1, description="Attempts in a row without progress until a job is given up."
    )
    job_timeout_s: float = Field(
        86400, gt=0, description="Most seconds for one attempt at a harvest or image job."
    )
    search_timeout_s: float = Field(300, gt=0, description="Most seconds for one search.")
    queue_limit: int = Field(
        1000, ge=1, description="Waiting searches beyond which `/clones` answers 503."
    )
    encoder_min_images: int = Field(
        500, ge=64, description="Fewest images on which the collection's own encoder is trained."
    )
    encoder_refresh_growth: float = Field(
        0.5,
        gt=0,
        description="Growth of the collection, as a part of what the encoder was trained on, "
        "after which it is trained again.",
    )
    budget: float = Field(
        0.1,
        gt=0,
        description="False alerts that a query may cost on average, from which δ follows where "
        "a caller gives none.",
    )
    candidates_per_generator: int = Field(
        50,
        ge=50,
        description="Nearest images that each generator of candidates proposes; a budget needs "
        "the nearest 50.",
    )

    verified_candidates: int = Field(
        40,
        ge=0,
        description="Candidates of a search that are compared by their local features, the first "
        "in order; each takes some ten milliseconds.",
    )

    @field_validator("source_keys", mode="before")
    @classmethod
    def _read_source_keys(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value or "{}")
        except ValueError:
            raise ValueError(f"expected JSON such as {_SOURCE_KEYS_EXAMPLE}") from None

    @field_validator("source_keys")
    @classmethod
    def _usable_source_keys(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for source, key in value.items():
            text = key.get_secret_value()
            if len(text) < SHORTEST_SOURCE_KEY or not (text.isascii() and text.isprintable()):
                raise ValueError(
                    f"the key of {source!r} must be at least {SHORTEST_SOURCE_KEY} printable "
                    "ASCII characters, since it stands in a header and is hidden in every answer"
                )
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.public_url:
            parts = urlsplit(self.public_url)
            if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query:
                raise ValueError(
                    f"public_url must be like https://dedup.example.org/path, got "
                    f"{self.public_url!r}"
                )
        return self

    @property
    def descriptor_names(self) -> tuple[str, ...]:
        """The descriptors in order, each once."""
        names = (name.strip() for name in self.descriptors.split(","))
        return tuple(dict.fromkeys(name for name in names if name))

    @property
    def local_features_folder(self) -> Path:
        """Return where local features of pictures are kept; a cache."""
        return self.data_dir / "local_features"

    @property
    def derivatives_folder(self) -> Path:
        """Where small JPEGs of pictures are kept."""
        return self.data_dir / "derivatives"

    @property
    def packs_folder(self) -> Path:
        """Where the pool is kept for searches; see `pipeline.packs`."""
        return self.data_dir / "packs"

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force."""
        if self.database_url:
            return self.database_url
        return f"sqlite:///{self.data_dir.resolve() / 'iiif_dedup.sqlite3'}"

    @property
    def base_url(self) -> str:
        """The base of every URL handed out, without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def published(self) -> Literal["none", "accepted", "all"]:
        """Which suggestions anonymous readers of IIIF pages see (DESIGN of the API: publish)."""
        if self.publish:
            return self.publish
        return "accepted" if self.api_key.get_secret_value() else "all"


@dataclass(frozen=True, slots=True)
class SettingInForce:
    """One line of the `settings` command: a setting, its value as text, and its origin."""

    name: str
    variable: str
    value: str
    default: str
    source: str
    meaning: str


def load_settings(environ: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """Return the settings in force.

    Args:
        environ: The environment; `os.environ` when None.
        **overrides: Values that win over environment and file, such as command-line options.

    Raises:
        SettingsError: A setting is unknown or invalid, or the TOML file cannot be read.
    """
    values, _ = _gather(os.environ if environ is None else environ)
    values.update(overrides)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError("; ".join(_sentence(item) for item in error.errors())) from None


def describe_settings(environ: Mapping[str, str] | None = None) -> list[SettingInForce]:
    """Return every setting with its value, source and meaning, in order of declaration.

    Raises:
        SettingsError: As `load_settings`.
    """
    env = os.environ if environ is None else environ
    settings = load_settings(env)
    _, sources = _gather(env)
    lines = []
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        lines.append(
            SettingInForce(
                name=name,
                variable=PREFIX + name.upper(),
                value=_shown(value),
                default=_shown(field.get_default()),
                source=sources.get(name, "default"),
                meaning=field.description or "",
            )
        )
    return lines


def _shown(value: object) -> str:
    return "" if value is None else str(value)


def _gather(environ: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return raw values and where each came from; the environment wins over the file."""
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    config = environ.get(CONFIG_VARIABLE)
    if config:
        for name, value in _read_toml(Path(config)).items():
            if name not in Settings.model_fields:
                raise SettingsError(_unknown(name, f"{config}"))
            values[name], sources[name] = value, config
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable == CONFIG_VARIABLE:
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name not in Settings.model_fields:
            raise SettingsError(_unknown(name, f"the environment variable {variable}"))
        values[name], sources[name] = text, variable
    return values, sources


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(
            f"{CONFIG_VARIABLE} names {path}, which cannot be read as TOML: {error}. "
            "Correct the file or unset the variable."
        ) from error


def _unknown(name: str, where: str) -> str:
    known = ", ".join(sorted(Settings.model_fields))
    return f"Unknown setting {name!r} in {where}. Known settings: {known}."


def _sentence(item: Mapping[str, Any]) -> str:
    name = ".".join(str(part) for part in item["loc"])
    if not name:
        return str(item["msg"])
    field = str(item["loc"][0])
    given = "not what it must be" if field in _SECRETS else repr(item["input"])
    return (
        f"{PREFIX}{name.upper()} is {given}: {item['msg']}. "
        f"Meaning: {Settings.model_fields[field].description}"
    )
