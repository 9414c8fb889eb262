"""Harvests an IIIF Presentation Collection with everything below it, or a single Manifest.

First the collections are read, depth-first and in order, into a plan: the manifests to ask for
and the members that cannot be followed. Then the manifests are fetched, several at once but
yielded in the plan's order. Collections are few beside manifests, so after a kill the plan is
made anew and the state of a checkpoint is one position in it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import ClassVar, TypeAlias

from harvesters.base import Known, nothing_known
from harvesters.manifests import ACCEPT, ManifestOutcome, read_manifest, record_from
from harvesters.pauses import raise_if_long_pause
from harvesters.plans import MAX_PLAN, Place, find_place, follow, plan_options, read_place
from harvesters.presentation3 import Member, document_kind, parse_collection
from iiif_dedup.errors import FetchError, HarvestError, Reason
from iiif_dedup.fetch import Fetcher
from iiif_dedup.types import (
    Checkpoint,
    Ending,
    HarvestEvent,
    Json,
    Record,
    RecordFailure,
    Unchanged,
)

MAX_COLLECTIONS = 50_000
"""Most collections, and pages of collections, that one harvest asks for."""

_Step: TypeAlias = Member | Record | Unchanged | RecordFailure


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
        self._every = plan_options(options, self.protocol).checkpoint_every

    def harvest(
        self,
        state: Mapping[str, Json] | None = None,
        *,
        since: Mapping[str, Json] | None = None,  # noqa: ARG002  a collection names all it has
        known: Known = nothing_known,
    ) -> Iterator[HarvestEvent]:
        """Yield the records behind `state`; see `harvesters.base.Harvester.harvest`.

        Checkpoints also come while the collections are read, so that the caller sees life. The
        ending is whole unless something was not followed that may hide members: a manifest that
        failed is still named.
        """
        place = read_place(state)
        plan = yield from self._plan(place, known)
        keys = [step.url if isinstance(step, Member) else step.identifier for step in plan]

        def work(step: _Step) -> tuple[ManifestOutcome]:
            if isinstance(step, Member):
                return (read_manifest(step, self._fetcher, known),)
            return (step,)

        yield from follow(
            plan,
            keys,
            work,
            find_place(place, keys),
            every=self._every,
            concurrency=self._fetcher.policy.concurrency,
        )
        lost = [step.reason for step in plan if isinstance(step, RecordFailure)]
        yield Ending(whole=all(reason is Reason.DUPLICATE_MEMBER for reason in lost))

    def fetch_one(self, identifier: str, url: str | None) -> ManifestOutcome:
        """Return the record of one manifest; see `harvesters.base.RereadsRecords`."""
        return read_manifest(Member(url or identifier, "Manifest"), self._fetcher, nothing_known)

    def _plan(self, place: Place, known: Known) -> Generator[Checkpoint, None, list[_Step]]:
        """Return every manifest and failure in order; yields `place` after each collection."""
        earlier = known(self._endpoint)
        validators = earlier.validators if earlier else None
        root = self._fetcher.get_json(self._endpoint, accept=ACCEPT, validators=validators)
        if root.unchanged and earlier is not None:
            return [Unchanged(earlier.identifier)]
        if document_kind(root.document) == "Manifest":
            return [record_from(root, self._endpoint, self._fetcher)]
        page = parse_collection(root.document, root.final_url)
        seen = {self._endpoint, root.final_url, page.identifier}
        plan: list[_Step] = []
        pending: list[_Step] = [*reversed(page.members)]
        collections = 1
        while pending:
            step = pending.pop()
            if not isinstance(step, Member):
                plan.append(step)
            elif step.url in seen:
                plan.append(_failure(step, Reason.DUPLICATE_MEMBER, "It is named more than once."))
            else:
                seen.add(step.url)
                if step.kind == "Collection":
                    collections += 1
                    pending.extend(reversed(self._members(step)))
                    yield place.checkpoint(None)
                else:
                    plan.append(step)
            self._check_size(len(plan) + len(pending), collections)
        return plan

    def _check_size(self, members: int, collections: int) -> None:
        if members > MAX_PLAN or collections > MAX_COLLECTIONS:
            raise HarvestError(
                Reason.INVALID_COLLECTION,
                f"The collection {self._endpoint} names more than {MAX_PLAN} members or "
                f"{MAX_COLLECTIONS} collections. Add its parts as sources of their own.",
            )

    def _members(self, collection: Member) -> Sequence[_Step]:
        """Return the members of a collection below the root, or its one failure."""
        try:
            if collection.document is not None:
                return parse_collection(collection.document, collection.url).members
            fetched = self._fetcher.get_json(collection.url, accept=ACCEPT)
            return parse_collection(fetched.document, fetched.final_url).members
        except (FetchError, HarvestError) as error:
            raise_if_long_pause(error, self._fetcher)
            return [_failure(collection, error.reason, str(error))]


def _failure(member: Member, reason: Reason, detail: str) -> RecordFailure:
    return RecordFailure(identifier=member.url, url=member.url, reason=reason, detail=detail)
