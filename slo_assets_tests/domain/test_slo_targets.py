"""``slo-targets.json``: what is agreed, what is derived, and the budget that follows."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_assets.config import SloConfig, Targets
from slo_assets.domain import slo_targets
from slo_assets.domain.documents import Document
from slo_assets.domain.slo_targets import derived_availability, derived_error_rate, derived_latency
from slo_assets.periods import Period
from slo_assets_tests.domain.telling import CANVAS, COMPONENTS, NOVEMBER
from slo_assets_tests.situations import config_with, shipped_config

RULES = Targets()

# --- the reference system ---------------------------------------------------------------------------------------------

REFERENCE_LADDER = (99.95, 99.9, 99.0, 98.0)
#: Its SLIs (availability, p95, p99, error rate) and the targets that it set.
REFERENCE = {
    "canvas-component": ((99.712, 71.85, 215.04, 1.0), (99.0, 80.0, 240.0, 1.5)),
    "control-panel": ((99.731, 58.38, 179.36, 1.0), (99.0, 70.0, 200.0, 1.5)),
    "library-component": ((99.804, 86.5, 260.65, 1.0), (99.0, 100.0, 290.0, 1.5)),
    "host-sdk": ((99.901, 27.76, 64.42, 0.99), (99.9, 40.0, 80.0, 1.485)),
    "theme": ((99.858, 26.2, 62.8, 1.0), (99.0, 30.0, 70.0, 1.5)),
}


@pytest.mark.parametrize("name", REFERENCE)
def test_the_reference_system_s_targets_follow_from_its_slis(name: str):
    (availability, p95, p99, errors), expected = REFERENCE[name]
    assert (
        derived_availability(availability, REFERENCE_LADDER),
        derived_latency(p95, RULES),
        derived_latency(p99, RULES),
        derived_error_rate(errors, RULES),
    ) == expected


# --- formulas ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("usual", "expected"),
    [
        (100.0, 99.99),
        (99.99, 99.99),
        (99.9899, 99.95),
        (99.9, 99.9),
        (99.8999, 99.5),
        (99.0, 99.0),
        (98.9999, 98.0),
        (90.0, 90.0),
        (12.0, 90.0),
    ],
)
def test_an_availability_is_the_highest_step_that_the_baseline_reaches(usual: float, expected: float):
    assert derived_availability(usual, RULES.availability_ladder) == expected


@pytest.mark.parametrize(
    ("usual", "expected"),
    [(100.0, 110.0), (100.001, 120.0), (50.0, 60.0), (9.0, 10.0), (9.0909, 10.0), (9.091, 20.0), (0.0, 10.0)],
    ids=["exactly a step", "just over", "between", "first step", "just under", "just over it", "never no time at all"],
)
def test_a_latency_is_the_baseline_and_a_tenth_up_to_the_next_10_ms(usual: float, expected: float):
    assert derived_latency(usual, RULES) == expected


@given(st.integers(1, 10**7))
@settings(max_examples=100, deadline=None)
def test_a_derived_latency_agrees_with_fractions(thousandths: int):
    exact = Fraction(thousandths, 1000) * Fraction(11, 10)
    assert derived_latency(thousandths / 1000, RULES) == math.ceil(exact / 10) * 10


@pytest.mark.parametrize(
    ("usual", "expected"),
    [(0.1, 0.15), (1.0, 1.5), (0.0, 0.0), (0.0001, 0.001), (0.99, 1.485), (70.0, 100.0), (0.2, 0.3)],
)
def test_an_error_rate_is_half_as_much_again_up_to_three_decimals_and_100(usual: float, expected: float):
    assert derived_error_rate(usual, RULES) == expected


# --- the document -----------------------------------------------------------------------------------------------------


def figures(
    availability: float | None = 99.95,
    p95: float | None = 40.0,
    p99: float | None = 80.0,
    errors: float | None = 0.2,
    operations: int = 200,
) -> Document:
    """The part of a month's metrics that targets are derived from, the same for each component."""
    one = {
        "availability": availability,
        "latency": {"p95": p95, "p99": p99},
        "errorRate": errors,
        "errorRateDetail": {"operations": operations},
    }
    return {"timestamp": "2025-12-01T00:00:00Z", "metrics": dict.fromkeys(COMPONENTS, one)}


def targets(metrics: dict[str, Document], config: SloConfig | None = None, period: str = NOVEMBER) -> Document:
    made = slo_targets.document(metrics, Period(period), config or shipped_config())
    return dict(made["sloTargets"][CANVAS])


def values(made: Document) -> tuple[float, float, float, float]:
    latency = made["latency"]
    return (
        made["availability"]["target"],
        latency["p95"]["target"],
        latency["p99"]["target"],
        made["errorRate"]["target"],
    )


THIS_MONTH = figures(90.5, 500.0, 900.0, 50.0)


@pytest.mark.parametrize(
    ("earlier", "expected", "basis", "used"),
    [
        (
            [figures(99.2, 40, 80, 0.2), figures(99.96, 90, 91, 0.9), figures(99.91, 60, 95, 0.4)],
            (99.9, 70.0, 110.0, 0.6),
            "baseline",
            ["2025-08", "2025-09", "2025-10"],
        ),
        (
            # Medians of two: 99.9, 50 → 55, 100 → 110, 0.5 → 0.75.
            [figures(99.85, 40, 80, 0.25), figures(99.95, 60, 120, 0.75)],
            (99.9, 60.0, 110.0, 0.75),
            "baseline",
            ["2025-09", "2025-10"],
        ),
        ([], (90.0, 550.0, 990.0, 75.0), "bootstrap", ["2025-11"]),
    ],
    ids=["the median of three months", "of two", "the month itself where there is none before"],
)
def test_objectives_are_derived_from_the_months_before(earlier, expected, basis, used):
    months = {f"2025-{11 - len(earlier) + n:02d}": month for n, month in enumerate(earlier)}
    made = targets({NOVEMBER: THIS_MONTH, **months})
    assert values(made) == expected
    assert {made[name]["type"] for name in ("availability", "errorRate")} == {"derived"}
    assert (made["availability"]["basis"], made["availability"]["baselinePeriods"]) == (basis, used)


def test_a_target_never_chases_the_month_that_it_judges():
    before = {"2025-10": figures()}
    assert targets({**before, NOVEMBER: THIS_MONTH}) == targets({**before, NOVEMBER: figures(operations=3)})


def test_each_figure_has_its_own_months():
    months = {"2025-09": figures(availability=None), "2025-10": figures(p95=None, p99=None)}
    made = targets({**months, NOVEMBER: THIS_MONTH})
    assert made["availability"]["baselinePeriods"] == ["2025-10"]
    assert made["latency"]["p95"]["baselinePeriods"] == ["2025-09"]
    assert made["errorRate"]["baselinePeriods"] == ["2025-09", "2025-10"]


@pytest.mark.parametrize(
    ("earlier", "operations", "default"),
    [((33, 33, 33), 99, True), ((33, 33, 34), 100, False), ((), 99, True), ((), 100, False)],
    ids=["99 in three months", "100 in three months", "99 in this month", "100 in this month"],
)
def test_a_low_confidence_baseline_gives_the_configured_defaults(earlier, operations, default: bool):
    months = {f"2025-{8 + n:02d}": figures(99.5, 400, 800, 5, count) for n, count in enumerate(earlier)}
    made = targets({**months, NOVEMBER: figures(99.5, 400, 800, 5, operations)})
    assert values(made) == ((99.9, 50.0, 100.0, 0.1) if default else (99.5, 440.0, 880.0, 7.5))
    assert made["availability"]["usesDefault"] == default
    assert made["availability"]["confidence"] == ("low" if default else "high")
    assert made["availability"]["baselineOperations"] == operations


def test_where_nothing_is_known_the_defaults_stand():
    made = targets({NOVEMBER: figures(None, None, None, None, 0)})
    assert values(made) == (99.9, 50.0, 100.0, 0.1)
    assert made["availability"]["baseline"] is None


def test_the_noise_of_a_median_moves_no_target():
    # The median of 0.1 and 0.2 is 0.15 (0.15000000000000002 in floats), and 0.15 × 1.5 = 0.225 exactly.
    made = targets({"2025-09": figures(errors=0.1), "2025-10": figures(errors=0.2), NOVEMBER: THIS_MONTH})
    assert made["errorRate"]["target"] == 0.225


@pytest.mark.parametrize(("below", "above"), [(99.85, 99.95), (99.8765, 99.9235), (99.8001, 99.9999)])
def test_a_median_exactly_on_the_ladder_reaches_its_step(below: float, above: float):
    made = targets({"2025-09": figures(below), "2025-10": figures(above), NOVEMBER: THIS_MONTH})
    assert made["availability"]["target"] == 99.9


def fixed(settings: dict[str, Any]) -> None:
    settings["components"][CANVAS]["objectives"] = {
        "availability": 99.5,
        "latency": {"p95": 75},
        "errorRate": 0.0,
    }


def test_an_agreed_objective_stands_whatever_was_measured():
    made = targets({NOVEMBER: THIS_MONTH}, config_with(fixed))
    assert values(made) == (99.5, 75, 990.0, 0.0)
    assert made["availability"] == {
        "target": 99.5,
        "type": "fixed",
        "basis": "agreed",
        "errorBudget": 216.0,
        "period": "monthly",
        "unit": "minutes",
    }
    assert (made["latency"]["p95"]["type"], made["latency"]["p99"]["type"]) == ("fixed", "derived")


def test_the_plan_s_units_stand_beside_each_target():
    made = targets({NOVEMBER: figures()})
    assert (made["availability"]["unit"], made["availability"]["period"]) == ("minutes", "monthly")
    assert (made["latency"]["p95"]["unit"], made["errorRate"]["unit"]) == ("ms", "percentage")
    assert made["availability"]["errorBudget"] == 21.6  # 99.95 in November


def test_each_target_carries_its_escalation_policy():
    made = slo_targets.document({NOVEMBER: figures()}, Period(NOVEMBER), shipped_config())["sloTargets"]
    for name in COMPONENTS:
        policy = made[name]["escalationPolicy"]
        assert [step["at"] for step in policy] == [50, 80, 100]
        assert all(step["notify"] and step["action"] for step in policy)
    assert made["host-sdk"]["escalationPolicy"][0]["notify"] == ["platform-team"]
    assert made[CANVAS]["escalationPolicy"][0]["notify"] == ["owning-team"]


def test_a_component_that_an_earlier_month_does_not_have_is_unknown_there():
    older = figures()
    older["metrics"] = {name: older["metrics"][name] for name in COMPONENTS if name != CANVAS}
    made = targets({"2025-10": older, NOVEMBER: figures(99.5)})
    assert (made["availability"]["basis"], made["availability"]["target"]) == ("bootstrap", 99.5)
