"""Figures, times and names as people read them. What is not known is a dash, never a zero."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from slo_assets.domain.account import visible

UNKNOWN: Final = "–"
MINUS: Final = "−"
#: Longer names are cut where they are shown; the document has them whole.
LONGEST: Final = 120
#: Documents carry no more of a line of a log.
LONGEST_LINE: Final = 800

#: How a verdict, severity or budget's status is called, and a sign that needs no colour.
VERDICTS: Final[Mapping[str, str]] = {"failed": "Failed", "at-risk": "At risk", "unknown": "Unknown", "met": "Met"}
SIGNS: Final[Mapping[str, str]] = {"failed": "✕", "at-risk": "!", "unknown": "?", "met": "✓"}
OBJECTIVES: Final[Mapping[str, str]] = {"availability": "Availability", "latency": "Latency", "errorRate": "Error rate"}
ARROWS: Final[Mapping[str | None, str]] = {
    "up": "↑ up on last month",
    "down": "↓ down on last month",
    "stable": "→ as last month",
    "improving": "↗ improving",
    "degrading": "↘ degrading",
    None: "",
}


def name(text: str) -> str:
    """A name out of a log or a configuration on one line, with nothing invisible in it."""
    return visible(text, LONGEST)


def line(quote: Mapping[str, str | bool]) -> str:
    """A line of a log, with a sign where it goes on."""
    return visible(str(quote["text"]), LONGEST_LINE) + ("…" if quote["cut"] else "")


def number(value: float | None, digits: int = 4) -> str:
    """A figure with as many decimals as it has, but no more than so many."""
    if value is None:
        return UNKNOWN
    text = f"{abs(value):,.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{MINUS}{text}" if value < 0 and text != "0" else text


def percent(value: float | None, digits: int = 4) -> str:
    """A share in percent."""
    return UNKNOWN if value is None else f"{number(value, digits)} %"


def roughly(value: float | None) -> str:
    """A share in percent for a glance: one decimal, and more where one would read as nothing or as everything."""
    if value is None:
        return UNKNOWN
    digits = next((digits for digits in (1, 2, 3) if round(value, digits) not in (0, 100)), 4)
    return percent(value, 1 if value in (0, 100) else digits)


def millis(value: float | None) -> str:
    """A duration given in milliseconds: as such below a second, else in larger units."""
    if value is None:
        return UNKNOWN
    return f"{number(value, 2)} ms" if value < 1000 else duration(value / 60_000)  # noqa: PLR2004 - a second


def duration(minutes: float | None) -> str:
    """A duration given in minutes, in its two largest units."""
    if minutes is None:
        return UNKNOWN
    if abs(minutes) < 1:
        return f"{number(minutes * 60, 1)} s"
    seconds = round(abs(minutes) * 60)
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    parts = [(days, "d"), (hours, "h"), *zip(divmod(rest, 60), ("min", "s"), strict=True)]
    first = next(place for place, (amount, _) in enumerate(parts) if amount)
    told = " ".join(f"{amount} {unit}" for amount, unit in parts[first : first + 2] if amount)
    return f"{MINUS}{told}" if minutes < 0 else told


def instant(text: str) -> str:
    """An instant of a document as ``10 Nov 08:06``, in UTC."""
    moment = dt.datetime.fromisoformat(text)
    return f"{moment.day} {moment:%b %H:%M}"


def month(key: str) -> str:
    """A period as ``November 2025``."""
    return f"{dt.date.fromisoformat(f'{key}-01'):%B %Y}"


def day(text: str) -> str:
    """The day of an instant with its year: ``24 November 2025, 12:00 UTC``."""
    moment = dt.datetime.fromisoformat(text)
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def plural(count: int, one: str, many: str = "") -> str:
    """A count with its noun."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
