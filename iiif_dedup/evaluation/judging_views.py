"""The judge's own augmented views: torchvision's reference transforms, one picture at a time.

They follow the paper's sections 4.1 and 4.2 on Pillow pictures, and share no code with the
views that recipes train on, so that no recipe can change what it is judged by.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from iiif_dedup.torchvision_compat import import_torchvision


def judging_views(tile: NDArray[np.uint8], count: int, seed: int) -> NDArray[np.uint8]:
    """Return `count` random views of one tile.

    Args:
        tile: RGB, H×W×3.
        count: How many.
        seed: Source of all random numbers, 0 ≤ seed < 2⁶⁴.

    Returns:
        RGB levels, count×H×W×3.
    """
    return augmented(np.broadcast_to(tile, (count, *tile.shape)), seed)


def augmented(tiles: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
    """Return one random view of each tile, so a pool is augmented like the positives.

    Args:
        tiles: RGB, N×H×W×3.
        seed: Source of all random numbers, 0 ≤ seed < 2⁶⁴.

    Returns:
        RGB levels of the same shape.
    """
    v2 = import_torchvision().transforms.v2
    clone_tf = v2.Compose(
        [
            v2.RandomAffine(degrees=20, translate=(0.1, 0.1), scale=(0.9, 1.1), shear=10),
            v2.ColorJitter(brightness=0.3, contrast=0.3, saturation=0.2),
            v2.GaussianBlur(kernel_size=3),
        ]
    )
    views = np.empty_like(tiles)
    with _own_random_state(seed), _one_thread():
        for index, tile in enumerate(tiles):
            views[index] = np.asarray(clone_tf(Image.fromarray(tile)))
    return views


@contextmanager
def _own_random_state(seed: int) -> Iterator[None]:
    """Torchvision draws from torch's global generator, which is put back afterwards."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield


@contextmanager
def _one_thread() -> Iterator[None]:
    """On pictures this small, threads do little but wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
