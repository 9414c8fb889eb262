"""The vectors of processed images, by the descriptors that the settings name."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from iiif_dedup.process.descriptors import Descriptor, get_descriptor
from iiif_dedup.process.descriptors.parts import describe_parts, parts, version_of_parts
from iiif_dedup.process.images import ProcessedImage
from iiif_dedup.settings import Settings
from iiif_dedup.store import descriptors
from iiif_dedup.store.database import Database
from iiif_dedup.store.descriptors import Vector


@functools.cache
def load_descriptor(name: str, device: str) -> Descriptor:
    """Return the descriptor, loaded once in the life of a process.

    Raises:
        SettingsError: There is no such descriptor, model or device.
    """
    return get_descriptor(name, device=device)


def load_descriptors(settings: Settings) -> list[Descriptor]:
    """Return the descriptors in force.

    Raises:
        SettingsError: One does not exist, or cannot be loaded.
    """
    return [load_descriptor(name, settings.device) for name in settings.descriptor_names]


def describe(
    images: Sequence[ProcessedImage], made_by: Sequence[Descriptor], database: Database
) -> list[Vector]:
    """Return the vectors that the database does not have yet, of images and of their parts.

    Images without pixels are left out.
    """
    contents = {image.sha256: image.pixels for image in images if image.pixels is not None}
    vectors = []
    cut = functools.cache(lambda sha256: parts(contents[sha256]))
    for descriptor in made_by:
        with database.read() as session:
            known = descriptors.described(session, contents, descriptor.version)
        new = [sha256 for sha256 in contents if sha256 not in known]
        pictures = [contents[sha256] for sha256 in new]
        for version, found in (
            (descriptor.version, descriptor.describe(pictures)),
            (
                version_of_parts(descriptor.version),
                describe_parts(descriptor, [cut(sha256) for sha256 in new]),
            ),
        ):
            vectors += [
                Vector(sha256, version, values.astype("<f2").tobytes())
                for sha256, values in zip(new, found, strict=True)
            ]
    return vectors
