"""The kinds of jobs: what each handler joins, and how long it may take.

Handlers hold no logic of their own, and import what they join when they run: a batch worker that
never searches never loads torch. A new kind is one function and one line in `KINDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from iiif_dedup.settings import Settings
from iiif_dedup.store.jobs import Claim
from iiif_dedup.store.models import Job

Handler = Callable[[Settings, Claim], Sequence[Job]]
"""Does the work of a claimed job and ends it with `Claim.succeed`; returns the jobs to wake."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of job.

    Attributes:
        handler: Does the work.
        timeout_s: Returns the most seconds for one attempt.
    """

    handler: Handler
    timeout_s: Callable[[Settings], float]


KINDS: dict[str, Kind] = {}
