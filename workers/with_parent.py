"""Runs a command that must not outlive the process which started it, even killed by -9.

The command is started through this file, which asks the kernel for a signal at the parent's
death (Linux, prctl(2), PR_SET_PDEATHSIG) and then becomes the command. A wrapper instead of
`preexec_fn`, since Python code between fork and exec can deadlock in a threaded process. Where
the kernel has no such signal the wrapper stays and looks at its parent five times a second.

On Linux the signal follows the *thread* that started the child: start children from a thread
that lives as long as the process.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1
WATCH_S = 0.2


def bound(command: Sequence[str]) -> list[str]:
    """Return the command line that runs `command` as long as this process lives, and no longer.

    The process gets SIGKILL when this one ends: nothing it holds may need a tidy end.
    """
    # Isolated and without site: the wrapper needs a bare interpreter, which starts in 20 ms.
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *command]


def main(arguments: Sequence[str]) -> int:
    """Become the command `arguments[1:]`, bound to the parent process `arguments[0]`."""
    parent, command = int(arguments[0]), list(arguments[1:])
    if not _signal_at_parents_death():
        return _watch(parent, command)
    if os.getppid() == parent:
        os.execvp(command[0], command)  # noqa: S606  no shell is wanted
    return 1  # the parent died before the kernel was asked


def _signal_at_parents_death() -> bool:
    """Ask for SIGKILL at the parent's death; return False where the system cannot."""
    try:
        prctl = ctypes.CDLL(None, use_errno=True).prctl
    except AttributeError:
        return False
    return bool(prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) == 0)


def _watch(parent: int, command: Sequence[str]) -> int:
    """Run `command`, pass signals on to it, and kill it when `parent` is gone."""
    child = subprocess.Popen(command, close_fds=False)  # noqa: S603  given by `bound`
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: child.send_signal(received))
    while child.poll() is None:
        if os.getppid() != parent:
            child.kill()
        time.sleep(WATCH_S)
    return child.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
