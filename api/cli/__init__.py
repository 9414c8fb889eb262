"""The commands of `flask --app api`, one module for each group."""

from __future__ import annotations

from flask import Flask

from api.cli import (
    demonstration,
    harvesting,
    harvests,
    operation,
    searching,
    serving,
    training,
)

_COMMANDS = (
    operation.migrate,
    operation.settings,
    operation.openapi,
    harvesting.sources,
    harvesting.harvest,
    harvests.harvests,
    harvests.events,
    searching.search,
    searching.jobs,
    training.encoder,
    serving.serve,
    demonstration.demo,
)


def register(app: Flask) -> None:
    """Add the commands to an application; `openapi` takes the place of flask-smorest's."""
    for command in _COMMANDS:
        app.cli.add_command(command)
