"""The telemetry files that people or other tools drop beside the logs."""

from __future__ import annotations

import json
from functools import lru_cache

from upath import UPath

from slo_assets.domain.reports import Report, parse_report
from slo_assets.domain.telemetry import Reports
from slo_assets.logs.files import readable_name
from slo_assets.storage.files import sha256
from slo_assets.storage.schemas import validate


def read_reports(folder: UPath) -> Reports:
    """All telemetry files of a folder; one that cannot be used is told with the reason, and costs no other.

    Args:
        folder: holds ``*.json``; it may be absent.
    """
    read: list[Report] = []
    quarantine: list[dict[str, str]] = []
    for path in sorted(folder.glob("*.json"), key=str) if folder.exists() else ():
        name = readable_name(path, folder)
        try:
            if path.exists() and not path.is_file():
                msg = "it is no file"  # to read a pipe would be to wait for whoever writes to it
                raise OSError(msg)
            read.append(_report(name, path.read_bytes()))
        except (OSError, ValueError, RecursionError) as problem:
            quarantine.append({"file": name, "reason": "invalid telemetry", "detail": str(problem)})
    return Reports(tuple(read), tuple(quarantine))


@lru_cache(maxsize=256)
def _report(name: str, data: bytes) -> Report:
    """A report from its file; each month of a backfill asks for the same."""
    document = json.loads(data, parse_constant=_refuse)
    validate(document, "telemetry")
    return parse_report(document, name, sha256(data))


def _refuse(constant: str) -> float:
    msg = f"{constant} is no JSON number"
    raise ValueError(msg)
