"""Checks: what they find, and how it reads."""

from typing import Any

import dagster as dg
import pytest

from slo_assets import checks

READABLE_ACCOUNT = {"quarantine": [], "future": {}, "unmapped": {}}
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
    assert result.metadata["findings"].value == findings
    assert result.metadata["count"].value == len(findings)


def test_only_a_broken_publication_is_an_error() -> None:
    severities = {check.name: check.severity for check in vars(checks).values() if isinstance(check, checks.Check)}

    errors = [name for name, severity in severities.items() if severity == dg.AssetCheckSeverity.ERROR]
    assert errors == ["published_whole"]


def test_many_findings_are_cut_in_the_summary_and_kept_in_the_metadata() -> None:
    result = checks.EVENTS_MAPPED.result([f"finding {number}" for number in range(9)])

    assert result.description == "finding 0; finding 1; finding 2; and 6 more"
    assert len(result.metadata["findings"].value) == 9  # type: ignore[arg-type]


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

    assert result.metadata["findings"].value == [
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

    assert checks.budgets_left(budgets).metadata["findings"].value == [
        "a: the availability budget is exhausted since 2025-11-02T00:00:00Z",
        "b: the error-rate budget is exhausted since 2025-11-02T00:00:00Z",
    ]
    report = {"complianceReport": {"components": {"a": judged}}}
    assert checks.objectives_met(report).metadata["findings"].value == ["a: latency failed"]
