"""The commands of `flask --app api`, one module for each group."""

from __future__ import annotations

from flask import Flask

from api.cli import (
    demonstration,
    evaluation,
    harvesting,
    harvests,
    operation,
    previewing,
    searching,
    serving,
    taking_down,
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
    taking_down.records,
    taking_down.same_records,
    searching.search,
    searching.jobs,
    training.encoder,
    evaluation.evaluate,
    serving.serve,
    demonstration.demo,
)

_OF_SOURCES = (
    previewing.preview_source,
    taking_down.remove_source,
    taking_down.migrate_source,
)


def register(app: Flask) -> None:
    """Add the commands to an application; `openapi` takes the place of flask-smorest's."""
    for command in _OF_SOURCES:
        harvesting.sources.add_command(command)
    for command in _COMMANDS:
        app.cli.add_command(command)
