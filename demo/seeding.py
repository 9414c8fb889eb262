"""Random numbers that depend on names alone, the same on every machine and in every process."""

from __future__ import annotations

import hashlib

import numpy as np


def generator(*key: str | int) -> np.random.Generator:
    """Return a generator seeded by a stable hash of `key`."""
    return np.random.Generator(np.random.PCG64(stable_int(*key)))


def stable_int(*key: str | int) -> int:
    """Return a 63-bit non-negative integer that depends on `key` alone."""
    digest = hashlib.sha256("\n".join(map(str, key)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
