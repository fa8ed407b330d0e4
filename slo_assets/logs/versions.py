"""The data versions of the sources: what of the logs, reports and configuration concerns which period."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from slo_assets.periods import Period

if TYPE_CHECKING:
    from slo_assets.config import SloConfig
    from slo_assets.domain.event_log import FileScan
    from slo_assets.domain.telemetry import Reports


def of_logs(scans: Iterable[FileScan], aside: Mapping[str, Any], periods: Iterable[Period]) -> dict[str, str]:
    """By period, a digest of the files that reach into it, their copies, and those that could be of any period."""
    files = list(scans)
    return {period.key: _of_period(files, aside, period) for period in periods}


def _of_period(scans: list[FileScan], aside: Mapping[str, Any], period: Period) -> str:
    near = [scan for scan in scans if scan.reaches(period.start, period.end)]
    names = {scan.file for scan in near}
    copies = [copy for copy in aside["duplicates"] if copy["sameAs"] in names]
    return _digest([[scan.file, scan.digest, scan.future] for scan in near], copies, aside["quarantine"])


def of_reports(reports: Reports, periods: Iterable[Period]) -> dict[str, str]:
    """By period, a digest of the reports that tell of it, and of those that could not be read."""
    return {
        period.key: _digest(
            [[report.file, report.digest] for report in reports.read if report.touches(period.start, period.end)],
            list(map(dict, reports.quarantine)),
        )
        for period in periods
    }


def of_config(config: SloConfig, periods: Iterable[Period]) -> dict[str, str]:
    """By period, a digest of the settings that its documents depend on."""
    stages = {period: config.of_period(period) for period in periods}
    digests = {id(stage): _digest(stage.version, stage.settings()) for stage in stages.values()}
    return {period.key: digests[id(stage)] for period, stage in stages.items()}


def _digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
