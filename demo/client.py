"""A small client of the service's HTTP API, as a repository's backend would write it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import requests

POLL_S = 0.2
TIMEOUT_S = 60
START_TIMEOUT_S = 90


class DemoError(Exception):
    """The demo cannot go on; the message says why and what to do."""


class ServiceClient:
    """Speaks to one running service; closes its connections with `close`."""

    def __init__(self, base_url: str, alive: Callable[[], bool]) -> None:
        """Connect to nothing yet; `alive` tells whether the service's process runs."""
        self.base_url = base_url
        self._alive = alive
        self._session = requests.Session()
        self._session.trust_env = False

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def wait_until_healthy(self, timeout_s: float = START_TIMEOUT_S) -> None:
        """Return when the service answers.

        Raises:
            DemoError: It ended, or did not answer in time.
        """
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if not self._alive():
                raise DemoError("the service ended before it answered; its last lines say why")
            try:
                if self._session.get(f"{self.base_url}/health", timeout=2).ok:
                    return
            except requests.ConnectionError:
                pass
            time.sleep(POLL_S)
        raise DemoError(f"the service did not answer at {self.base_url} within {timeout_s:.0f} s")

    def get(self, path: str, **parameters: object) -> Any:
        """Return the JSON of a GET.

        Raises:
            DemoError: The answer is an error.
        """
        return self._checked(
            self._session.get(self._url(path), params=_texts(parameters), timeout=TIMEOUT_S)
        ).json()

    def post(self, path: str, document: Mapping[str, Any] | None = None) -> requests.Response:
        """Return the answer to a POST of a JSON document.

        Raises:
            DemoError: The answer is an error.
        """
        return self._checked(
            self._session.post(self._url(path), json=document or {}, timeout=TIMEOUT_S)
        )

    def ask_for_clones(self, record_id: str) -> str | None:
        """Ask once; return the URL of the job that searches, None when the answer was there."""
        answer = self._checked(
            self._session.get(self._url(f"/records/{record_id}/clones"), timeout=TIMEOUT_S)
        )
        return answer.headers["Location"] if answer.status_code == 202 else None

    def pages(self, path: str, **parameters: object) -> Iterator[dict[str, Any]]:
        """Yield all pages of a list."""
        page = self.get(path, **parameters)
        yield page
        while page["next"]:
            page = self.get(path, **parameters, cursor=page["next"])
            yield page

    def watch(self, jobs: Sequence[str], progress: Callable[[int, int], None]) -> None:
        """Return when all `jobs` (URLs) have succeeded; call `progress` with work done and total.

        Asks for one unfinished job after the other, so that waiting costs the service nothing.

        Raises:
            DemoError: A job failed or was cancelled.
        """
        states: dict[str, dict[str, Any]] = {}
        for url in jobs:
            while (job := self.get(url))["state"] != "succeeded":
                if job["state"] in {"failed", "cancelled"}:
                    raise DemoError(f"job {url} is {job['state']}: {job['error']}")
                states[url] = job
                progress(*_sum(states.values(), len(jobs)))
                time.sleep(POLL_S)
            states[url] = job
            progress(*_sum(states.values(), len(jobs)))

    def _url(self, path: str) -> str:
        return path if path.startswith("http") else f"{self.base_url}{path}"

    @staticmethod
    def _checked(answer: requests.Response) -> requests.Response:
        if not answer.ok:
            raise DemoError(f"{answer.url} answered {answer.status_code}: {answer.text[:500]}")
        return answer


def _texts(parameters: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in parameters.items()}


def _sum(states: Collection[Mapping[str, Any]], jobs: int) -> tuple[int, int]:
    """Return the work done and in all; a job that was not looked at yet counts as one piece."""
    totals = [max(job["progress"]["total"] or 0, 1) for job in states]
    done = [
        total if job["state"] == "succeeded" else int(job["progress"]["done"])
        for job, total in zip(states, totals, strict=True)
    ]
    return sum(done), sum(totals) + jobs - len(states)
