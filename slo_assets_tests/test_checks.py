"""Checks: what they find, and how it reads."""

from typing import Any

import dagster as dg
import pytest

from slo_assets import checks
from slo_assets.config import Unreadable
from slo_assets_tests.conftest import MakeProject, Project

READABLE_ACCOUNT: dict[str, Any] = {"quarantine": [], "future": {}, "unmapped": {}}
LINE = "2025-11-10T10:00:{:02d}Z ✅ BeatExecutor: Beat 1 (canvas:component:create) completed in 5ms\n".format
CASES: dict[str, tuple[dg.AssetCheckResult, list[str]]] = {
    "all logs readable": (checks.logs_readable(READABLE_ACCOUNT), []),
    "an undated log": (
        checks.logs_readable(
            READABLE_ACCOUNT | {"quarantine": [{"file": "a.log", "reason": "undated", "detail": "no time"}]}
        ),
        ["a.log: undated (no time)"],
    ),
    "future lines": (
        checks.logs_readable(READABLE_ACCOUNT | {"future": {"a.log": 3}}),
        ["a.log: 3 lines later than the clock"],
    ),
    "an unmapped event": (checks.events_mapped(READABLE_ACCOUNT | {"unmapped": {"x:y": 2}}), ["x:y: 2 events"]),
    "many unmapped events, the most frequent first": (
        checks.events_mapped(READABLE_ACCOUNT | {"unmapped": {"x:y": 2, "z": 7, "a": 2}}),
        ["z: 7 events", "a: 2 events", "x:y: 2 events"],
    ),
    "text that would act on a terminal": (
        checks.logs_readable(
            READABLE_ACCOUNT | {"quarantine": [{"file": "\x1b[2J", "reason": "undated", "detail": "no\ntime"}]}
        ),
        ["\\x1b[2J: undated (no\\ntime)"],
    ),
    "a missing baseline": (
        checks.baseline_complete(["2025-08", "2025-09"], ["2025-09", "2025-10"]),
        [
            "2025-08 is not materialized: materialize it first, then this month again, "
            "since its targets come from the months before"
        ],
    ),
    "a published file that differs": (
        checks.published_whole(["sli-metrics.json"]),
        ["sli-metrics.json is missing or differs: materialize the month again"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_check_fails_exactly_when_it_has_findings_and_lists_them(case: str) -> None:
    result, findings = CASES[case]

    assert result.passed is (not findings)
    assert checks.findings_of(result.metadata) == (findings, len(findings))


def test_only_an_overdue_month_and_a_broken_publication_are_errors_whatever_was_found() -> None:
    severities = {check.name: check.severity for check in vars(checks).values() if isinstance(check, checks.Check)}

    errors = [name for name, severity in severities.items() if severity == dg.AssetCheckSeverity.ERROR]
    assert errors == ["open_month_fresh", "published_whole"]


def test_many_findings_are_cut_in_the_summary_and_kept_in_the_metadata() -> None:
    result = checks.EVENTS_MAPPED.result([f"finding {number}" for number in range(9)])

    assert result.description == "finding 0; finding 1; finding 2; and 6 more"
    assert len(checks.findings_of(result.metadata)[0]) == 9


HOSTILE = "![x](https://elsewhere/x.png) <img src=//elsewhere> `a` **b** \\"


def test_what_came_out_of_a_log_is_no_markdown_in_the_ui_and_itself_elsewhere() -> None:
    result = checks.EVENTS_MAPPED.result([HOSTILE])
    assert result.description == (r"!\[x\](https://elsewhere/x.png) \<img src=//elsewhere\> \`a\` \*\*b\*\* \\")

    evaluation = dg.AssetCheckEvaluation(dg.AssetKey("a"), "b", passed=False, metadata=result.metadata or {})
    assert checks.in_words(evaluation) == HOSTILE


def test_a_hundred_thousand_findings_are_cut_and_their_count_stays_true() -> None:
    unmapped = {f"/{number}": number + 1 for number in range(100_000)}

    result = checks.events_mapped(READABLE_ACCOUNT | {"unmapped": unmapped})

    assert checks.findings_of(result.metadata) == (
        [f"/{n}: {n + 1} events" for n in range(99_999, 99_979, -1)],
        100_000,
    )
    assert result.metadata["events"].value == sum(unmapped.values())
    assert str(result.description).endswith("; and 99997 more")


def lines_account(**flaws: int) -> dict[str, Any]:
    """Of a thousand lines in two files, some of the second one are flawed."""
    none = {"undecodable": 0, "overLong": 0, "malformed": 0}
    files = [{"file": "a.log", "lines": 400, **none}, {"file": "it's.log", "lines": 600, **none, **flaws}]
    return {"files": files, "lines": 1000, **none, **flaws}


@pytest.mark.parametrize(
    ("flaws", "passed", "severity"),
    [
        ({}, True, "WARN"),
        ({"undecodable": 10}, True, "WARN"),
        ({"undecodable": 10, "overLong": 1}, False, "WARN"),
        ({"malformed": 200}, False, "WARN"),
        ({"malformed": 200, "undecodable": 1}, False, "ERROR"),
    ],
    ids=["none", "up to warnPercent", "above it", "up to errorPercent", "above it as well"],
)
def test_unreadable_lines_warn_above_one_limit_and_are_an_error_above_the_other(
    flaws: dict[str, int], passed: bool, severity: str
) -> None:
    result = checks.lines_readable(lines_account(**flaws), Unreadable())

    assert (result.passed, result.severity.value) == (passed, severity)
    assert result.metadata["percent"].value == pytest.approx(sum(flaws.values()) / 10)


def test_the_limits_are_configuration() -> None:
    limits = Unreadable.model_validate({"warnPercent": 0, "errorPercent": 0.1})

    assert checks.lines_readable(lines_account(malformed=1), limits).severity == dg.AssetCheckSeverity.WARN
    assert checks.lines_readable(lines_account(malformed=2), limits).severity == dg.AssetCheckSeverity.ERROR


def test_unreadable_lines_are_told_with_percentage_reasons_worst_files_and_remedy() -> None:
    result = checks.lines_readable(lines_account(undecodable=40, overLong=15), Unreadable())

    assert result.description == (
        "5.5 % of 1,000 lines cannot be read, over logs.unreadable.warnPercent 1: 40 undecodable, 15 over-long; most "
        "in it's.log (40 undecodable, 15 over-long of 600). Look at the samples in the metadata of log_events, set "
        "logs.maxLineBytes where lines are over-long, and see what the rules make of the lines: "
        "slo-assets run --explain-rules 'it'\"'\"'s.log'"
    )


def test_a_month_without_lines_has_no_unreadable_ones() -> None:
    account = {"files": [], "lines": 0, "undecodable": 0, "overLong": 0, "malformed": 0}

    assert checks.lines_readable(account, Unreadable()).passed


def project_with(make_project: MakeProject, broken: int) -> Project:
    """A project whose log has a thousand lines, some of which are no UTF-8."""
    project = make_project()
    logs = project.data / "logs"
    logs.mkdir(parents=True)
    fine = b"".join(LINE(number % 60).encode() for number in range(1000 - broken))
    (logs / "a.log").write_bytes(fine + b"caf\xe9 \x1b[31m\n" * broken)
    return project


@pytest.mark.parametrize(
    ("broken", "passed", "severity"),
    [(5, True, "WARN"), (50, False, "WARN"), (300, False, "ERROR")],
    ids=["0.5 %", "5 %", "30 %"],
)
def test_a_run_with_broken_lines_passes_warns_or_fails(
    make_project: MakeProject, broken: int, passed: bool, severity: str
) -> None:
    project = project_with(make_project, broken)

    result = project.run("2025-11")

    check = project.check("log_events", "lines_readable")
    assert result.error == ""
    assert (check.passed, check.severity.value) == (passed, severity)
    assert ("lines_readable" in result.warnings, "lines_readable" in result.failures) == (
        not passed and severity == "WARN",
        severity == "ERROR",
    )
    assert result.well is (severity != "ERROR")
    metadata = project.materialization("log_events", "2025-11").metadata
    assert metadata["undecodable"].value == broken
    assert metadata["matched"].value == 1000 - broken
    assert metadata["unreadable lines shown"].value == f"{min(broken, 20)} of {broken} ({broken} undecodable)"
    samples = metadata["unreadable lines"]
    assert isinstance(samples, dg.TableMetadataValue)
    first = {"file": "a.log", "line": 1001 - broken, "reason": "undecodable", "first bytes": "caf\\xe9 \\x1b[31m"}
    assert samples.records[0].data == first


def test_reports_readable_tells_of_files_set_aside_and_unknown_components() -> None:
    telemetry: dict[str, Any] = {
        "metadata": {
            "setAside": {
                "quarantine": [
                    {"file": "a.json", "reason": "invalid telemetry", "detail": "not JSON"},
                    {"file": "a.log", "reason": "undated", "detail": "no time"},
                ],
                "futureReports": ["b.json"],
            },
            "unmapped": {"anomalies": [{"file": "c.json", "component": "ghost", "id": "anom-1"}]},
        }
    }

    result = checks.reports_readable(telemetry)

    assert checks.findings_of(result.metadata)[0] == [
        "a.json: not JSON",
        "b.json: made later than the clock",
        "c.json: unknown component 'ghost' (anom-1)",
    ]


def test_budgets_and_objectives_name_component_and_instant() -> None:
    exhausted = {"status": "exhausted", "alerts": [{"crossedAt": "2025-11-02T00:00:00Z"}]}
    fine = {"status": "healthy", "alerts": []}
    budgets = {"errorBudgets": {"a": {**exhausted, "errorRate": fine}, "b": {**fine, "errorRate": exhausted}}}
    judged = {
        f"{o}Compliance": {"status": "failed" if o == "latency" else "met"}
        for o in ("availability", "latency", "errorRate")
    }

    assert checks.findings_of(checks.budgets_left(budgets).metadata)[0] == [
        "a: the availability budget is exhausted since 2025-11-02T00:00:00Z",
        "b: the error-rate budget is exhausted since 2025-11-02T00:00:00Z",
    ]
    report = {"complianceReport": {"components": {"a": judged}}}
    assert checks.findings_of(checks.objectives_met(report).metadata)[0] == ["a: latency failed"]
