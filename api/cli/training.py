"""Commands for the collection's encoder."""

from __future__ import annotations

from flask.cli import AppGroup

from api.blueprints.encoders import encoder_json
from api.cli.common import (
    command,
    hand_over,
    json_option,
    migrated_service,
    print_rows,
    wait_option,
)
from api.schemas.encoders import Encoder
from iiif_dedup.store import encoders, work

encoder = AppGroup("encoder", help="Train and list the collection's encoders.")

_COLUMNS = ("id", "state", "images", "created_at", "activated_at", "retired_at")


@command("train")
@wait_option
@json_option
def train_encoder(*, wait: bool, as_json: bool) -> None:
    """Queue a training of the collection's encoder; a running service does it."""
    found = migrated_service()
    with found.database.write() as session:
        job = work.enqueue_train_encoder(session)
    hand_over(found, job, wait=wait, as_json=as_json)


@command("list")
@json_option
def list_encoders(as_json: bool) -> None:
    """List the encoders, newest first."""
    with migrated_service().database.read() as session:
        rows = [encoder_json(row) for row in encoders.list_encoders(session).items]
    print_rows(rows, _COLUMNS, Encoder(), as_json=as_json)


for _subcommand in (train_encoder, list_encoders):
    encoder.add_command(_subcommand)
