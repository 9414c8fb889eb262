"""The tables, in the order in which data reaches them.

`source` → `harvest`, `harvest_failure` → `record`, `record_alias`, `same_record` → `image` (a
slot) → `image_version` (what was seen in it) → `tile` (what was made of the bytes) → `encoder`
(trained on the tiles) → `search_run` → `candidate`; beside them `job` (the queue's truth and the
outbox), `event` (what an operator should know), `lease` and `counter`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from iiif_dedup.store.ids import ID_LENGTH


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time, always aware and in UTC; SQLite would forget the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  SQLAlchemy's signature
        """Return `value` in UTC, refusing naive times."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"expected an aware time, got the naive {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  SQLAlchemy's signature
        """Return `value` as an aware time in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of all tables; names of constraints are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy reads it from the class
        datetime: UtcDateTime,
        dict[str, Any]: JSON(none_as_null=True),
        list[Any]: JSON(none_as_null=True),
    }


Id = String(ID_LENGTH)


class Source(Base):
    """A partner collection that is harvested; `key` is immutable and part of every record id."""

    __tablename__ = "source"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    protocol: Mapped[str] = mapped_column(String(64))
    endpoint: Mapped[str] = mapped_column(Text)
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What the harvester takes."""
    politeness: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What overrides the fetch settings for this partner; see `fetch.policy`."""
    enabled: Mapped[bool] = mapped_column(default=True)
    schedule: Mapped[str | None] = mapped_column(Text)
    """When it is harvested, as a cron expression of five fields; None for on demand only."""
    time_zone: Mapped[str] = mapped_column(Text, default="UTC", server_default="UTC")
    """IANA name of the zone that the schedule is in."""
    next_run_at: Mapped[datetime | None]
    """When the schedule wants the next harvest."""
    bookmark: Mapped[dict[str, Any] | None]
    """Of the last harvest that came to its end; see `types.Ending`."""
    created_at: Mapped[datetime]


class Harvest(Base):
    """One pass over a source; `checkpoint` is where it goes on after a kill."""

    __tablename__ = "harvest"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    source_key: Mapped[str] = mapped_column(ForeignKey("source.key"), index=True)
    number: Mapped[int]
    """1 for the source's first harvest; the id is made of source key and number."""
    job_id: Mapped[str | None] = mapped_column(Id)
    state: Mapped[str] = mapped_column(String(16))
    """running, waiting (for an operator, since it would delete much), finished or failed."""
    kind: Mapped[str] = mapped_column(String(16), default="whole", server_default="whole")
    """whole, incremental (only what changed was asked for), retry (only what failed) or move
    (whole, after the source got another address)."""
    since: Mapped[dict[str, Any] | None]
    """The bookmark that all its attempts begin from."""
    checkpoint: Mapped[dict[str, Any] | None]
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Records by what became of them: new, changed, same, deleted, renamed, failed; images
    announced; requests made and bytes received; see `store.harvests`."""
    error: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("source_key", "number"),)


class HarvestFailure(Base):
    """A record that a harvest could not read, with its reason."""

    __tablename__ = "harvest_failure"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    harvest_id: Mapped[str] = mapped_column(ForeignKey("harvest.id"), index=True)
    identifier: Mapped[str] = mapped_column(Text)
    url: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(String(64))
    detail: Mapped[str] = mapped_column(Text)


class Record(Base):
    """A partner's record as last harvested."""

    __tablename__ = "record"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    source_key: Mapped[str] = mapped_column(ForeignKey("source.key"))
    identifier: Mapped[str] = mapped_column(Text)
    titles: Mapped[dict[str, Any]]
    facets: Mapped[list[Any]]
    rights: Mapped[str | None] = mapped_column(Text)
    provider: Mapped[str | None] = mapped_column(Text)
    landing_page: Mapped[str | None] = mapped_column(Text)
    manifest_url: Mapped[str | None] = mapped_column(Text)
    datestamp: Mapped[str | None] = mapped_column(Text)
    manifest: Mapped[dict[str, Any] | None]
    """The partner's manifest as far as it is published again; see `types.Record.manifest`."""
    content_hash: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16), default="active")
    """active, deleted (the partner no longer has it) or withdrawn (taken down here, for good)."""
    etag: Mapped[str | None] = mapped_column(Text)
    """Validators of the document at `manifest_url` as last read; so `last_modified`."""
    last_modified: Mapped[str | None] = mapped_column(Text)
    deletion_harvest_id: Mapped[str | None] = mapped_column(Id)
    """The harvest in which the partner called it deleted, which takes effect at its end."""
    first_harvest_id: Mapped[str] = mapped_column(ForeignKey("harvest.id"))
    last_harvest_id: Mapped[str] = mapped_column(ForeignKey("harvest.id"))
    changed_at: Mapped[datetime]

    images: Mapped[list[Image]] = relationship(
        back_populates="record", order_by="Image.position", passive_deletes=True
    )
    source: Mapped[Source] = relationship()

    # The id says source and identifier, so these need no index of their own. URLs may be longer
    # than PostgreSQL's B-trees take; its hash index takes any.
    __table_args__ = (
        Index("ix_record_source_key_id", "source_key", "id"),
        Index("ix_record_manifest_url", "manifest_url", postgresql_using="hash"),
    )


class RecordAlias(Base):
    """An id that leads to a record since a Move or a renaming; its URLs redirect."""

    __tablename__ = "record_alias"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    """Of another identifier of the record; see `store.aliases`."""
    record_id: Mapped[str] = mapped_column(ForeignKey("record.id"), index=True)
    created_at: Mapped[datetime]


class SameRecord(Base):
    """Two rows that are one record, harvested by two routes: no clone, and no matter of opinion."""

    __tablename__ = "same_record"

    first_id: Mapped[str] = mapped_column(ForeignKey("record.id"), primary_key=True)
    """The smaller one of the two ids."""
    second_id: Mapped[str] = mapped_column(ForeignKey("record.id"), primary_key=True, index=True)
    rule: Mapped[str] = mapped_column(String(32))
    """What told it: landing_page, manifest or identifier."""
    undone: Mapped[bool] = mapped_column(default=False)
    """An operator has said that it is wrong; it stays, so that nobody finds it again."""
    created_at: Mapped[datetime]


class Image(Base):
    """A slot: one picture of a record, whatever its bytes are today."""

    __tablename__ = "image"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("record.id"))
    position: Mapped[int]
    url: Mapped[str] = mapped_column(Text)
    service_id: Mapped[str | None] = mapped_column(Text)
    service_version: Mapped[int | None]
    service_level: Mapped[int | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    format: Mapped[str | None] = mapped_column(Text)
    restricted: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    canvas_id: Mapped[str | None] = mapped_column(Text)
    canvas_width: Mapped[int | None]
    canvas_height: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(16), default="pending")
    """pending (to be fetched), ready, failed, or gone (the record no longer has it)."""
    reason: Mapped[str | None] = mapped_column(String(64))
    detail: Mapped[str | None] = mapped_column(Text)
    current_version_id: Mapped[str | None] = mapped_column(Id)
    """The image version in the slot now; no foreign key, since the two tables name each other."""
    recheck: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Ready, and to be asked for again, since its record has changed."""
    etag: Mapped[str | None] = mapped_column(Text)
    """Validators of the file as last fetched from its request URL; so `last_modified`."""
    last_modified: Mapped[str | None] = mapped_column(Text)

    record: Mapped[Record] = relationship(back_populates="images")

    __table_args__ = (
        UniqueConstraint("record_id", "position"),
        Index("ix_image_pending", "state", "record_id", "position"),
    )


class ImageVersion(Base):
    """Bytes seen in an image slot; `sequence` orders the pool without gaps."""

    __tablename__ = "image_version"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    image_id: Mapped[str] = mapped_column(ForeignKey("image.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    sequence: Mapped[int] = mapped_column(BigInteger, unique=True)
    request_url: Mapped[str] = mapped_column(Text)
    byte_size: Mapped[int]
    width: Mapped[int]
    """Width in pixels of the picture as fetched, EXIF orientation undone; so for `height`."""
    height: Mapped[int]
    seen_at: Mapped[datetime]


class Tile(Base):
    """What one preprocessing made of the bytes `sha256`; made once however often they occur."""

    __tablename__ = "tile"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    preprocessing: Mapped[str] = mapped_column(String(32), primary_key=True)
    pixels: Mapped[bytes] = mapped_column(LargeBinary)
    """Row-major uint8 RGB, 32 × 32 × 3 = 3,072 bytes."""
    phash: Mapped[str] = mapped_column(String(16))
    """64-bit perceptual hash as 16 hex digits."""
    blank: Mapped[bool]


ENCODER_IS_ACTIVE = text("state = 'active'")


class Encoder(Base):
    """An encoder trained on this collection's tiles; at most one is active."""

    __tablename__ = "encoder"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    """Its version, made of the weights."""
    state: Mapped[str] = mapped_column(String(16))
    """building (trained, not yet in use), active or retired."""
    weights: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """Safetensors; dropped when the encoder is neither new nor cited by a run."""
    preprocessing: Mapped[str] = mapped_column(String(32))
    """Of the tiles that it takes."""
    description: Mapped[dict[str, Any]]
    """How it was trained: seed, plan, parent."""
    images: Mapped[int]
    """How many images it was trained on."""
    covered_sequence: Mapped[int] = mapped_column(BigInteger)
    """Highest image sequence among them."""
    calibration: Mapped[dict[str, Any] | None]
    """What turns a budget into a threshold; see `search.calibration`."""
    job_id: Mapped[str | None] = mapped_column(Id)
    created_at: Mapped[datetime]
    activated_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_encoder_active",
            "state",
            unique=True,
            sqlite_where=ENCODER_IS_ACTIVE,
            postgresql_where=ENCODER_IS_ACTIVE,
        ),
    )


class Descriptor(Base):
    """The vector that one version of a descriptor made of the bytes `sha256`; made once also."""

    __tablename__ = "descriptor"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[str] = mapped_column(String(255), primary_key=True)
    """Of the descriptor; see `process.descriptors.Descriptor`."""
    sequence: Mapped[int] = mapped_column(BigInteger, unique=True)
    """Orders all vectors without gaps, later ones behind."""
    vector: Mapped[bytes] = mapped_column(LargeBinary)
    """Of length 1, little-endian float16."""


class SearchRun(Base):
    """One finished search; with its anchor, recipe, parameters and pool it is reproducible."""

    __tablename__ = "search_run"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    """Made of anchor, recipe, parameters, covered sequence and pool: a repeat is the same row."""
    record_id: Mapped[str] = mapped_column(ForeignKey("record.id"))
    anchor_version_id: Mapped[str] = mapped_column(ForeignKey("image_version.id"), index=True)
    recipe: Mapped[str] = mapped_column(String(32))
    parameters: Mapped[dict[str, Any]]
    seed: Mapped[int] = mapped_column(BigInteger)
    versions: Mapped[dict[str, Any]]
    """Versions of the package, torch and the preprocessing, and the device."""
    encoder_version: Mapped[str | None] = mapped_column(Id, index=True)
    """Of the encoder that the recipe used; the starting encoder has no row."""
    generators: Mapped[dict[str, Any]]
    """What proposed candidates, each with its version."""
    background: Mapped[dict[str, Any] | None]
    """Centre and scale that turn a score of the encoder's calibration into a norm."""
    covered_sequence: Mapped[int] = mapped_column(BigInteger)
    """Highest image sequence that was scored."""
    pool_size: Mapped[int]
    pool_hash: Mapped[str] = mapped_column(String(64))
    """SHA-256 over the ids of the images scored, in order."""
    mu: Mapped[float]
    margin: Mapped[float]
    accepted: Mapped[int]
    """Pool images with a norm ≤ τ = μ + m."""
    timings: Mapped[dict[str, Any]]
    """Seconds by phase."""
    finished_at: Mapped[datetime]

    candidates: Mapped[list[Candidate]] = relationship(order_by="Candidate.rank")

    __table_args__ = (Index("ix_search_run_newest", "record_id", "recipe", "finished_at"),)


class Candidate(Base):
    """A pool image that a run proposes."""

    __tablename__ = "candidate"

    run_id: Mapped[str] = mapped_column(ForeignKey("search_run.id"), primary_key=True)
    image_version_id: Mapped[str] = mapped_column(ForeignKey("image_version.id"), primary_key=True)
    norm: Mapped[float]
    rank: Mapped[int]
    """1-based, by all generators together."""
    generators: Mapped[dict[str, Any]]
    """Generator → 1-based rank there, of those that proposed it."""
    probability: Mapped[float | None]
    """That it shows the same artefact, as far as the evidence goes; None before there was any."""
    evidence: Mapped[dict[str, Any] | None]
    """See `store.evidence`."""


JOB_IS_ACTIVE = text("state IN ('queued', 'running')")


class Job(Base):
    """Work to be done; the queue's truth and the outbox, since wake-ups may be lost."""

    __tablename__ = "job"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    queue: Mapped[str] = mapped_column(String(16))
    """interactive (somebody waits) or batch."""
    arguments: Mapped[dict[str, Any]]
    dedupe_key: Mapped[str | None] = mapped_column(Text)
    """At most one queued or running job has a given key."""
    state: Mapped[str] = mapped_column(String(16))
    """queued, running, succeeded, failed or cancelled."""
    attempt: Mapped[int] = mapped_column(default=0)
    """How often it was started; the fencing number of what the attempt writes."""
    fruitless: Mapped[int] = mapped_column(default=0)
    """Attempts in a row that stored nothing; too many of them, and the job is given up."""
    lease_owner: Mapped[str | None] = mapped_column(Text)
    lease_until: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    progress_done: Mapped[int] = mapped_column(default=0)
    progress_total: Mapped[int | None]
    progress_text: Mapped[str] = mapped_column(Text, default="")
    result: Mapped[dict[str, Any] | None]
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_job_active_dedupe_key",
            "dedupe_key",
            unique=True,
            sqlite_where=JOB_IS_ACTIVE,
            postgresql_where=JOB_IS_ACTIVE,
        ),
        Index("ix_job_state", "state", "queue", "created_at"),
    )


class Event(Base):
    """Something that an operator should know, such as a harvest that failed."""

    __tablename__ = "event"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    """harvest_failed, harvest_waiting, ..."""
    subject: Mapped[str] = mapped_column(Text)
    """The key or id of what it is about."""
    detail: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]

    __table_args__ = (Index("ix_event_created_at", "created_at", "id"),)


class Lease(Base):
    """A named right that one process holds for a while, such as being the scheduler."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    owner: Mapped[str] = mapped_column(Text)
    until: Mapped[datetime]


class Counter(Base):
    """A number that transactions take in commit order, so that readers never miss one."""

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)
