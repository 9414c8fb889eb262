"""Where models compute, and how they compute the same twice there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from iiif_dedup.errors import SettingsError


def resolve_device(name: str) -> torch.device:
    """Return the torch device that a setting names.

    Args:
        name: "auto" (the first CUDA device, else the CPU), "cpu", or a device such as "cuda:0".

    Raises:
        SettingsError: No such device on this machine.
    """
    if name == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        # torch built without CUDA answers with an AssertionError.
        raise SettingsError(
            f"The device {name!r} cannot be used on this machine: {str(error).splitlines()[0]} "
            "Write auto, cpu, or a device that torch lists, such as cuda:0."
        ) from error
    return device


@contextmanager
def reproducible_kernels() -> Iterator[None]:
    """Within this block CUDA convolves deterministically and in full float32."""
    with torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=False
    ):
        yield
