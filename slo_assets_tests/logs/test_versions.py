"""Data versions of the sources: they change for the months that a change concerns, and for no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_assets.domain.event_log import FileScan, of_period
from slo_assets.domain.reports import Report, Reported
from slo_assets.domain.telemetry import Reports
from slo_assets.logs.versions import of_logs, of_reports
from slo_assets.periods import Period, parse_instant
from slo_assets.storage.event_tables import from_event_log
from slo_assets_tests.situations import scan_of, shipped_config

MONTHS = [Period("2025-09"), Period("2025-10"), Period("2025-11")]
Aside = dict[str, Any]


def scan(file: str, *lines: str, future: int = 0) -> FileScan:
    """A file's scan, of lines that all tell their time."""
    return replace(scan_of("\n".join(lines).encode(), shipped_config(), file), future=future)


def beat(moment: str) -> str:
    return f"{moment} BeatExecutor: Beat 1 (canvas:create) completed in 5ms"


def changed_months(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    assert list(before) == list(after) == [month.key for month in MONTHS]
    return [key for key in before if before[key] != after[key]]


SEPTEMBER = scan("a.log", beat("2025-09-10T12:00:00Z"))
NOVEMBER = scan("b.log", beat("2025-11-10T12:00:00Z"))
BOTH = [SEPTEMBER, NOVEMBER]
NOTHING_ASIDE: Aside = {"quarantine": [], "duplicates": [], "future": {}}
UNDATED = {"file": "x.log", "reason": "undated", "detail": "no line tells a time"}
CROSSING = scan("c.log", beat("2025-09-30T23:59:59Z"), beat("2025-10-01T00:00:00Z"))

LOG_CHANGES: Mapping[str, tuple[list[FileScan], Aside, list[str]]] = {
    "nothing": (BOTH, NOTHING_ASIDE, []),
    "a file that grew": ([replace(SEPTEMBER, digest="0" * 64), NOVEMBER], NOTHING_ASIDE, ["2025-09"]),
    "a file that moved": ([replace(SEPTEMBER, file="2025/a.log"), NOVEMBER], NOTHING_ASIDE, ["2025-09"]),
    "a file that went": ([NOVEMBER], NOTHING_ASIDE, ["2025-09"]),
    "a file that came": ([*BOTH, scan("c.log", beat("2025-10-10T12:00:00Z"))], NOTHING_ASIDE, ["2025-10"]),
    "a file across two months": ([*BOTH, CROSSING], NOTHING_ASIDE, ["2025-09", "2025-10"]),
    "lines of the future": ([SEPTEMBER, replace(NOVEMBER, future=3)], NOTHING_ASIDE, ["2025-11"]),
    "a copy of a file": (
        BOTH,
        {**NOTHING_ASIDE, "duplicates": [{"file": "z.log", "sameAs": "a.log"}]},
        ["2025-09"],
    ),
    "a file that could be of any month": (
        BOTH,
        {**NOTHING_ASIDE, "quarantine": [UNDATED]},
        ["2025-09", "2025-10", "2025-11"],
    ),
}


@pytest.mark.parametrize(("scans", "aside", "months"), LOG_CHANGES.values(), ids=LOG_CHANGES)
def test_logs_change_the_version_of_the_months_that_they_tell_of(
    scans: list[FileScan], aside: Aside, months: list[str]
) -> None:
    assert changed_months(of_logs(BOTH, NOTHING_ASIDE, MONTHS), of_logs(scans, aside, MONTHS)) == months


def test_the_reason_why_a_log_cannot_be_read_is_part_of_the_version() -> None:
    undated, unreadable = (
        of_logs(BOTH, {**NOTHING_ASIDE, "quarantine": [{**UNDATED, "reason": reason}]}, MONTHS)
        for reason in ("undated", "unreadable")
    )

    assert changed_months(undated, unreadable) == ["2025-09", "2025-10", "2025-11"]


def test_months_without_any_file_have_a_version_as_well() -> None:
    versions = of_logs([], NOTHING_ASIDE, MONTHS)

    assert set(versions) == {"2025-09", "2025-10", "2025-11"}
    assert all(versions.values())
    assert of_logs(iter(BOTH), NOTHING_ASIDE, iter(MONTHS)) == of_logs(BOTH, NOTHING_ASIDE, MONTHS)


moments = st.sampled_from(
    [
        "2025-09-10T00:00:00Z",
        "2025-09-30T23:59:00Z",
        "2025-10-01T00:01:00Z",
        "2025-10-20T00:00:00Z",
        "2025-11-02T00:00:00Z",
    ]
)
folders = st.dictionaries(
    st.sampled_from(["a.log", "b.log", "c.log"]), st.lists(moments, min_size=1, max_size=3, unique=True)
)


def logs_by_month(scans: list[FileScan], aside: Aside) -> dict[str, bytes]:
    return {month.key: from_event_log(of_period(scans, month, shipped_config(), aside)) for month in MONTHS}


@settings(max_examples=15, deadline=None)
@given(folders, folders)
def test_a_month_whose_log_changed_has_another_version(
    before: dict[str, list[str]], after: dict[str, list[str]]
) -> None:
    first, second = (
        [scan(name, *map(beat, sorted(moments))) for name, moments in sorted(folder.items())]
        for folder in (before, after)
    )
    logs = logs_by_month(first, NOTHING_ASIDE), logs_by_month(second, NOTHING_ASIDE)

    versions = changed_months(of_logs(first, NOTHING_ASIDE, MONTHS), of_logs(second, NOTHING_ASIDE, MONTHS))

    assert {month.key for month in MONTHS if logs[0][month.key] != logs[1][month.key]} <= set(versions)
    assert (versions == []) == (first_told(first) == first_told(second))


def first_told(scans: list[FileScan]) -> list[tuple[str, str]]:
    return [(told.file, told.digest) for told in scans]


SILENT = scan("heartbeat-canvas.log", beat("2025-09-10T12:00:00Z"), beat("2025-11-10T12:00:00Z"))
COPY = {**NOTHING_ASIDE, "duplicates": [{"file": "z.log", "sameAs": "a.log"}]}


@pytest.mark.parametrize(
    ("scans", "aside", "month"),
    [
        pytest.param([*BOTH, SILENT], NOTHING_ASIDE, "2025-10", id="a heartbeat file that is silent all month"),
        pytest.param(BOTH, COPY, "2025-09", id="a copy of a file"),
    ],
)
def test_whatever_changes_a_months_log_changes_its_version(scans: list[FileScan], aside: Aside, month: str) -> None:
    assert logs_by_month(BOTH, NOTHING_ASIDE)[month] != logs_by_month(scans, aside)[month]

    assert month in changed_months(of_logs(BOTH, NOTHING_ASIDE, MONTHS), of_logs(scans, aside, MONTHS))


# --- reports ------------------------------------------------------------------------------------------------


def report(
    file: str, *spans: tuple[str, str], time_range: tuple[str, str] | None = None, digest: str = "1" * 64
) -> Report:
    anomalies = tuple(
        Reported(file, str(n), "canvas:x", "canvas-component", "low", 1, 1.0, parse_instant(a), parse_instant(b))
        for n, (a, b) in enumerate(spans)
    )
    looked_at = None if time_range is None else (parse_instant(time_range[0]), parse_instant(time_range[1]))
    return Report(file, digest, None, looked_at, ("canvas-component",), None, anomalies)


OCTOBER_REPORT = report("a.json", ("2025-10-05T00:00:00Z", "2025-10-06T00:00:00Z"))
REPORT_CHANGES: Mapping[str, tuple[Reports, list[str]]] = {
    "nothing": (Reports((OCTOBER_REPORT,)), []),
    "no report": (Reports(), ["2025-10"]),
    "other bytes": (Reports((replace(OCTOBER_REPORT, digest="2" * 64),)), ["2025-10"]),
    "another name": (Reports((replace(OCTOBER_REPORT, file="b.json"),)), ["2025-10"]),
    "one more": (
        Reports((OCTOBER_REPORT, report("b.json", ("2025-11-05T00:00:00Z", "2025-11-05T00:00:00Z")))),
        ["2025-11"],
    ),
    "an anomaly across two months": (
        Reports((OCTOBER_REPORT, report("b.json", ("2025-10-31T00:00:00Z", "2025-11-05T00:00:00Z")))),
        ["2025-10", "2025-11"],
    ),
    "a time range alone": (
        Reports((OCTOBER_REPORT, report("b.json", time_range=("2025-09-01T00:00:00Z", "2025-09-02T00:00:00Z")))),
        ["2025-09"],
    ),
    "a report of another year": (
        Reports((OCTOBER_REPORT, report("b.json", ("2024-10-05T00:00:00Z", "2024-10-06T00:00:00Z")))),
        [],
    ),
    "one that cannot be read": (
        Reports((OCTOBER_REPORT,), ({"file": "x.json", "reason": "invalid telemetry", "detail": "no JSON"},)),
        ["2025-09", "2025-10", "2025-11"],
    ),
}


@pytest.mark.parametrize(("reports", "months"), REPORT_CHANGES.values(), ids=REPORT_CHANGES)
def test_reports_change_the_version_of_the_months_that_they_tell_of(reports: Reports, months: list[str]) -> None:
    before = of_reports(Reports((OCTOBER_REPORT,)), MONTHS)

    assert changed_months(before, of_reports(reports, MONTHS)) == months


@pytest.mark.parametrize(
    "versions",
    [
        lambda: of_logs([SEPTEMBER, NOVEMBER], NOTHING_ASIDE, MONTHS),
        lambda: of_reports(Reports((OCTOBER_REPORT,)), MONTHS),
    ],
    ids=["logs", "reports"],
)
def test_the_same_input_has_the_same_version(versions: Callable[[], dict[str, str]]) -> None:
    assert versions() == versions()


def test_a_file_without_lines_concerns_no_month() -> None:
    empty = FileScan(dict, [], {}, 0, file="empty.log", digest="3" * 64)

    assert changed_months(of_logs(BOTH, NOTHING_ASIDE, MONTHS), of_logs([*BOTH, empty], NOTHING_ASIDE, MONTHS)) == []
