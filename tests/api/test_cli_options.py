"""JSON on the command line, and in a file."""

from pathlib import Path

import click
import pytest

from api.cli.common import JsonObject


def test_a_file_may_hold_the_object(tmp_path: Path) -> None:
    path = tmp_path / "options.json"
    path.write_text('{"mapping": {"el": "τίτλος"}}', encoding="utf-8")
    assert JsonObject().convert(f"@{path}", None, None) == {"mapping": {"el": "τίτλος"}}
    assert JsonObject().convert('{"a": 1}', None, None) == {"a": 1}


@pytest.mark.parametrize("text", ["@missing.json", "[1]", "{", "@"])
def test_what_is_no_object_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(click.BadParameter, match="JSON object"):
        JsonObject().convert(text, None, None)
