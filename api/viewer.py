"""Mirador from npm, served by us: where it is, and what opens two records side by side."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iiif_dedup.publish.text import Language
from iiif_dedup.publish.urls import Urls

PACKAGE = Path(__file__).resolve().parent.parent / "node_modules" / "mirador"
_SCRIPT = "mirador.min.js"


@dataclass(frozen=True, slots=True)
class Viewer:
    """An installed Mirador."""

    version: str
    folder: Path
    script: str = _SCRIPT


def installed(package: Path = PACKAGE) -> Viewer | None:
    """Return the viewer, or None where `make setup` found no Node."""
    description = package / "package.json"
    if not description.is_file() or not (package / "dist" / _SCRIPT).is_file():
        return None
    version = str(json.loads(description.read_text(encoding="utf-8"))["version"])
    return Viewer(version, package / "dist")


def config(windows: list[tuple[str, str | None]], language: Language, urls: Urls) -> dict[str, Any]:
    """Return Mirador's configuration.

    `sideBarOpen` together with `defaultSideBarPanel` shows the annotations' text at load;
    either alone does not.

    Args:
        windows: Record id and canvas id of each window; the viewer chooses the canvas for None.
        language: Of the annotations; Mirador itself speaks no Greek.
        urls: Where the manifests are.
    """
    return {
        "id": "viewer",
        "windows": [
            {
                "manifestId": urls.manifest(record_id, language),
                **({"canvasId": canvas_id} if canvas_id else {}),
            }
            for record_id, canvas_id in windows
        ],
        "window": {
            "sideBarOpen": True,
            "defaultSideBarPanel": "annotations",
            "highlightAllAnnotations": True,
            "allowClose": False,
        },
        "workspace": {"type": "mosaic"},
        "workspaceControlPanel": {"enabled": False},
    }
