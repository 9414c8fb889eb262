"""Evidence of candidates, and the probability that it gives."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("candidate", sa.Column("probability", sa.Double()))
    op.add_column("candidate", sa.Column("evidence", sa.JSON()))


def downgrade() -> None:
    with op.batch_alter_table("candidate") as batch:
        batch.drop_column("evidence")
        batch.drop_column("probability")
