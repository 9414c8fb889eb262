"""Schedules, bookmarks, aliases, records by two routes, validators and events."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _added() -> dict[str, list[sa.Column[Any]]]:
    """Return the columns that tables get."""
    false = sa.text("false")
    return {
        "source": [
            sa.Column("schedule", sa.Text()),
            sa.Column("time_zone", sa.Text(), server_default="UTC", nullable=False),
            sa.Column("next_run_at", sa.DateTime(timezone=True)),
            sa.Column("bookmark", sa.JSON()),
        ],
        "harvest": [
            sa.Column("kind", sa.String(16), server_default="whole", nullable=False),
            sa.Column("since", sa.JSON()),
        ],
        "record": [
            sa.Column("etag", sa.Text()),
            sa.Column("last_modified", sa.Text()),
            sa.Column("deletion_harvest_id", sa.String(20)),
        ],
        "image": [
            sa.Column("restricted", sa.Boolean(), server_default=false, nullable=False),
            sa.Column("recheck", sa.Boolean(), server_default=false, nullable=False),
            sa.Column("etag", sa.Text()),
            sa.Column("last_modified", sa.Text()),
        ],
    }


def upgrade() -> None:
    for table, columns in _added().items():
        for column in columns:
            op.add_column(table, column)
    op.create_table(
        "record_alias",
        sa.Column("id", sa.String(20), nullable=False),
        sa.Column("record_id", sa.String(20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name="fk_record_alias_record_id"),
        sa.PrimaryKeyConstraint("id", name="pk_record_alias"),
    )
    op.create_index("ix_record_alias_record_id", "record_alias", ["record_id"])
    op.create_table(
        "same_record",
        sa.Column("first_id", sa.String(20), nullable=False),
        sa.Column("second_id", sa.String(20), nullable=False),
        sa.Column("rule", sa.String(32), nullable=False),
        sa.Column("undone", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["first_id"], ["record.id"], name="fk_same_record_first_id"),
        sa.ForeignKeyConstraint(["second_id"], ["record.id"], name="fk_same_record_second_id"),
        sa.PrimaryKeyConstraint("first_id", "second_id", name="pk_same_record"),
    )
    op.create_index("ix_same_record_second_id", "same_record", ["second_id"])
    op.create_table(
        "event",
        sa.Column("id", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
    )
    op.create_index("ix_event_created_at", "event", ["created_at", "id"])


def downgrade() -> None:
    for table in ("event", "same_record", "record_alias"):
        op.drop_table(table)
    for table, columns in _added().items():
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.drop_column(column.name)
