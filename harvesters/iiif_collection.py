"""Harvests a IIIF Presentation 3 Collection with everything below it, or a single Manifest.

First the collections are read, depth-first and in order, into a plan: the manifests to ask for
and the members that cannot be followed. Then the manifests are fetched, several at once but
yielded in the plan's order. Collections are few beside manifests, so after a kill the plan is
made anew and the state of a checkpoint is one position in it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from typing import ClassVar, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harvesters.base import Known, nothing_known
from harvesters.pauses import raise_if_long_pause
from harvesters.presentation3 import (
    Member,
    document_kind,
    parse_collection,
    parse_manifest,
)
from iiif_dedup.errors import FetchError, HarvestError, Reason, SettingsError
from iiif_dedup.fetch import Fetcher
from iiif_dedup.types import Checkpoint, Ending, HarvestEvent, Json, Record, RecordFailure

MAX_PLAN = 1_000_000
"""Most members of a collection with all collections below it."""

_ACCEPT = (
    'application/ld+json;profile="http://iiif.io/api/presentation/3/context.json", '
    "application/ld+json;q=0.9, application/json;q=0.8, */*;q=0.1"
)

_Step: TypeAlias = Member | Record | RecordFailure


class _Options(BaseModel):
    """What a source may say about this protocol."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    checkpoint_every: int = Field(20, ge=1, le=1000)


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in the plan: how many steps are behind it, and what the last of them is about."""

    position: int = 0
    after: str | None = None

    def checkpoint(self, total: int | None) -> Checkpoint:
        state: dict[str, Json] = {"position": self.position, "after": self.after}
        return Checkpoint(state, self.position, total)


class IiifCollectionHarvester:
    """Yields a record for each manifest; see `harvesters.base` for the contract.

    A member that is named again is asked for once and yields a DUPLICATE_MEMBER failure, which
    also ends every circle of collections.

    Args:
        endpoint: URL of a Collection or a Manifest.
        options: `checkpoint_every`, members between two checkpoints, 1 to 1000, default 20.
        fetcher: Its policy's concurrency is how many manifests are asked for at once.

    Raises:
        SettingsError: An option is unknown or invalid.
    """

    protocol: ClassVar[str] = "iiif_collection"

    def __init__(self, endpoint: str, options: Mapping[str, Json], fetcher: Fetcher) -> None:
        self._endpoint = endpoint
        self._fetcher = fetcher
        try:
            self._every = _Options.model_validate(dict(options)).checkpoint_every
        except ValidationError as error:
            raise SettingsError("; ".join(_sentence(item) for item in error.errors())) from None

    def harvest(
        self,
        state: Mapping[str, Json] | None = None,
        *,
        since: Mapping[str, Json] | None = None,  # noqa: ARG002  a collection names all it has
        known: Known = nothing_known,  # noqa: ARG002
    ) -> Iterator[HarvestEvent]:
        """Yield the records behind `state`; see `harvesters.base.Harvester.harvest`.

        Checkpoints also come while the collections are read, so that the caller sees life.
        """
        place = _read_state(state)
        plan = yield from self._plan(place)
        place = _find(place, plan)
        try:
            with closing(self._outcomes(plan[place.position :])) as outcomes:
                for outcome in outcomes:
                    yield outcome
                    place = _Place(place.position + 1, _key(plan[place.position]))
                    if place.position % self._every == 0 and place.position < len(plan):
                        yield place.checkpoint(len(plan))
        except FetchError:
            yield place.checkpoint(len(plan))
            raise
        yield place.checkpoint(len(plan))
        yield Ending(whole=_names_all(plan))

    def _plan(self, place: _Place) -> Generator[Checkpoint, None, list[_Step]]:
        """Return every manifest and failure in order; yields `place` after each collection."""
        root = self._fetcher.get_json(self._endpoint, accept=_ACCEPT)
        if isinstance(root.document, Mapping) and document_kind(root.document) == "Manifest":
            record = parse_manifest(root.document, root.final_url)
            return [replace(record, manifest_url=self._endpoint)]
        page = parse_collection(root.document, root.final_url)
        seen = {self._endpoint, root.final_url, page.identifier}
        plan: list[_Step] = []
        pending: list[_Step] = [*reversed(page.members)]
        while pending:
            step = pending.pop()
            if not isinstance(step, Member):
                plan.append(step)
            elif step.url in seen:
                plan.append(_failure(step, Reason.DUPLICATE_MEMBER, "It is named more than once."))
            else:
                seen.add(step.url)
                if step.kind == "Collection":
                    pending.extend(reversed(self._members(step)))
                    yield place.checkpoint(None)
                else:
                    plan.append(step)
            if len(plan) + len(pending) > MAX_PLAN:
                raise HarvestError(
                    Reason.INVALID_COLLECTION,
                    f"The collection {self._endpoint} names more than {MAX_PLAN} members. "
                    "Add its parts as sources of their own.",
                )
        return plan

    def _members(self, collection: Member) -> Sequence[_Step]:
        """Return the members of a collection below the root, or its one failure."""
        try:
            if collection.document is not None:
                return parse_collection(collection.document, collection.url).members
            fetched = self._fetcher.get_json(collection.url, accept=_ACCEPT)
            return parse_collection(fetched.document, fetched.final_url).members
        except (FetchError, HarvestError) as error:
            raise_if_long_pause(error, self._fetcher)
            return [_failure(collection, error.reason, str(error))]

    def _outcomes(self, steps: Sequence[_Step]) -> Generator[Record | RecordFailure, None, None]:
        """Yield what became of each step, in order, while the next ones are being fetched."""
        concurrency = self._fetcher.policy.concurrency
        window: deque[Future[Record | RecordFailure]] = deque()
        with ThreadPoolExecutor(concurrency, thread_name_prefix="harvest") as pool:
            try:
                for step in steps:
                    window.append(pool.submit(self._outcome, step))
                    if len(window) > concurrency:
                        yield window.popleft().result()
                while window:
                    yield window.popleft().result()
            finally:
                for future in window:
                    future.cancel()

    def _outcome(self, step: _Step) -> Record | RecordFailure:
        if not isinstance(step, Member):
            return step
        try:
            if step.document is not None:
                return parse_manifest(step.document, step.url)
            fetched = self._fetcher.get_json(step.url, accept=_ACCEPT)
            record = parse_manifest(fetched.document, fetched.final_url)
        except (FetchError, HarvestError) as error:
            raise_if_long_pause(error, self._fetcher)
            return _failure(step, error.reason, str(error))
        return replace(record, manifest_url=step.url)


def _names_all(plan: Sequence[_Step]) -> bool:
    """Tell whether no member could hide behind a step that was not followed.

    A manifest that fails later is still named; a collection that could not be read hides its own.
    """
    return all(
        step.reason is Reason.DUPLICATE_MEMBER for step in plan if isinstance(step, RecordFailure)
    )


def _failure(member: Member, reason: Reason, detail: str) -> RecordFailure:
    return RecordFailure(identifier=member.url, url=member.url, reason=reason, detail=detail)


def _key(step: _Step) -> str:
    return step.url if isinstance(step, Member) else step.identifier


def _read_state(state: Mapping[str, Json] | None) -> _Place:
    if state is None:
        return _Place()
    position, after = state.get("position"), state.get("after")
    if not isinstance(position, int) or not isinstance(after, str):
        return _Place()
    return _Place(position, after)


def _find(place: _Place, plan: Sequence[_Step]) -> _Place:
    """Return `place` in a plan that may have changed since.

    Where the collection grew or shrank before it, the last URL dealt with tells the place; where
    that is gone, the harvest begins again, which stores the same rows once more.
    """
    if 0 < place.position <= len(plan) and _key(plan[place.position - 1]) == place.after:
        return place
    for position, step in enumerate(plan, start=1):
        if _key(step) == place.after:
            return _Place(position, place.after)
    return _Place()


def _sentence(item: Mapping[str, object]) -> str:
    location = item["loc"]
    name = ".".join(str(part) for part in location) if isinstance(location, tuple) else location
    return (
        f"Option {name!r} of protocol iiif_collection is {item['input']!r}: {item['msg']}. "
        "Known option: checkpoint_every, a whole number from 1 to 1000."
    )
