"""Photographs as visitors take them, made from catalogue pictures, with exact truth.

No method is fitted on their truth in a figure that is quoted for them, and none may import this.
"""

from iiif_dedup.evaluation.composites.compose import (
    VERSION,
    Composite,
    Kind,
    Shown,
    compose,
    generator,
    visible,
)

__all__ = ["VERSION", "Composite", "Kind", "Shown", "compose", "generator", "visible"]
