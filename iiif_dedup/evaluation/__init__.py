"""Judges searches: metrics, the judge's own views and transforms, baselines, two protocols.

`full_pool` judges a recipe on augmented views, `haystack` every method on real pairs.

Nothing here is used by a search; a recipe cannot change what judges it.
"""
