"""Whole months made from text alone: what the domain functions give, one after another, without any storage."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from slo_assets.config import SloConfig, parse_config
from slo_assets.domain import (
    dashboard,
    error_budgets,
    sla_compliance,
    sli_framework,
    sli_metrics,
    slo_targets,
    telemetry,
    workflow,
)
from slo_assets.domain.documents import Document
from slo_assets.domain.event_log import EventLog, FileScan, of_period, stacked
from slo_assets.domain.quotes import Place, Quote, quoted
from slo_assets.domain.reports import parse_report
from slo_assets.domain.telemetry import Reports
from slo_assets.logs.machine import NEVER
from slo_assets.logs.operations import operations
from slo_assets.logs.parts import Settings, joined, new_reader
from slo_assets.logs.pieces import FLAWS, dated
from slo_assets.periods import Period, parse_instant
from slo_assets.storage.canonical import canonical
from slo_assets.storage.deliverables import DELIVERABLES, WORKFLOW_STATE

SHIPPED_CONFIG = Path(__file__).parents[1] / "data" / "slo-config.yaml"

#: A month's log and its documents by the deliverable's name, as :func:`documents` gives them.
Month = tuple[EventLog, Mapping[str, Document]]


@cache
def shipped_config() -> SloConfig:
    """The configuration that the project ships."""
    return parse_config(SHIPPED_CONFIG.read_text(encoding="utf-8"))


def config_with(change: Callable[[dict[str, Any]], None]) -> SloConfig:
    """The shipped configuration after a change to its YAML document, read like any other."""
    settings = yaml.safe_load(SHIPPED_CONFIG.read_text(encoding="utf-8"))
    change(settings)
    return parse_config(yaml.safe_dump(settings))


def event_log(
    files: Mapping[str, str], period: str, now: str, config: SloConfig, aside: Mapping[str, Any] | None = None
) -> EventLog:
    """A period's log from the text of log files, by their names.

    Args:
        files: each needs one line at least that tells its time.
        period: the month, ``YYYY-MM``.
        now: the clock, an ISO 8601 instant; later lines are set aside.
        config: rules and components.
        aside: what became of files that could not be read, as ``LogFolder.read`` gives it.
    """
    scans = [scan_of(text.encode(), config, name, parse_instant(now)) for name, text in files.items()]
    future = {scan.file: scan.future for scan in scans if scan.future}
    return of_period(scans, Period(period), config, {"future": future, **(aside or {})})


def scan_of(
    data: bytes, config: SloConfig, name: str = "app.log", until: int = NEVER, first: int | None = None
) -> FileScan:
    """What one file tells, from its bytes, as a folder of logs gives it.

    Args:
        data: the file's content.
        config: dialect, rules and components.
        name: the file's name.
        until: the clock; later lines are set aside.
        first: the instant of lines before the first that tells its time; that one's where it is absent.
    """
    settings = Settings.of(config.logs, config.logs.reading(name))
    piece = new_reader(settings, name, until).read([memoryview(data)])
    whole = joined([dated(piece.first if first is None else first), piece], settings, until)
    return FileScan(
        load=lambda: operations([whole.rows], config),
        runs=whole.runs,
        months={
            key: {
                "lines": month.lines,
                "latest": month.latest,
                "matched": dict(month.matched),
                "untimed": month.untimed,
                **{flaw: month.flaws[flaw] for flaw in FLAWS},
            }
            for key, month in whole.months.items()
        },
        lines=whole.lines,
        future=whole.future,
        flawed=tuple({**vars(sample), "line": sample.line + 1} for sample in whole.samples),
        file=name,
        digest=hashlib.sha256(data).hexdigest(),
    )


def events_of(scan: FileScan) -> pd.DataFrame:
    """The events of a file, as a frame."""
    return stacked([scan.load()])


def quotes_of(files: Mapping[str, str]) -> dict[Place, Quote]:
    """Every line of log files, from their texts by their names."""
    return {
        Place(hashlib.sha256(text.encode()).hexdigest(), number): Quote(line, cut=False)
        for text in files.values()
        for number, line in enumerate(text.splitlines(), start=1)
    }


def telemetry_files(files: Mapping[str, Any]) -> Reports:
    """Reports from the JSON values of telemetry files, by their names."""
    return Reports(
        tuple(
            parse_report(value, name, hashlib.sha256(json.dumps(value).encode()).hexdigest())
            for name, value in files.items()
        )
    )


def documents(
    log: EventLog,
    reports: Reports,
    period: str,
    now: str,
    config: SloConfig,
    earlier: Mapping[str, Month] | None = None,
    quotes: Mapping[Place, Quote] | None = None,
) -> dict[str, Document]:
    """All eight documents of a month.

    Args:
        log: the month's events.
        reports: all telemetry files.
        period: the month, ``YYYY-MM``.
        now: the clock, an ISO 8601 instant.
        config: the configuration.
        earlier: months before this one, by their key; each step takes as many as it spans.
        quotes: lines of its logs.

    Returns:
        The documents by the deliverable's name, in the order of the data flow.
    """
    month = Period(period)
    before = {key: past for key, past in sorted((earlier or {}).items()) if key < period}
    spanned = _last(before, month, config.targets.baseline_periods)
    found = telemetry.document(log, reports, month, parse_instant(now), config)
    anomalies = quoted(found, log.account, quotes or {})
    framework = sli_framework.document(
        anomalies, {**{key: past for key, (past, _) in spanned.items()}, period: log}, month, config
    )
    metrics = sli_metrics.document(log, anomalies, framework, month, config)
    measured = {**{key: past["sli-metrics"] for key, (_, past) in spanned.items()}, period: metrics}
    targets = slo_targets.document(measured, month, config)
    budgets = error_budgets.document(log, anomalies, metrics, targets, month, config)
    history = _last(before, month, config.compliance.history_periods - 1)
    judged = {key: past["sla-compliance-report"] for key, (_, past) in history.items()}
    compliance = sla_compliance.document(metrics, targets, budgets, judged, month, config)
    shown = {**{key: past["sli-metrics"] for key, (_, past) in before.items()}, period: metrics}
    made = {
        "renderx-web-telemetry": anomalies,
        "sli-framework": framework,
        "sli-metrics": metrics,
        "slo-targets": targets,
        "error-budgets": budgets,
        "sla-compliance-report": compliance,
        "slo-sli-sla-dashboard": dashboard.document(
            dashboard.Sources(anomalies, framework, shown, targets, budgets, compliance), month, config
        ),
    }
    return {**made, WORKFLOW_STATE.name: workflow.document(compliance, checksums(made), month, config)}


def _last(before: Mapping[str, Month], month: Period, count: int) -> dict[str, Month]:
    return {key: past for key, past in before.items() if key >= month.shifted(-count).key}


def checksums(made: Mapping[str, Document]) -> dict[str, str]:
    """The checksums of documents, as the workflow state carries them."""
    return {
        deliverable.checksum_key: f"sha256:{hashlib.sha256(canonical(made[deliverable.name])).hexdigest()}"
        for deliverable in DELIVERABLES.values()
        if deliverable.name in made
    }
