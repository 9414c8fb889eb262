from __future__ import annotations

import pytest

from iiif_dedup import __version__
from iiif_dedup.errors import SettingsError
from iiif_dedup.fetch import FetchPolicy
from iiif_dedup.settings import load_settings


def test_the_settings_are_in_force_where_the_source_says_nothing() -> None:
    settings = load_settings({}, fetch_delay_s=3, fetch_retries=0, fetch_max_image_mib=2)

    policy = FetchPolicy.from_settings(settings)

    assert (policy.delay_s, policy.retries, policy.concurrency) == (3, 0, 2)
    assert (policy.max_bytes, policy.max_image_bytes) == (64 * 2**20, 2 * 2**20)
    assert policy.allow_loopback is False


def test_the_source_overrides_the_settings_down_to_zero() -> None:
    options = {
        "delay_s": 0,
        "concurrency": 4,
        "retries": 0,
        "timeout_s": 5.5,
        "retry_after_cap_s": 0,
        "allow_loopback": True,
    }

    policy = FetchPolicy.from_settings(load_settings({}), options)

    assert {name: getattr(policy, name) for name in options} == options


@pytest.mark.parametrize(
    "options",
    [
        {"delay": 1},
        {"delay_s": -1},
        {"delay_s": "1"},
        {"concurrency": 0},
        {"concurrency": 1.5},
        {"allow_loopback": "no"},
        {"timeout_s": 0},
    ],
)
def test_an_unknown_or_invalid_option_is_refused_by_name(options: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match=f"{next(iter(options))}.*Known options: allow_loop"):
        FetchPolicy.from_settings(load_settings({}), options)


def test_the_user_agent_names_software_version_and_contact() -> None:
    named = FetchPolicy.from_settings(load_settings({}, contact="mailto:curator@museum.example"))
    unnamed = FetchPolicy.from_settings(load_settings({}))

    assert named.user_agent == f"iiif_dedup/{__version__} (+mailto:curator@museum.example)"
    assert unnamed.user_agent == f"iiif_dedup/{__version__}"


def test_a_contact_cannot_add_headers() -> None:
    with pytest.raises(SettingsError, match="IIIF_DEDUP_CONTACT"):
        FetchPolicy.from_settings(load_settings({}, contact="me\r\nX-Evil: 1"))
