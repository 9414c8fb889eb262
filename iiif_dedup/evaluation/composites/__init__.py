"""Photographs as visitors take them, made from catalogue pictures, with exact truth.

What is fitted on their truth is quoted with no figure for the pictures that it saw.
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
