"""Harvests by a plan: what to read is listed first, then read in the list's order.

After a kill the plan is made anew, and a place in it is found again by the last key dealt with.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

from pydantic import Field

from harvesters.ahead import in_order
from harvesters.options import SourceOptions, read_options
from iiif_dedup.errors import FetchError
from iiif_dedup.types import Checkpoint, HarvestEvent, Json

MAX_PLAN = 1_000_000
"""Most steps of one plan."""

Step = TypeVar("Step")


_HINT = "Known option: checkpoint_every, a whole number from 1 to 1000."


class PlanOptions(SourceOptions):
    """What a source may say about a harvest by a plan.

    Attributes:
        checkpoint_every: Members between two checkpoints.
    """

    checkpoint_every: int = Field(20, ge=1, le=1000)


def plan_options(options: Mapping[str, Json], protocol: str) -> PlanOptions:
    """Return a source's options. Raises SettingsError as `options.read_options`."""
    return read_options(PlanOptions, options, protocol, _HINT)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a plan.

    Attributes:
        position: How many steps are behind it.
        after: Key of the last of them.
    """

    position: int = 0
    after: str | None = None

    def checkpoint(self, total: int | None, notes: Mapping[str, Json] | None = None) -> Checkpoint:
        """Return a checkpoint here; `notes` are further parts of its state."""
        state = {"position": self.position, "after": self.after, **(notes or {})}
        return Checkpoint(state, self.position, total)


def read_place(state: Mapping[str, Json] | None) -> Place:
    """Return the place in a checkpoint's state; the beginning where there is none."""
    position, after = (state or {}).get("position"), (state or {}).get("after")
    if not isinstance(position, int) or not isinstance(after, str):
        return Place()
    return Place(position, after)


def find_place(place: Place, keys: Sequence[str]) -> Place:
    """Return `place` in a plan that may have changed since.

    Where the plan grew or shrank before it, the last key dealt with tells the place; where that is
    gone, the harvest begins again, which stores the same rows once more.
    """
    if 0 < place.position <= len(keys) and keys[place.position - 1] == place.after:
        return place
    for position, key in enumerate(keys, start=1):
        if key == place.after:
            return Place(position, place.after)
    return Place()


def follow(
    steps: Sequence[Step],
    keys: Sequence[str],
    work: Callable[[Step], Sequence[HarvestEvent]],
    place: Place,
    *,
    every: int,
    concurrency: int,
    notes: Mapping[str, Json] | None = None,
) -> Generator[HarvestEvent, None, None]:
    """Yield what comes of the steps behind `place`, with checkpoints, the last one at the end.

    Args:
        steps: The whole plan.
        keys: Of the steps, in their order.
        work: Does one step, in a thread.
        place: Where to go on.
        every: Steps between two checkpoints.
        concurrency: Most steps at a time.
        notes: Further parts of the state, read anew at each checkpoint.

    Raises:
        FetchError: What `work` raises, behind a checkpoint.
    """
    try:
        with closing(in_order(work, steps[place.position :], concurrency)) as outcomes:
            for events in outcomes:
                yield from events
                place = Place(place.position + 1, keys[place.position])
                if place.position % every == 0 and place.position < len(steps):
                    yield place.checkpoint(len(steps), notes)
    except FetchError:
        yield place.checkpoint(len(steps), notes)
        raise
    yield place.checkpoint(len(steps), notes)
