"""The commands of `flask --app api`, one module for each group."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Add the commands to an application."""
