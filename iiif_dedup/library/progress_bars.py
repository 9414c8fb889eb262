"""Progress for people: a bar for each kind of work, as it begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def progress_bars(console: Console, *, lasting: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Yield what is told (kind of work, done, total).

    Args:
        console: Where the bars are drawn.
        lasting: Whether they stay when all is done, and are written where nobody looks too.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns,
        TimeRemainingColumn(),
        console=console,
        transient=not lasting,
        disable=not (lasting or console.is_terminal),
    ) as bars:
        tasks = {}

        def tell(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step)
            bars.update(tasks[step], completed=done, total=total)

        yield tell
