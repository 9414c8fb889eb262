"""Log lines for people and machines: one line an event, `key=value` behind time and level."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime

from iiif_dedup.settings import Settings

_PLAIN = re.compile(r"[\w./:@+-]+")
_FIELDS = "event_fields"


def event(logger: logging.Logger, level: int, name: str, **fields: object) -> None:
    """Log the event `name` with its fields, such as `job_failed` with `job` and `error`."""
    logger.log(level, name, extra={_FIELDS: fields})


def configure(settings: Settings, process: str) -> None:
    """Send every log line of this process to stderr, with `process` as a field.

    Libraries' own lines appear from WARNING on, or from DEBUG when the setting says so.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(KeyValueFormatter(process))
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    libraries = logging.DEBUG if settings.log_level == "DEBUG" else logging.WARNING
    for name in ("rq.worker", "rq.queue", "rq.job", "alembic", "sqlalchemy", "urllib3"):
        logging.getLogger(name).setLevel(libraries)


class KeyValueFormatter(logging.Formatter):
    """Formats a line as `time level logger process=… event=… key=value …`."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """Return one line without line breaks; a traceback becomes the field `trace`."""
        fields: dict[str, object] = {"process": self._process}
        own = getattr(record, _FIELDS, None)
        if own is None:
            fields["message"] = record.getMessage()
        else:
            fields |= {"event": record.getMessage(), **own}
        if record.exc_info:
            fields["trace"] = self.formatException(record.exc_info)
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        text = " ".join(f"{key}={_value(value)}" for key, value in fields.items())
        return f"{time} {record.levelname} {record.name} {text}"


def _value(value: object) -> str:
    """Return `value` bare when it is one plain word, else as a JSON string."""
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
