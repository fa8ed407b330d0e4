"""Instants and lengths of time, as log lines have them: whole milliseconds, instants since 1970.

What belongs here: units, and an instant as text. Periods and telemetry count microseconds, as the project does.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

SECOND_MS = 1000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


@lru_cache(maxsize=4096)
def _second(second: int) -> str:
    return dt.datetime.fromtimestamp(second, dt.UTC).isoformat()[:19]


@lru_cache(maxsize=256)  # several lines of a sequence have the same instant
def iso(at: int) -> str:
    """An instant as ``2025-11-24T12:00:00.000Z``."""
    second, ms = divmod(at, SECOND_MS)
    return f"{_second(second)}.{ms:03d}Z"
