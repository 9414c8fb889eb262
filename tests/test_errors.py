"""The error tree that is drawn is the error tree that is."""

from __future__ import annotations

import inspect

from iiif_dedup import errors


def test_the_drawn_tree_names_every_error() -> None:
    drawn = errors.__doc__ or ""
    for name, value in inspect.getmembers(errors, inspect.isclass):
        if issubclass(value, errors.IiifDedupError) and not name.startswith("_"):
            assert name in drawn


def test_reasoned_errors_carry_their_code() -> None:
    error = errors.FetchError(errors.Reason.TIMED_OUT, "asked, nothing came", status=None)
    assert error.reason == "timed_out"
    assert str(error) == "asked, nothing came"
