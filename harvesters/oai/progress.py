"""How far a harvest has come: the state of its checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from harvesters.oai.dates import Granularity, Window, parse
from harvesters.oai.page import Header
from iiif_dedup.types import Checkpoint, Json


@dataclass(slots=True)
class Progress:
    """Where the next request goes.

    Attributes:
        prefix: The `metadataPrefix`, which stays the same for a whole harvest.
        windows: What is still to be asked for; the first one is under way.
        incremental: Whether only changes are asked for.
        token: Of the next page of the first window; None for its first page.
        after: The last identifier of a window whose records are asked for singly.
        in_window: Records of the first window dealt with.
        done: Records dealt with in all.
        size: How many the repository says that the list of the first window has.
        latest: The latest datestamp in the first window as long as they came in order, else None.
        ordered: Whether they did.
        restarts: How often the list was begun again without getting further.
        failed: Pages of lists that failed one after the other.
        started: When the repository answered first, by its own clock.
        complete: Whether every list could be read to its end.
        seen: Tokens of the first window with what came for them; not part of a checkpoint.
        empty_pages: Pages without records, one after the other; not part of a checkpoint.
    """

    prefix: str
    windows: list[Window]
    incremental: bool
    token: str | None = None
    after: str | None = None
    in_window: int = 0
    done: int = 0
    size: int | None = None
    latest: datetime | None = None
    ordered: bool = True
    restarts: int = 0
    failed: int = 0
    started: datetime | None = None
    complete: bool = True
    seen: set[tuple[str | None, int]] = field(default_factory=set)
    empty_pages: int = 0

    @property
    def window(self) -> Window:
        """The window under way."""
        return self.windows[0]

    @property
    def safe_start(self) -> datetime | None:
        """The earliest datestamp that may still be missing in the window under way."""
        return self.latest if self.ordered and self.latest else self.window.start

    def advance(self, headers: list[Header], token: str | None, size: int | None) -> None:
        """Take note of a page that was dealt with."""
        for header in headers:
            moment = parse(header.datestamp)
            if moment is None or (self.latest is not None and moment < self.latest):
                self.ordered = False
            else:
                self.latest = moment
        self.token = token
        self.size = self.size if size is None else size
        self.in_window += len(headers)
        self.done += len(headers)
        self.failed = 0

    def go_on_with(self, *windows: Window) -> None:
        """Put windows in the place of the first one and begin with them."""
        self.windows[0:1] = windows
        self.token = self.after = self.size = self.latest = None
        self.ordered = True
        self.in_window = self.empty_pages = 0
        self.seen.clear()

    def is_repeated(self, headers: list[Header]) -> bool:
        """Tell whether the page of this token was seen before with the same identifiers.

        The token alone proves nothing: some servers answer one token with ever new pages.
        """
        key = (self.token, hash(tuple(header.identifier for header in headers)))
        if key in self.seen:
            return True
        self.seen.add(key)
        return False

    def checkpoint(self) -> Checkpoint:
        """Return the place as a checkpoint."""
        write = Granularity.SECONDS.write
        state: dict[str, Json] = {
            "prefix": self.prefix,
            "windows": [window.to_json() for window in self.windows],
            "incremental": self.incremental,
            "token": self.token,
            "after": self.after,
            "in_window": self.in_window,
            "done": self.done,
            "size": self.size,
            "latest": write(self.latest) if self.latest else None,
            "ordered": self.ordered,
            "restarts": self.restarts,
            "failed": self.failed,
            "started": write(self.started) if self.started else None,
            "complete": self.complete,
        }
        total = self.size if len(self.windows) <= 1 else None
        return Checkpoint(state, self.done, total)

    @classmethod
    def from_state(cls, state: Mapping[str, Json] | None) -> Progress | None:
        """Return the place of a checkpoint, None for the beginning or another harvester's."""
        entries = state.get("windows") if state else None
        if state is None or not isinstance(entries, list | tuple):
            return None
        windows = [Window.from_json(entry) for entry in entries]

        def text(key: str) -> str | None:
            value = state.get(key)
            return value if isinstance(value, str) else None

        def number(key: str) -> int:
            value = state.get(key)
            return value if isinstance(value, int) else 0

        if None in windows or text("prefix") is None:
            return None
        return cls(
            prefix=str(text("prefix")),
            windows=cast("list[Window]", windows),
            incremental=state.get("incremental") is True,
            token=text("token"),
            after=text("after"),
            in_window=number("in_window"),
            done=number("done"),
            size=number("size") if state.get("size") is not None else None,
            latest=parse(text("latest")),
            ordered=state.get("ordered") is True,
            restarts=number("restarts"),
            failed=number("failed"),
            started=parse(text("started")),
            complete=state.get("complete") is True,
        )
