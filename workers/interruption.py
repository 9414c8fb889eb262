"""Ends what the main thread is doing, from another thread or from a signal handler.

Python runs signal handlers in the main thread, between two of its steps and out of blocking
calls; an error raised there unwinds the work like any other, so that transactions roll back.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType

SIGNAL = signal.SIGUSR1


class Interruption:
    """A `with` block of the main thread that `interrupt` can end with an error.

    Make it once for a process, in its main thread: it owns SIGUSR1 from then on.
    """

    def __init__(self) -> None:
        self._error: Exception | None = None
        self._inside = False
        signal.signal(SIGNAL, self._deliver)

    def interrupt(self, error: Exception) -> None:
        """Raise `error` in the block, or at the begin of the next one; safe in any thread."""
        self._error = error
        main = threading.main_thread().ident
        if main is not None:
            signal.pthread_kill(main, SIGNAL)

    def __enter__(self) -> None:
        self._inside = True
        self._deliver(SIGNAL, None)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._inside = False
        self._error = None

    def _deliver(self, _signal: int, _frame: FrameType | None) -> None:
        if self._inside and self._error is not None:
            self._inside = False
            error, self._error = self._error, None
            raise error
