"""The methods that an evaluation can compare, each under its name.

To add one, write its class beside these or in a module of its own, and its line in `CONTENDERS`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from numpy.typing import NDArray

from iiif_dedup.errors import EvaluationError
from iiif_dedup.process.descriptors import DESCRIPTORS

if TYPE_CHECKING:
    from iiif_dedup.evaluation.features import Describer
    from iiif_dedup.evaluation.haystack import Method
    from iiif_dedup.search.tile_encoder import TileEncoder

CONTENDERS: Mapping[str, str] = {
    "phash": "iiif_dedup.evaluation.contending:Fingerprint",
    "block_mean": "iiif_dedup.evaluation.contending:Fingerprint",
    "hsv": "iiif_dedup.evaluation.contending:Colours",
    "bag_of_words": "iiif_dedup.evaluation.contending:BagOfWords",
    "paper": "iiif_dedup.evaluation.contending:CloneRule",
    "collection": "iiif_dedup.evaluation.contending:CloneRule",
}
"""Name to module and class, which is made with the name; a module loads only when it is used.

Beside these every name of a frozen descriptor is a method: the cosine of its vectors.
"""
_DESCRIPTOR = "iiif_dedup.evaluation.contending:FrozenDescriptor"
DEFAULT = ("phash", "block_mean", "hsv", "bag_of_words", "efficientnet_lite0", "collection")
"""All but the paper's recipe, which takes seconds a query."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The pictures that methods are made for.

    Attributes:
        paths: Of each picture, the pool first.
        digests: SHA-256 of the files, hexadecimal.
        pool: How many of them are the pool.
        seed: Of everything that is drawn.
        encoder: The collection's; the starting encoder when None.
    """

    paths: Sequence[Path]
    digests: Sequence[str]
    pool: int
    seed: int
    encoder: TileEncoder | None = None


class Contender(Protocol):
    """A method before it has seen the pictures."""

    def describers(self, subject: Subject) -> Sequence[Describer]:
        """Return what has to be known of each picture."""

    def method(self, subject: Subject, known: Mapping[str, NDArray[Any]]) -> Method:
        """Return the method.

        Args:
            subject: The pictures.
            known: By describer's name, a row for each picture; also what others asked for.
        """


def get_contender(name: str) -> Contender:
    """Return the method of that name.

    Raises:
        EvaluationError: There is no such method.
        SettingsError: It is a descriptor's, and that cannot be loaded.
    """
    kind, colon, _ = name.partition(":")
    target = CONTENDERS.get(name, _DESCRIPTOR if kind + colon in DESCRIPTORS else None)
    if target is None:
        raise EvaluationError(f"Unknown method {name!r}; write one of: {', '.join(names())}.")
    module, _, class_name = target.partition(":")
    make: Callable[[str], Contender] = getattr(importlib.import_module(module), class_name)
    return make(name)


def names() -> list[str]:
    """Return the names of all methods; behind one that ends in a colon stands a model."""
    return [*CONTENDERS, *DESCRIPTORS]
