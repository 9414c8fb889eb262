"""The command that serves: the one-machine mode, or the web process alone."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request

import click
from flask import current_app

from api.auth import check_exposure, is_loopback
from api.cli.common import command
from api.context import service
from api.web import serve as serve_web
from iiif_dedup.settings import Settings
from workers import logs
from workers.supervisor import Supervisor

_ANSWER_TIMEOUT_S = 2.0


@command("serve")
@click.option("--web-only", is_flag=True, help="Start the web process alone.")
def serve(*, web_only: bool) -> None:
    """Serve on one machine: web, workers, scheduler and a private Redis, started together."""
    settings = service().settings
    if web_only:
        serve_web(current_app)
        return
    check_exposure(settings)
    logs.configure(settings, "supervisor")
    supervisor = Supervisor(
        settings,
        web_command=[sys.executable, "-m", "api"],
        web_ready=lambda: answers(settings),
    )
    supervisor.run(lambda: click.echo(f"Serving at {settings.base_url}"))


def answers(settings: Settings) -> bool:
    """Tell whether the web process answers, whatever it says."""
    host = settings.host if is_loopback(settings.host) else "127.0.0.1"
    host = f"[{host}]" if ":" in host else host
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(f"http://{host}:{settings.port}/health", timeout=_ANSWER_TIMEOUT_S).close()
    except urllib.error.HTTPError as error:
        error.close()
    except OSError:
        return False
    return True
