"""Judges clone recipes: metrics, the judge's own views, baselines, and the full-pool protocol.

Nothing here is used by a search; a recipe cannot change what judges it.
"""
