"""Frozen values that one step hands to the next.

Only what crosses two steps stands here; what a step uses alone stays in that step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from iiif_dedup.errors import Reason

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
LanguageMap: TypeAlias = Mapping[str, tuple[str, ...]]
"""Language tag ("none" where there is none) to values, as in IIIF Presentation 3, section 4.2."""

TILE_SHAPE = (32, 32, 3)
"""A tile: rows, columns and RGB of the whole picture, uint8; the paper's section 4.2."""
BLANK_DEVIATION = 2.0
"""A tile is blank when no channel's standard deviation reaches this many of 256 levels."""


@dataclass(frozen=True, slots=True)
class ImageRef:
    """One picture of a record as its partner announces it, not yet fetched.

    Attributes:
        position: 0-based place among the record's pictures.
        url: The painting body's own URL; what is fetched when there is no service.
        service_id: Base URI of the Image API service without a trailing slash.
        service_version: Major version of the Image API, 1, 2 or 3.
        service_level: Compliance level 0, 1 or 2; None when the manifest does not say.
        width: Width of the picture in pixels as declared; so for `height`.
        canvas_id: URI of the canvas the picture paints.
        canvas_width: Width of the canvas in its own units; so for `canvas_height`.
        format: Declared media type, such as "image/jpeg".
        restricted: Whether the partner lets only some people see it in full.
    """

    position: int
    url: str
    service_id: str | None = None
    service_version: int | None = None
    service_level: int | None = None
    width: int | None = None
    height: int | None = None
    canvas_id: str | None = None
    canvas_width: int | None = None
    canvas_height: int | None = None
    format: str | None = None
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to ask later whether a document has changed (RFC 9110, section 8.8).

    Attributes:
        etag: Value of ETag, verbatim.
        last_modified: Value of Last-Modified, verbatim.
    """

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """What an earlier harvest made of the document at a URL.

    Attributes:
        identifier: Of the record that was read from it.
        validators: Of the document as it was then.
    """

    identifier: str
    validators: Validators


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a partner collection, as harvested.

    Attributes:
        identifier: The partner's own identifier, stable at the partner.
        titles: Titles by language.
        facets: Descriptive metadata, a list of `{"label": LanguageMap, "value": LanguageMap}`.
        rights: URI of a rights statement.
        provider: Name of the institution that holds the object.
        landing_page: The partner's page for people.
        manifest_url: Where the IIIF manifest came from.
        datestamp: The partner's own date of last change, verbatim.
        manifest: The parts of a Presentation 3 manifest that are published again unchanged
            (label, metadata, requiredStatement, rights, provider, homepage, items without
            annotations); None when the record came without a manifest.
        images: The pictures in the partner's order; empty when the record has none.
        validators: Of the document at `manifest_url` that it was read from; not content.
    """

    identifier: str
    titles: LanguageMap
    images: tuple[ImageRef, ...]
    facets: tuple[Mapping[str, Json], ...] = ()
    rights: str | None = None
    provider: str | None = None
    landing_page: str | None = None
    manifest_url: str | None = None
    datestamp: str | None = None
    manifest: Mapping[str, Json] | None = None
    validators: Validators | None = None


@dataclass(frozen=True, slots=True)
class RecordFailure:
    """A record that could not be read; kept, never fatal.

    Attributes:
        identifier: The partner's identifier as far as it is known.
        url: What was asked.
        reason: Stable code; see `iiif_dedup.errors.Reason`.
        detail: One sentence for the operator.
    """

    identifier: str
    url: str | None
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A record that is still there and need not be read again.

    Attributes:
        identifier: The partner's identifier, as in `Record`.
    """

    identifier: str


@dataclass(frozen=True, slots=True)
class Deletion:
    """A record that the partner says is no longer there.

    Attributes:
        identifier: The partner's identifier, as in `Record`.
    """

    identifier: str


@dataclass(frozen=True, slots=True)
class Renaming:
    """A record that the partner says has got another identifier.

    Attributes:
        identifier: The one that it had.
        new_identifier: The one that it has now; its record comes as an event of its own.
    """

    identifier: str
    new_identifier: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A place from which a harvest can go on after a kill.

    Everything that the harvester yielded before it is to be stored in one transaction with it.

    Attributes:
        state: JSON that `Harvester.harvest` takes to go on right behind this place.
        done: Members dealt with so far.
        total: Members in all, None while unknown.
    """

    state: Mapping[str, Json]
    done: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Ending:
    """The last event of a harvest that came to its end.

    Attributes:
        whole: Whether everything that the partner has was named, so that what was not is gone.
        bookmark: JSON that the next harvest takes to ask only for what changed; None when there
            is no such way.
    """

    whole: bool
    bookmark: Mapping[str, Json] | None = None


HarvestEvent: TypeAlias = (
    Record | RecordFailure | Unchanged | Deletion | Renaming | Checkpoint | Ending
)


Point: TypeAlias = tuple[float, float]
"""A place in a picture, x right and y down, as shares of its width and height."""


@dataclass(frozen=True, slots=True)
class MatchedRegion:
    """One surface that two pictures both show, found by its local features.

    Attributes:
        anchor: The corners of the outline in the anchor, in order.
        candidate: The corresponding corners in the candidate.
        inliers: Pairs of features that one transform explains.
        surprise: −log₁₀ of how many such agreements chance alone would give, > 0.
        mirrored: Whether one picture shows it as the other's mirror image.
    """

    anchor: tuple[Point, ...]
    candidate: tuple[Point, ...]
    inliers: int
    surprise: float
    mirrored: bool


@dataclass(frozen=True, slots=True)
class MetadataPoint:
    """One statement of two catalogues that agrees or contradicts, in their own words.

    Attributes:
        kind: What it is about, such as "inventory_number" or "place".
        agrees: Whether the two say the same; otherwise they contradict each other.
        anchor: The words in the anchor's record.
        candidate: The words in the candidate's record.
        anchor_label: What the anchor's catalogue calls them.
        candidate_label: What the candidate's catalogue calls them.
    """

    kind: str
    agrees: bool
    anchor: str
    candidate: str
    anchor_label: str
    candidate_label: str


class Relation(StrEnum):
    """What two records may be to each other; one list for machine and people."""

    SAME_IMAGE = "same_image"
    """Negative, scan, crop or colour version of one picture."""
    SAME_OBJECT = "same_object"
    PART_OF = "part_of"
    COPY_AFTER = "copy_after"
    SIMILAR = "similar"
    """Of one type, workshop or series."""
    NOT_RELATED = "not_related"
    CANNOT_SAY = "cannot_say"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for and against two pictures showing one artefact, and how surely.

    Attributes:
        probability: That they do, 0 to 1, as one of the pairs that searches propose.
        relation: A guess: same image, same object, or similar.
        measures: Name of each known measure → number; see `iiif_dedup.evidence.measures`.
        contributions: Name of a measure → what it added to the logit of the probability.
        regions: Surfaces that both pictures show, the most surprising first.
        metadata: Statements of the two catalogues that agree or contradict.
        fusion: Version of what made the probability.
    """

    probability: float
    relation: Relation
    measures: Mapping[str, float]
    contributions: Mapping[str, float]
    regions: tuple[MatchedRegion, ...]
    metadata: tuple[MetadataPoint, ...]
    fusion: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pool image that one run proposes for its anchor.

    Attributes:
        image_version_id: The pool image.
        norm: What the recipe compares with τ, ≥ 0; smaller is more clone-like.
        rank: 1-based place among the candidates, by all generators together.
        generators: Generator ("clone", "phash", a descriptor's name) → 1-based rank there; only
            of those that found it.
        distances: Generator → how far it is by that, ≥ 0, of all that compared it.
        relative: Generator → the same as a share of how far the generator's nearest are on
            average, ≥ 0.
    """

    image_version_id: str
    norm: float
    rank: int
    generators: Mapping[str, int]
    distances: Mapping[str, float] = field(default_factory=dict)
    relative: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What one run of a clone recipe found; see the paper's sections 3 and 4.2.

    Attributes:
        recipe: Name of the recipe, such as "paper".
        parameters: Every parameter that the recipe used.
        seed: The seed all its random numbers came from.
        mu: Mean norm of the anchor's views, μ.
        margin: The margin m.
        accepted: How many pool images have a norm ≤ τ = μ + m.
        pool_size: How many images were scored.
        candidates: The union of what the generators found, best first.
        timings: Seconds by phase ("train", "score", "union").
    """

    recipe: str
    parameters: Mapping[str, Json]
    seed: int
    mu: float
    margin: float
    accepted: int
    pool_size: int
    candidates: tuple[Candidate, ...]
    timings: Mapping[str, float] = field(default_factory=dict)

    @property
    def tau(self) -> float:
        """The threshold τ = μ + m."""
        return self.mu + self.margin


@dataclass(frozen=True, slots=True)
class ImageView:
    """A stored picture of a record, as the API and IIIF show it.

    Attributes:
        id: The image slot.
        position: 0-based place among the record's pictures.
        version_id: What is in the slot now; None before it was fetched.
        pixel_width: Width in pixels of the picture as fetched, None before; so for `pixel_height`.
        state: pending, ready, failed or gone.
        reason: Why it failed; see `iiif_dedup.errors.Reason`.
        detail: The same in a sentence.
        sha256: Of the bytes in the slot now, as hexadecimal digits; None before.

    The other attributes are those of `ImageRef`.
    """

    id: str
    position: int
    url: str
    service_id: str | None
    service_version: int | None
    service_level: int | None
    width: int | None
    height: int | None
    format: str | None
    canvas_id: str | None
    canvas_width: int | None
    canvas_height: int | None
    state: str
    reason: str | None
    detail: str | None
    version_id: str | None
    pixel_width: int | None
    pixel_height: int | None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class RecordView:
    """A stored record, as the API and IIIF show it; texts are as the partner wrote them.

    Attributes:
        id: The record.
        source_key: The collection it came from.
        source_title: That collection's name.
        state: active or deleted.
        changed_at: When its content last changed.
        manifest: As in `Record`; None also where it was not read from the database.
        images: Its pictures in order, without those that are gone; empty where not read.

    The other attributes are those of `Record`.
    """

    id: str
    source_key: str
    source_title: str
    identifier: str
    titles: Mapping[str, Json]
    facets: Sequence[Json]
    rights: str | None
    provider: str | None
    landing_page: str | None
    manifest_url: str | None
    manifest: Mapping[str, Json] | None
    state: str
    changed_at: datetime
    images: tuple[ImageView, ...] = ()


@dataclass(frozen=True, slots=True)
class RunView:
    """A finished search, as the API and IIIF show it.

    Attributes:
        id: The run.
        anchor: The picture it started from.
        anchor_version_id: What was in that slot when it ran.
        covered_sequence: Highest image sequence that was scored.
        new_images_since: How many pictures came into the pool after that.
        generators: What proposed candidates, each with its version.
        encoder_version: Of the collection's encoder; None for a recipe that uses none.
        encoder_active: Whether that encoder is the one in use now; so without any.
        calibration: Of that encoder; None where nobody calibrated it.
        background: Centre and scale that turn a score of the calibration into a norm.
        finished_at: When it ended.

    The other attributes are those of `SearchResult`.
    """

    id: str
    record_id: str
    anchor: ImageView
    anchor_version_id: str
    recipe: str
    parameters: Mapping[str, Json]
    seed: int
    versions: Mapping[str, Json]
    mu: float
    margin: float
    pool_size: int
    accepted: int
    covered_sequence: int
    new_images_since: int
    generators: Mapping[str, str]
    encoder_version: str | None
    encoder_active: bool
    calibration: Mapping[str, Json] | None
    background: Mapping[str, float] | None
    timings: Mapping[str, Json]
    finished_at: datetime

    @property
    def tau(self) -> float:
        """The threshold τ = μ + m."""
        return self.mu + self.margin


@dataclass(frozen=True, slots=True)
class ScoredImage:
    """A picture that one run proposes.

    Attributes:
        image: The picture.
        norm: As in `Candidate`.
        rank: As in `Candidate`.
        generators: As in `Candidate`.
        evidence: Of the pair; None in runs from before there was any.
    """

    image: ImageView
    norm: float
    rank: int
    generators: Mapping[str, int]
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A record that one run proposes.

    Attributes:
        record: The proposed record, without manifest and images.
        best: Its most probable picture, or with the best rank where nothing was weighed.
        others: Its further pictures among the run's candidates, best first.
        first_seen: When a run from the same picture proposed the record first.
    """

    record: RecordView
    best: ScoredImage
    others: tuple[ScoredImage, ...]
    first_seen: datetime
