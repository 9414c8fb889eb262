"""Find records of other collections that show the same artefact.

The engine of the service, useful without it. Its folders follow the way of the data
(`store` → `process` → `search` → `publish`); `iiif_dedup.pipeline` joins them.
"""

__version__ = "0.1.0"
