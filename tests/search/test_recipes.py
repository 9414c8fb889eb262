from __future__ import annotations

import json
import subprocess
import sys

import pytest

from iiif_dedup.errors import SettingsError
from iiif_dedup.search.recipes import RECIPES, get_recipe
from iiif_dedup.search.tile_encoder import TileEncoder, TileNetwork


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_loads_under_its_name_with_json_parameters(name: str) -> None:
    recipe = get_recipe(name, TileEncoder.of(TileNetwork(), {}))
    assert recipe.name == name
    assert json.loads(json.dumps(recipe.parameters()))


def test_unknown_recipe_says_which_there_are() -> None:
    with pytest.raises(SettingsError, match=r"'nope'.*paper"):
        get_recipe("nope")


def test_torch_stays_out_until_a_recipe_is_asked_for() -> None:
    code = (
        "import sys, iiif_dedup, iiif_dedup.search.run, iiif_dedup.search.recipes;"
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
