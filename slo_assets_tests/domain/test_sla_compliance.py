"""``sla-compliance-report.json``: verdicts, how sure they are, and how they compare with before."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from itertools import permutations
from typing import Any

import pytest

from slo_assets.config import Compliance, SloConfig
from slo_assets.domain import sla_compliance
from slo_assets.domain.documents import Document
from slo_assets.domain.sla_compliance import budget_at_risk, trend, verdict, worst
from slo_assets.domain.verdicts import RANKS
from slo_assets.periods import Period
from slo_assets_tests.domain.telling import CANVAS, COMPONENTS, NOVEMBER, done, failed, incident, month, spread, told
from slo_assets_tests.situations import config_with, shipped_config

RULES = Compliance()
Change = Mapping[str, Any]


def figures(**change: Any) -> tuple[Document, Document, Document]:
    """Metrics, targets and budget of a component that meets everything, after a change."""
    given: dict[str, Any] = {
        "availability": 99.95,
        "lower": 99.91,
        "upper": 99.99,
        "p95": 40.0,
        "p99": 80.0,
        "errors": 0.05,
        "target": 99.9,
        "p95_target": 50.0,
        "p99_target": 100.0,
        "error_target": 0.1,
        "burn": 10.0,
        "projected": None,
        "error_burn": 10.0,
    } | change
    metrics = {
        "availability": given["availability"],
        "availabilityDetail": {
            "coverage": 50.0,
            "lowerBound": given["lower"],
            "upperBound": given["upper"],
            "confidence": "high",
        },
        "latency": {"p95": given["p95"], "p99": given["p99"], "confidence": "high"},
        "errorRate": given["errors"],
        "errorRateDetail": {"confidence": "high"},
    }
    targets = {
        "availability": {"target": given["target"]},
        "latency": {"p95": {"target": given["p95_target"]}, "p99": {"target": given["p99_target"]}},
        "errorRate": {"target": given["error_target"]},
    }
    budget = {"burnRatePercent": given["burn"], "projectedPercent": given["projected"], "consumed": 1.0}
    errors = {"burnRatePercent": given["error_burn"], "projectedPercent": None, "consumed": 1.0}
    return metrics, targets, budget | {"errorRate": errors}


def report(
    changes: Mapping[str, Change],
    earlier: Mapping[str, Document] | None = None,
    config: SloConfig | None = None,
    period: str = NOVEMBER,
) -> Document:
    """The report over all components, those that are named after a change."""
    one = {name: figures(**changes.get(name, {})) for name in COMPONENTS}
    metrics = {
        "timestamp": "2025-12-01T00:00:00Z",
        "metrics": {name: parts[0] for name, parts in one.items()},
    }
    targets = {"sloTargets": {name: parts[1] for name, parts in one.items()}}
    budgets = {"errorBudgets": {name: parts[2] for name, parts in one.items()}}
    rules = config or shipped_config()
    return sla_compliance.document(metrics, targets, budgets, earlier or {}, Period(period), rules)


def canvas(**change: Any) -> Document:
    return dict(report({CANVAS: change})["complianceReport"]["components"][CANVAS])


# --- verdicts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actual", "target", "higher", "risk", "expected"),
    [
        (99.9, 99.9, True, False, "met"),
        (99.8999, 99.9, True, False, "failed"),
        (99.8999, 99.9, True, True, "failed"),
        (99.95, 99.9, True, True, "at-risk"),
        (0.05, 0.05, False, False, "met"),
        (0.0501, 0.05, False, False, "failed"),
        (0.0499, 0.05, False, True, "at-risk"),
        (0.0, 0.0, False, False, "met"),
        (None, 99.9, True, False, "unknown"),
        (None, 99.9, True, True, "unknown"),
    ],
    ids=[
        "exactly the target is met",
        "just under it",
        "failed is worse than at risk",
        "met, but in danger",
        "an error rate of exactly the target is met",
        "just over it",
        "an error rate in danger",
        "no errors where none are allowed",
        "unknown",
        "unknown is never at risk",
    ],
)
def test_a_verdict_compares_the_actual_figure_with_the_target(actual, target, higher, risk, expected):
    assert verdict(actual, target, higher_is_better=higher, at_risk=risk) == expected


@pytest.mark.parametrize(
    ("used", "projected", "consumed", "expected"),
    [
        (79.9999, None, 30.0, False),
        (80.0, None, 30.0, True),
        (10.0, 99.9999, 4.0, False),
        (10.0, 100.0, 4.0, True),
        (10.0, 250.0, 4.0, True),
        (None, None, None, False),
        (None, None, 0.0, False),
        (None, None, 0.5, True),
    ],
    ids=[
        "under 80 %",
        "80 %",
        "projected under 100 %",
        "projected 100 %",
        "projected far over it",
        "unknown",
        "nothing allowed, nothing used",
        "nothing allowed, something used",
    ],
)
def test_a_budget_is_at_risk_from_80_percent_or_where_it_will_be_used_up(used, projected, consumed, expected):
    budget = {"burnRatePercent": used, "projectedPercent": projected, "consumed": consumed}
    assert budget_at_risk(budget, RULES) == expected


AVAILABILITY = {
    "met": ({}, "met", None),
    "80 % of the budget spent": ({"burn": 80.0}, "at-risk", None),
    "the projection passes 100 %": ({"projected": 100.0}, "at-risk", None),
    "missed": ({"availability": 99.81}, "failed", 0.09),
    "missed, with budget left": ({"availability": 99.81, "burn": 1.0}, "failed", 0.09),
    "met, with the budget of the month overspent": ({"availability": 99.9, "burn": 150.0}, "at-risk", None),
    "unknown": ({"availability": None, "lower": 0.0, "upper": 100.0, "burn": None}, "unknown", None),
}


@pytest.mark.parametrize("case", AVAILABILITY)
def test_availability_is_judged_with_its_deficit(case: str):
    change, status, deficit = AVAILABILITY[case]
    judged = canvas(**change)["availabilityCompliance"]
    assert (judged["status"], judged.get("deficit")) == (status, deficit)
    assert ("reason" in judged) == (status == "unknown")
    assert judged["coverage"] == 50.0


@pytest.mark.parametrize(
    ("lower", "upper", "actual", "expected"),
    [
        (99.9, 99.99, 99.95, "certain"),
        (99.8999, 99.99, 99.95, "depends-on-unobserved-time"),
        (50.0, 99.8999, 99.0, "certain"),
        (50.0, 99.9, 99.0, "depends-on-unobserved-time"),
        (0.0, 100.0, None, "depends-on-unobserved-time"),
        (None, None, None, "depends-on-unobserved-time"),
        (99.91, 99.95, 99.8, "depends-on-unobserved-time"),
    ],
    ids=[
        "surely met",
        "met so far",
        "surely missed",
        "missed so far",
        "unknown",
        "no time has passed",
        "missed over the observed time alone",
    ],
)
def test_a_verdict_is_certain_when_both_bounds_give_the_same(lower, upper, actual, expected: str):
    judged = canvas(lower=lower, upper=upper, availability=actual)["availabilityCompliance"]
    assert judged["certainty"] == expected


LATENCY = {
    "met": ({}, ("met", "met"), "met"),
    "within 5 % of the target": ({"p95": 47.5}, ("at-risk", "met"), "at-risk"),
    "just not within": ({"p95": 47.499}, ("met", "met"), "met"),
    "exactly the target": ({"p95": 50.0}, ("at-risk", "met"), "at-risk"),
    "over it": ({"p95": 50.001}, ("failed", "met"), "failed"),
    "p99 at risk": ({"p99": 95.0}, ("met", "at-risk"), "at-risk"),
    "p99 over it": ({"p95": 47.5, "p99": 100.5}, ("at-risk", "failed"), "failed"),
    "unknown": ({"p95": None, "p99": None}, ("unknown", "unknown"), "unknown"),
    "a limit that floats miss": ({"p95": 7.885, "p95_target": 8.3}, ("at-risk", "met"), "at-risk"),
    "an odd target": ({"p95": 66.5, "p95_target": 70.0}, ("at-risk", "met"), "at-risk"),
}


@pytest.mark.parametrize("case", LATENCY)
def test_a_latency_within_5_percent_of_its_target_is_at_risk(case: str):
    change, statuses, overall = LATENCY[case]
    judged = canvas(**change)["latencyCompliance"]
    assert ((judged["p95Status"], judged["p99Status"]), judged["status"]) == (statuses, overall)
    assert (judged["p95Actual"], judged["p99Actual"]) == (change.get("p95", 40.0), change.get("p99", 80.0))
    assert [judged.get("p95Deficit"), judged.get("p99Deficit")] == [
        pytest.approx(judged[f"{name}Actual"] - judged[f"{name}Target"], abs=1e-9) if status == "failed" else None
        for name, status in zip(("p95", "p99"), statuses, strict=True)
    ]


@pytest.mark.parametrize(
    ("change", "status", "deficit"),
    [
        ({"errors": 0.1}, "met", None),
        ({"errors": 0.1, "error_burn": 100.0}, "at-risk", None),
        ({"errors": 0.1001}, "failed", 0.0001),
        ({"errors": 0.185}, "failed", 0.085),
        ({"errors": None}, "unknown", None),
        ({"errors": 0.0, "burn": 500.0}, "met", None),
    ],
    ids=["exactly the target", "its budget is used", "just over", "over", "unknown", "another budget is not its own"],
)
def test_an_error_rate_is_judged_with_its_own_budget(change: Change, status: str, deficit: float | None):
    judged = canvas(**change)["errorRateCompliance"]
    assert (judged["status"], judged.get("deficit")) == (status, deficit)


def test_an_error_rate_of_005_percent_against_9995_is_not_failed():
    """One error in 2000 operations is all that 0.05 % allows: met, with nothing left."""

    def change(settings: dict[str, Any]) -> None:
        settings["components"] = {CANVAS: settings["components"][CANVAS]}
        settings["components"][CANVAS]["objectives"] = {"errorRate": 0.05}

    made = month([failed(0), *(done(1 + n) for n in range(1999))], config=config_with(change))
    judged = made["sla-compliance-report"]["complianceReport"]["components"][CANVAS]["errorRateCompliance"]
    budget = made["error-budgets"]["errorBudgets"][CANVAS]["errorRate"]
    assert (judged["actual"], judged["target"], judged["status"]) == (0.05, 0.05, "at-risk")
    assert (budget["status"], budget["remaining"]) == ("exhausted", 0.0)


# --- overall and summary ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["met", "met"], "met"),
        (["met", "unknown"], "unknown"),
        (["unknown", "at-risk"], "at-risk"),
        (["met", "at-risk", "failed"], "failed"),
        (["unknown", "failed"], "failed"),
    ],
)
def test_the_overall_status_is_the_worst(statuses: list[str], expected: str):
    for order in permutations(statuses):
        assert worst(order) == expected
    assert set(RANKS) >= set(statuses)


def test_a_component_is_as_bad_as_its_worst_objective():
    assert canvas()["overallStatus"] == "met"
    assert canvas(errors=9.0)["overallStatus"] == "failed"
    assert canvas(p95=None, p99=None)["overallStatus"] == "unknown"
    assert canvas(p95=None, p99=None, burn=90.0)["overallStatus"] == "at-risk"


FAILED, UNKNOWN, RISKY = {"errors": 9.0}, {"errors": None}, {"burn": 90.0}


@pytest.mark.parametrize(
    ("changes", "compliant", "failed_", "unknown", "percentage", "overall"),
    [
        ([], 5, 0, 0, 100.0, "met"),
        ([FAILED, FAILED], 3, 2, 0, 60.0, "failed"),
        ([FAILED, UNKNOWN, UNKNOWN], 2, 1, 2, 66.6667, "failed"),
        ([RISKY, RISKY], 5, 0, 0, 100.0, "at-risk"),
        ([UNKNOWN] * 5, 0, 0, 5, None, "unknown"),
        ([FAILED] + [UNKNOWN] * 4, 0, 1, 4, 0.0, "failed"),
    ],
    ids=[
        "all met",
        "the plan's example: 60 %",
        "unknown counts neither way",
        "at risk is compliant",
        "nothing known",
        "only the failed one is known",
    ],
)
def test_compliant_is_what_has_not_failed(changes, compliant, failed_, unknown, percentage, overall):
    made = report(dict(zip(COMPONENTS, changes, strict=False)))["complianceReport"]["summary"]
    assert made == {
        "componentsCompliant": compliant,
        "componentsNonCompliant": failed_,
        "componentsUnknown": unknown,
        "compliancePercentage": percentage,
        "overallStatus": overall,
        "trend": None,
    }


def test_the_report_is_dated_like_its_metrics():
    made = report({})
    assert (made["period"], made["complianceReport"]["period"]) == (NOVEMBER, NOVEMBER)
    assert made["complianceReport"]["generatedDate"] == "2025-12-01T00:00:00Z"


# --- history and trends -----------------------------------------------------------------------------------------------


def past(*entries: tuple[str, float | None]) -> list[Document]:
    return [{"status": status, "burnRatePercent": burn} for status, burn in entries]


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        (past(("met", 10)), None),
        ([], None),
        (past(("met", 10), ("failed", 10)), "degrading"),
        (past(("failed", 10), ("at-risk", 90)), "improving"),
        (past(("met", 10), ("met", 15)), "stable"),
        (past(("met", 10), ("met", 15.0001)), "degrading"),
        (past(("met", 10), ("met", 5)), "stable"),
        (past(("met", 10), ("met", 4.9999)), "improving"),
        (past(("met", 10), ("unknown", None), ("met", 30)), "degrading"),
        (past(("met", 10), ("met", 30), ("unknown", None)), None),
        (past(("unknown", None), ("met", 30)), None),
        (past(("met", None), ("met", 30)), "stable"),
        ([None, *past(("met", 10), ("met", 30))], "degrading"),
        ([*past(("met", 10)), None], None),
    ],
    ids=[
        "one month",
        "no month",
        "a worse status",
        "a better status, whatever the budget",
        "five points more",
        "over five points more",
        "five points less",
        "over five points less",
        "an unknown month between is passed over",
        "this month unknown",
        "the months before unknown",
        "no budget before",
        "a component that is new",
        "a component that is gone",
    ],
)
def test_a_trend_compares_with_the_month_before(history: list[Document | None], expected: str | None):
    assert trend(history, RULES) == expected


def test_a_change_of_exactly_five_points_is_stable_whatever_floats_say():
    # 68.9 − 63.9 is 5.000000000000007 in floats.
    assert trend(past(("met", 63.9), ("met", 68.9)), RULES) == "stable"
    assert trend(past(("met", 68.9), ("met", 63.9)), RULES) == "stable"


def test_the_history_holds_the_last_twelve_periods():
    earlier: dict[str, Document] = {}
    for n in range(14):
        period = Period("2024-10").shifted(n)
        kept = {key: earlier[key] for key in sorted(earlier)[-11:]}
        earlier[period.key] = report({CANVAS: {"burn": float(n)}}, kept, period=period.key)
    history = earlier["2025-11"]["complianceReport"]["history"]
    assert [entry["period"] for entry in history] == [Period("2024-12").shifted(n).key for n in range(12)]
    assert [entry["components"][CANVAS]["burnRatePercent"] for entry in history] == [float(n) for n in range(2, 14)]
    assert history[-1]["components"][CANVAS] == {
        "status": "met",
        "availability": 99.95,
        "p95": 40.0,
        "errorRate": 0.05,
        "burnRatePercent": 13.0,
    }


def test_more_reports_than_the_history_spans_are_left_out():
    earlier: dict[str, Document] = {}
    for n in range(13):
        key = Period("2024-10").shifted(n).key
        earlier[key] = report({}, period=key)
    history = report({}, earlier)["complianceReport"]["history"]
    assert [entry["period"] for entry in history] == [Period("2024-12").shifted(n).key for n in range(12)]
    short = config_with(lambda settings: settings.update(compliance={"historyPeriods": 3}))
    assert len(report({}, earlier, short)["complianceReport"]["history"]) == 3


@pytest.mark.parametrize(
    ("before", "now", "overall", "canvas_trend"),
    [
        ({}, {CANVAS: FAILED}, "degrading", "degrading"),
        ({CANVAS: FAILED}, {}, "improving", "improving"),
        ({}, {}, "stable", "stable"),
        # One of five budgets 30 points up: 6 points on average.
        ({}, {CANVAS: {"burn": 40.0}}, "degrading", "degrading"),
        ({}, {CANVAS: {"burn": 30.0}}, "stable", "degrading"),
        (dict.fromkeys(COMPONENTS, UNKNOWN), {}, None, None),
    ],
    ids=["less compliant", "more compliant", "the same", "more budget used", "a little more used", "unknown before"],
)
def test_all_components_together_have_a_trend(before, now, overall: str | None, canvas_trend: str | None):
    made = report(now, {"2025-10": report(before, period="2025-10")})["complianceReport"]
    assert made["summary"]["trend"] == overall
    assert made["components"][CANVAS]["trend"] == canvas_trend


def test_earlier_reports_are_read_and_not_changed():
    earlier = {"2025-10": report({}, period="2025-10")}
    kept = deepcopy(earlier)
    report({CANVAS: FAILED}, earlier)
    assert earlier == kept


# --- ratio and budget can differ --------------------------------------------------------------------------------------


def test_the_ratio_is_judged_over_observed_time_and_the_budget_over_the_month():
    """4 bad minutes of an observed hour: far under 99.9 %, and less than a tenth of the month's budget."""
    made = month(spread(99, 30), told(incident(count=1, ms=240_000, first=0, last=600), seen=(0, 3600)))
    judged = made["sla-compliance-report"]["complianceReport"]["components"][CANVAS]["availabilityCompliance"]
    assert (judged["actual"], judged["status"]) == (93.3333, "failed")
    assert judged["certainty"] == "depends-on-unobserved-time"
    assert made["error-budgets"]["errorBudgets"][CANVAS]["status"] == "healthy"
