"""The log line that an anomaly names, quoted beside it, so that nobody has to find the file to see what was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slo_assets.domain.documents import Document

NOT_READ = "no log with a line in this month has that name"
NOT_THERE = "the log has no such line, is no longer there, or is another one than was read"


@dataclass(frozen=True)
class Quote:
    """A line of a log.

    Attributes:
        text: its first bytes; what is no UTF-8 is written out.
        cut: whether it goes on.
    """

    text: str
    cut: bool


@dataclass(frozen=True, order=True)
class Place:
    """Where a line stands.

    Attributes:
        content: the digest of the log's content, which tells it from whatever has its name by now.
        line: counted from 1.
    """

    content: str
    line: int


def wanted(telemetry: Document, account: Mapping[str, Any]) -> set[Place]:
    """The lines that a period's anomalies name.

    Args:
        telemetry: the period's telemetry document.
        account: that of its events, which knows the logs.
    """
    contents = _contents(account)
    places = (_place(anomaly["source"], contents) for anomaly in telemetry["anomalies"])
    return {place for place in places if place}


def quoted(telemetry: Document, account: Mapping[str, Any], quotes: Mapping[Place, Quote]) -> Document:
    """The telemetry document with the line that each anomaly names, or the reason why it is not known.

    Args:
        telemetry: the period's telemetry document.
        account: that of its events.
        quotes: those of the :func:`wanted` lines that were found.
    """
    contents = _contents(account)
    anomalies = [
        {**anomaly, "sourceLine": _told(_place(anomaly["source"], contents), quotes)}
        for anomaly in telemetry["anomalies"]
    ]
    return {**telemetry, "anomalies": anomalies}


def _contents(account: Mapping[str, Any]) -> dict[str, str]:
    return {file["file"]: file["digest"] for file in account["files"]}


def _place(source: str, contents: Mapping[str, str]) -> Place | None:
    """Where ``file:line`` stands; None where no such log was read. What reports name need be neither."""
    file, _, line = source.rpartition(":")
    if file not in contents or not (line.isascii() and line.isdecimal()):
        return None
    return Place(contents[file], int(line))


def _told(place: Place | None, quotes: Mapping[Place, Quote]) -> Document:
    if place is None:
        return {"text": None, "reason": NOT_READ}
    if place not in quotes:
        return {"text": None, "reason": NOT_THERE}
    return {"text": quotes[place].text, "cut": quotes[place].cut}
