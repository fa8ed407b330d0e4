"""What all documents have in common."""

from __future__ import annotations

from typing import Any

from slo_assets.config import SloConfig
from slo_assets.periods import Period, parse_instant

Document = dict[str, Any]

SCHEMA_VERSION = "1"


def envelope(config: SloConfig, period: Period, body: Document) -> Document:
    """A document with the keys that each one has."""
    return {"version": config.version, "schemaVersion": SCHEMA_VERSION, "period": period.key, **body}


def as_of(telemetry: Document) -> int:
    """The instant up to which a period is known, in microseconds."""
    return parse_instant(telemetry["metadata"]["asOf"])


def is_closed(telemetry: Document) -> bool:
    """Whether the clock was past the period's end."""
    return bool(telemetry["metadata"]["closed"])
