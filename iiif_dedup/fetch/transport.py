"""Sockets that connect to permitted addresses only, and that end on time.

The name is resolved here and the connection goes to exactly the address that was checked, on
every hop, so a second answer of the name server (DNS rebinding) decides nothing. A watchdog
shuts the connection down at the deadline, since a server that sends a byte now and then, in
headers, chunk sizes or body, passes every timeout that counts silence.
"""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress
from contextvars import ContextVar, Token
from typing import Any, Self

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.connection import create_connection

from iiif_dedup.errors import FetchError, Reason
from iiif_dedup.fetch.addresses import why_refused

MAX_ADDRESSES = 4
"""Addresses of one name that are tried in turn."""


class Exchange:
    """One request with its response: the addresses it may reach, and its deadline.

    A context manager; connections that this thread uses within the block belong to it.

    Args:
        timeout_s: Seconds from entering the block until every connection is shut down.
        allow_loopback: Whether loopback addresses are permitted.
    """

    def __init__(self, timeout_s: float, *, allow_loopback: bool) -> None:
        self.allow_loopback = allow_loopback
        self.expired = False
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(timeout_s, self._expire)
        self._timer.daemon = True
        self._token: Token[Exchange] | None = None

    def __enter__(self) -> Self:
        self._token = _current.set(self)
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._token is not None:
            _current.reset(self._token)
        with self._lock:
            for watched in self._sockets:
                watched.close()
            self._sockets.clear()

    def watch(self, connection: socket.socket) -> None:
        """Shut this connection down at the deadline.

        Raises:
            TimeoutError: The deadline has passed.
        """
        with self._lock:
            if self.expired:
                raise TimeoutError("the time for the whole response has passed")
            # A duplicate stays valid when TLS takes the descriptor over, or when the
            # connection object is closed while its response is still being read.
            self._sockets.append(socket.socket(fileno=os.dup(connection.fileno())))

    def _expire(self) -> None:
        with self._lock:
            self.expired = True
            for watched in self._sockets:
                with suppress(OSError):
                    watched.shutdown(socket.SHUT_RDWR)


_current: ContextVar[Exchange] = ContextVar("exchange")


class _GuardedHTTPConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self)

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None:
            _current.get().watch(self.sock)
        super().request(*args, **kwargs)


class _GuardedHTTPSConnection(_GuardedHTTPConnection, HTTPSConnection):
    """The same guard, in front of TLS."""


class _GuardedHTTPPool(HTTPConnectionPool):
    ConnectionCls = _GuardedHTTPConnection


class _GuardedHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedHTTPSConnection


class GuardedAdapter(HTTPAdapter):
    """An adapter whose connections obey the `Exchange` in force.

    It reads no environment: no proxy, no netrc, no cookies.
    """

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of connections, of the guarded kind."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _GuardedHTTPPool,
            "https": _GuardedHTTPSPool,
        }

    def close(self) -> None:
        """Close the connections now; urllib3 leaves that to the collection of the pools."""
        pools = self.poolmanager.pools
        for key in pools.keys():  # noqa: SIM118  The container refuses plain iteration.
            pools[key].close()
        super().close()


def _connect(connection: HTTPConnection) -> socket.socket:
    """Return a socket to the first permitted address that answers.

    Raises:
        FetchError: NAME_NOT_RESOLVED, ADDRESS_REFUSED, TIMED_OUT or CONNECTION_FAILED.
    """
    exchange = _current.get()
    host, port = connection.host, connection.port
    failure: OSError | None = None
    for address in _permitted(host, port, allow_loopback=exchange.allow_loopback):
        try:
            connected = create_connection(
                (address, port), connection.timeout, socket_options=connection.socket_options
            )
        except OSError as error:
            failure = error
            continue
        try:
            exchange.watch(connected)
        except TimeoutError as error:
            connected.close()
            failure = error
            break
        return connected
    reason = Reason.TIMED_OUT if isinstance(failure, TimeoutError) else Reason.CONNECTION_FAILED
    raise FetchError(reason, f"No connection to {host}:{port}: {failure}.") from failure


def _permitted(host: str, port: int, *, allow_loopback: bool) -> list[str]:
    """Return the addresses of a host that may be connected to, at most `MAX_ADDRESSES`."""
    try:
        answers = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchError(
            Reason.NAME_NOT_RESOLVED, f"The host name {host} does not resolve: {error}."
        ) from error
    addresses = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
    refusals = {a: why_refused(a, allow_loopback=allow_loopback) for a in addresses}
    permitted = [address for address, refusal in refusals.items() if refusal is None]
    if not permitted:
        found = ", ".join(f"{address} ({refusal})" for address, refusal in refusals.items())
        raise FetchError(
            Reason.ADDRESS_REFUSED,
            f"{host} leads to {found}; only public addresses are asked. Loopback is permitted "
            "for a source whose options say allow_loopback.",
        )
    return permitted[:MAX_ADDRESSES]
