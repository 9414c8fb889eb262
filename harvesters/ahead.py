"""Work on several members at once, while what becomes of them is yielded in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Member = TypeVar("Member")
Outcome = TypeVar("Outcome")


def in_order(
    work: Callable[[Member], Outcome], members: Iterable[Member], concurrency: int
) -> Generator[Outcome, None, None]:
    """Yield what `work` returns for each member, in the members' order.

    Closing the generator waits for the work under way.

    Args:
        work: Called in threads; what it raises is raised where its outcome would be yielded.
        members: Read no further ahead than `concurrency` members.
        concurrency: Most members at a time.
    """
    window: deque[Future[Outcome]] = deque()
    with ThreadPoolExecutor(concurrency, thread_name_prefix="harvest") as pool:
        try:
            for member in members:
                window.append(pool.submit(work, member))
                if len(window) > concurrency:
                    yield window.popleft().result()
            while window:
                yield window.popleft().result()
        finally:
            for future in window:
                future.cancel()
