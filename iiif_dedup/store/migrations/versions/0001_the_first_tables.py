"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ACTIVE = sa.text("state IN ('queued', 'running')")
_IN_USE = sa.text("state = 'active'")


def upgrade() -> None:
    op.create_table(
        "counter",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counter"),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("queue", sa.String(length=16), nullable=False),
        sa.Column("arguments", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("fruitless", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("progress_done", sa.Integer(), nullable=False),
        sa.Column("progress_total", sa.Integer(), nullable=True),
        sa.Column("progress_text", sa.Text(), nullable=False),
        sa.Column("result", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
    )
    op.create_index(
        "ix_job_active_dedupe_key",
        "job",
        ["dedupe_key"],
        unique=True,
        sqlite_where=_ACTIVE,
        postgresql_where=_ACTIVE,
    )
    op.create_index("ix_job_state", "job", ["state", "queue", "created_at"])

    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lease"),
    )
    op.create_table(
        "source",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("protocol", sa.String(length=64), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("options", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("politeness", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_source"),
    )
    op.create_table(
        "tile",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("preprocessing", sa.String(length=32), nullable=False),
        sa.Column("pixels", sa.LargeBinary(), nullable=False),
        sa.Column("phash", sa.String(length=16), nullable=False),
        sa.Column("blank", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "preprocessing", name="pk_tile"),
    )
    op.create_table(
        "descriptor",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=255), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "version", name="pk_descriptor"),
        sa.UniqueConstraint("sequence", name="uq_descriptor_sequence"),
    )

    op.create_table(
        "harvest",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("source_key", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.String(length=20), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("checkpoint", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("counts", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["source_key"], ["source.key"], name="fk_harvest_source_key"),
        sa.PrimaryKeyConstraint("id", name="pk_harvest"),
        sa.UniqueConstraint("source_key", "number", name="uq_harvest_source_key_number"),
    )
    op.create_index("ix_harvest_source_key", "harvest", ["source_key"])

    op.create_table(
        "harvest_failure",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("harvest_id", sa.String(length=20), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["harvest_id"], ["harvest.id"], name="fk_harvest_failure_harvest_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_harvest_failure"),
    )
    op.create_index("ix_harvest_failure_harvest_id", "harvest_failure", ["harvest_id"])

    op.create_table(
        "record",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("source_key", sa.String(length=64), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("titles", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("facets", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("rights", sa.Text(), nullable=True),
        sa.Column("provider", sa.Text(), nullable=True),
        sa.Column("landing_page", sa.Text(), nullable=True),
        sa.Column("manifest_url", sa.Text(), nullable=True),
        sa.Column("datestamp", sa.Text(), nullable=True),
        sa.Column("manifest", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("first_harvest_id", sa.String(length=20), nullable=False),
        sa.Column("last_harvest_id", sa.String(length=20), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["first_harvest_id"], ["harvest.id"], name="fk_record_first_harvest_id"
        ),
        sa.ForeignKeyConstraint(
            ["last_harvest_id"], ["harvest.id"], name="fk_record_last_harvest_id"
        ),
        sa.ForeignKeyConstraint(["source_key"], ["source.key"], name="fk_record_source_key"),
        sa.PrimaryKeyConstraint("id", name="pk_record"),
    )
    op.create_index(
        "ix_record_manifest_url", "record", ["manifest_url"], unique=False, postgresql_using="hash"
    )
    op.create_index("ix_record_source_key_id", "record", ["source_key", "id"])

    op.create_table(
        "image",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("record_id", sa.String(length=20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("service_id", sa.Text(), nullable=True),
        sa.Column("service_version", sa.Integer(), nullable=True),
        sa.Column("service_level", sa.Integer(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("format", sa.Text(), nullable=True),
        sa.Column("canvas_id", sa.Text(), nullable=True),
        sa.Column("canvas_width", sa.Integer(), nullable=True),
        sa.Column("canvas_height", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("current_version_id", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name="fk_image_record_id"),
        sa.PrimaryKeyConstraint("id", name="pk_image"),
        sa.UniqueConstraint("record_id", "position", name="uq_image_record_id_position"),
    )
    op.create_index("ix_image_pending", "image", ["state", "record_id", "position"])

    op.create_table(
        "image_version",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("image_id", sa.String(length=20), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("request_url", sa.Text(), nullable=False),
        sa.Column("byte_size", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name="fk_image_version_image_id"),
        sa.PrimaryKeyConstraint("id", name="pk_image_version"),
        sa.UniqueConstraint("sequence", name="uq_image_version_sequence"),
    )
    op.create_index("ix_image_version_image_id", "image_version", ["image_id"])
    op.create_index("ix_image_version_sha256", "image_version", ["sha256"])

    op.create_table(
        "encoder",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("weights", sa.LargeBinary(), nullable=True),
        sa.Column("preprocessing", sa.String(length=32), nullable=False),
        sa.Column("description", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("images", sa.Integer(), nullable=False),
        sa.Column("covered_sequence", sa.BigInteger(), nullable=False),
        sa.Column("calibration", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("job_id", sa.String(length=20), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_encoder"),
    )
    op.create_index(
        "ix_encoder_active",
        "encoder",
        ["state"],
        unique=True,
        sqlite_where=_IN_USE,
        postgresql_where=_IN_USE,
    )

    op.create_table(
        "search_run",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("record_id", sa.String(length=20), nullable=False),
        sa.Column("anchor_version_id", sa.String(length=20), nullable=False),
        sa.Column("recipe", sa.String(length=32), nullable=False),
        sa.Column("parameters", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("versions", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("encoder_version", sa.String(length=20), nullable=True),
        sa.Column("generators", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("background", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("covered_sequence", sa.BigInteger(), nullable=False),
        sa.Column("pool_size", sa.Integer(), nullable=False),
        sa.Column("pool_hash", sa.String(length=64), nullable=False),
        sa.Column("mu", sa.Double(), nullable=False),
        sa.Column("margin", sa.Double(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("timings", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["anchor_version_id"], ["image_version.id"], name="fk_search_run_anchor_version_id"
        ),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name="fk_search_run_record_id"),
        sa.PrimaryKeyConstraint("id", name="pk_search_run"),
    )
    op.create_index("ix_search_run_anchor_version_id", "search_run", ["anchor_version_id"])
    op.create_index("ix_search_run_encoder_version", "search_run", ["encoder_version"])
    op.create_index("ix_search_run_newest", "search_run", ["record_id", "recipe", "finished_at"])

    op.create_table(
        "candidate",
        sa.Column("run_id", sa.String(length=20), nullable=False),
        sa.Column("image_version_id", sa.String(length=20), nullable=False),
        sa.Column("norm", sa.Double(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("generators", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_version_id"], ["image_version.id"], name="fk_candidate_image_version_id"
        ),
        sa.ForeignKeyConstraint(["run_id"], ["search_run.id"], name="fk_candidate_run_id"),
        sa.PrimaryKeyConstraint("run_id", "image_version_id", name="pk_candidate"),
    )


def downgrade() -> None:
    op.drop_table("candidate")

    op.drop_table("search_run")
    op.drop_table("encoder")

    op.drop_table("image_version")

    op.drop_table("image")

    op.drop_table("record")

    op.drop_table("harvest_failure")

    op.drop_table("harvest")
    op.drop_table("descriptor")
    op.drop_table("tile")
    op.drop_table("source")
    op.drop_table("lease")

    op.drop_table("job")
    op.drop_table("counter")
