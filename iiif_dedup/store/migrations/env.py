"""What Alembic runs: applies the migrations on the connection that `store.migrate` hands over."""

from __future__ import annotations

from alembic import context

from iiif_dedup.store.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite cannot alter most things in place; batch mode copies the table instead.
    render_as_batch=True,
)
context.run_migrations()
