"""Settings: where values come from, and what a wrong one says."""

from __future__ import annotations

from pathlib import Path

import pytest

from iiif_dedup.errors import SettingsError
from iiif_dedup.settings import Settings, describe_settings, load_settings


def test_defaults_run_on_one_machine(tmp_path: Path) -> None:
    settings = load_settings({}, data_dir=tmp_path)
    assert settings.database == f"sqlite:///{tmp_path / 'iiif_dedup.sqlite3'}"
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.published == "all"


def test_environment_wins_over_file(tmp_path: Path) -> None:
    config = tmp_path / "dedup.toml"
    config.write_text('port = 9000\nlanguage = "el"\n')
    settings = load_settings({"IIIF_DEDUP_CONFIG": str(config), "IIIF_DEDUP_PORT": "9001"})
    assert (settings.port, settings.language) == (9001, "el")


def test_a_key_hides_what_nobody_accepted() -> None:
    assert load_settings({"IIIF_DEDUP_API_KEY": "secret"}).published == "accepted"
    chosen = load_settings({"IIIF_DEDUP_API_KEY": "secret", "IIIF_DEDUP_PUBLISH": "all"})
    assert chosen.published == "all"


def test_public_url_loses_its_slash() -> None:
    settings = load_settings({"IIIF_DEDUP_PUBLIC_URL": "https://dedup.example.org/a/"})
    assert settings.base_url == "https://dedup.example.org/a"


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"IIIF_DEDUP_PROT": "1"}, ["IIIF_DEDUP_PROT", "Known settings", "port"]),
        ({"IIIF_DEDUP_PORT": "many"}, ["IIIF_DEDUP_PORT", "'many'", "Port"]),
        ({"IIIF_DEDUP_PORT": "70000"}, ["IIIF_DEDUP_PORT", "65535"]),
        ({"IIIF_DEDUP_PUBLISH": "some"}, ["IIIF_DEDUP_PUBLISH", "accepted"]),
        ({"IIIF_DEDUP_PUBLIC_URL": "dedup.example.org"}, ["public_url", "https://"]),
        ({"IIIF_DEDUP_CONFIG": "nowhere.toml"}, ["IIIF_DEDUP_CONFIG", "nowhere.toml"]),
    ],
)
def test_a_wrong_setting_says_what_to_write(environ: dict[str, str], words: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ)
    for word in words:
        assert word in str(caught.value)


def test_keys_of_sources_come_as_json_or_as_a_table(tmp_path: Path) -> None:
    config = tmp_path / "dedup.toml"
    config.write_text('[source_keys]\neuropeana = "from the file"\n')
    environ = {"IIIF_DEDUP_CONFIG": str(config)}
    named = load_settings(environ).source_keys["europeana"].get_secret_value()
    environ["IIIF_DEDUP_SOURCE_KEYS"] = '{"europeana": "from outside"}'
    won = load_settings(environ).source_keys["europeana"].get_secret_value()
    assert (named, won) == ("from the file", "from outside")
    assert load_settings({"IIIF_DEDUP_SOURCE_KEYS": ""}).source_keys == {}
    shown = {line.name: line.value for line in describe_settings(environ)}["source_keys"]
    assert "europeana" in shown
    assert "outside" not in shown


@pytest.mark.parametrize(
    "text",
    ["hush", '{"a": "hush"', '["hush"]', '{"a": 1234567, "b": "hush"}', '{"a": "hush"}',
     '{"a": "hush\\nhush"}', '{"a": {"b": "hush"}}'],
)  # fmt: skip
def test_a_wrong_table_of_keys_is_refused_without_showing_one(text: str) -> None:
    with pytest.raises(SettingsError, match="IIIF_DEDUP_SOURCE_KEYS") as caught:
        load_settings({"IIIF_DEDUP_SOURCE_KEYS": text})
    assert "hush" not in str(caught.value)


def test_an_unknown_name_in_the_file_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "dedup.toml"
    config.write_text("prot = 1\n")
    with pytest.raises(SettingsError, match="'prot'"):
        load_settings({"IIIF_DEDUP_CONFIG": str(config)})


def test_every_setting_is_described_and_secrets_are_not_shown() -> None:
    lines = describe_settings({"IIIF_DEDUP_API_KEY": "secret"})
    assert [line.name for line in lines] == list(Settings.model_fields)
    assert all(line.meaning for line in lines)
    by_name = {line.name: line for line in lines}
    assert "secret" not in by_name["api_key"].value
    assert by_name["api_key"].source == "IIIF_DEDUP_API_KEY"
    assert by_name["port"].source == "default"
