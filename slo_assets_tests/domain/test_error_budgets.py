"""``error-budgets.json``: what is used, when thresholds were crossed, and where it leads."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from slo_assets.config import BudgetThresholds, SloConfig
from slo_assets.domain import error_budgets
from slo_assets.domain.burn import Spending
from slo_assets.domain.documents import Document
from slo_assets.domain.error_budgets import Budget, burn_status, projected_minutes
from slo_assets.periods import Period
from slo_assets_tests.domain.telling import (
    AFTERWARDS,
    CANVAS,
    NOVEMBER,
    WORKED_EXAMPLE,
    done,
    failed,
    incident,
    measures,
    only_canvas,
    real_telemetry,
    spread,
    told,
)
from slo_assets_tests.situations import config_with

DAY, MINUTE = 86_400, 60_000
#: Midnight before 1 November 2025 is so many seconds before noon of 3 November, where the lines' clock begins.
FIRST = -(2 * DAY + DAY // 2)
TENTH = "2025-11-11T00:00:00Z"


def budget(
    *reports: Document, lines: list[str] | None = None, now: str = AFTERWARDS, config: SloConfig | None = None
) -> Document:
    made = measures({"a.log": lines} if lines else {}, *reports, now=now, config=config or only_canvas(), budgets=True)
    return dict(made["error-budgets"]["errorBudgets"][CANVAS])


def bad(minutes: float, first: float, last: float, event: str = "canvas:x:slow") -> Document:
    """An incident of so many minutes, from one day of the month to another (0 is the begin of the first)."""
    return incident(event, 1, minutes * MINUTE, FIRST + first * DAY, FIRST + last * DAY)


def watched(*anomalies: Document, first: float = 0, last: float = 10) -> Document:
    """A report that looked from one day of the month to another."""
    return told(*anomalies, seen=(FIRST + first * DAY, FIRST + last * DAY))


# --- what is allowed, used and left -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WORKED_EXAMPLE)
def test_the_worked_example_of_the_semantics(name: str):
    made = worked_budgets()[name]
    _, consumed, _, burn_rate = WORKED_EXAMPLE[name]
    assert (made["target"], made["allowed"], made["consumed"], made["burnRate"]) == (99.9, 43.2, consumed, burn_rate)
    assert made["remaining"] == pytest.approx(43.2 - consumed, abs=1e-4)
    assert made["burnRatePercent"] == pytest.approx(100 * consumed / 43.2, abs=2e-4)
    assert (made["status"], made["alerts"]) == ("healthy", [])


@cache
def worked_budgets() -> Document:
    return dict(measures({}, real_telemetry(), budgets=True)["error-budgets"]["errorBudgets"])


def test_an_overspent_budget_has_less_than_nothing_left():
    made = budget(watched(bad(60, 1, 2)))
    assert (made["consumed"], made["remaining"]) == (60.0, -16.8)
    assert (made["burnRate"], made["status"]) == ("138.9%", "exhausted")


def test_exactly_the_whole_budget_is_exhausted_and_not_overspent():
    # 432 × 6 s are 43.2 minutes.
    made = budget(watched(incident("canvas:x:slow", 432, 6000, FIRST, FIRST + DAY)))
    assert (made["consumed"], made["remaining"], made["burnRatePercent"]) == (43.2, 0.0, 100.0)
    assert (made["burnRate"], made["status"]) == ("100.0%", "exhausted")


@pytest.mark.parametrize(
    ("percent", "expected"),
    [
        (0.0, "healthy"),
        (49.9999, "healthy"),
        (50.0, "warning"),
        (79.9999, "warning"),
        (80.0, "critical"),
        (99.9999, "critical"),
        (100.0, "exhausted"),
        (250.0, "exhausted"),
    ],
)
def test_the_status_of_a_budget_by_what_is_used(percent: float, expected: str):
    assert burn_status(percent, BudgetThresholds(), spent=percent > 0) == expected


@pytest.mark.parametrize(("spent", "expected"), [(True, "exhausted"), (False, "healthy")])
def test_where_nothing_is_allowed_any_use_exhausts_the_budget(spent: bool, expected: str):
    assert burn_status(None, BudgetThresholds(), spent=spent) == expected


@pytest.mark.parametrize(
    ("minutes", "status", "thresholds"),
    [
        # 43.2 minutes are allowed; 21.59997 are 49.99993 %, which is written 49.9999; 21.59999 are 49.99998 %.
        (21.59997, "healthy", []),
        (21.59999, "warning", [50]),
        (21.6, "warning", [50]),
        (34.56, "critical", [50, 80]),
        (43.19999, "exhausted", [50, 80, 100]),
    ],
)
def test_status_and_alerts_are_decided_on_the_rounded_figure(minutes: float, status: str, thresholds: list[float]):
    made = budget(watched(bad(minutes, 1, 2)))
    assert made["status"] == status
    assert [alert["threshold"] for alert in made["alerts"]] == thresholds


def test_metrics_and_budgets_never_differ():
    lines = [*spread(50, 20, 300), *(failed(1100 + 10 * n) for n in range(5)), done(1500)]
    made = measures({"a.log": lines}, watched(bad(7, 1, 2)), config=only_canvas(), budgets=True)
    detail = made["sli-metrics"]["metrics"][CANVAS]["availabilityDetail"]
    # 50 slow operations of 300 ms are 15 s; the outage from 1100 to 1500 s is 400 s; 7 min were reported.
    assert detail["badMinutes"] == round(7 + (15 + 400) / 60, 4)
    assert made["error-budgets"]["errorBudgets"][CANVAS]["consumed"] == detail["badMinutes"]


# --- unknown time -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "consumed", "projected"),
    # Ten days have passed, one was watched, 1.44 bad minutes were in it; twenty days are left.
    [
        ("ignore", Fraction(144, 100), Fraction(144, 100) * 21),
        ("up", Fraction(144, 100), Fraction(144, 100) * 3),
        ("down", Fraction(144, 100) + 9 * 1440, (Fraction(144, 100) + 9 * 1440) * 3),
    ],
)
def test_unknown_time_is_spent_and_projected_as_the_policy_says(policy: str, consumed: Fraction, projected: Fraction):
    config = only_canvas(policy)
    made = budget(watched(bad(1.44, 0, 1), last=1), lines=[done(FIRST + 10 * DAY)], now=TENTH, config=config)
    assert made["consumed"] == float(consumed)
    assert made["projectedPercent"] == pytest.approx(float(100 * projected / Fraction(432, 10)), abs=1e-4)


def test_an_incident_in_unknown_time_burns_no_more_than_that_time_where_it_is_down():
    # Nine of ten days are unknown. 600 minutes are told of the 4th, and 20 of the first day, which was watched.
    told_of = (bad(600, 3, 3.5), bad(20, 0.25, 0.5, "canvas:y:slow"))
    made = budget(
        *(watched(last=1) | {"summary": {"componentsAffected": [CANVAS]}}, told(*told_of)),
        lines=[done(FIRST + 10 * DAY)],
        now=TENTH,
        config=only_canvas("down"),
    )
    assert made["consumed"] == 20 + 9 * 1440
    assert [day["consumed"] for day in made["burnDown"]] == [20 + day * 1440 for day in (*range(10), 9)]


def test_where_nothing_was_observed_nothing_is_known_of_the_budget():
    made = budget()
    unknown = ("consumed", "remaining", "burnRate", "burnRatePercent", "projectedPercent", "projection")
    assert {made[key] for key in unknown} == {None}
    assert (made["status"], made["alerts"], made["burnDown"]) == ("unknown", [], [])
    assert made["reason"] == error_budgets.NOTHING_KNOWN


def test_where_nothing_is_allowed_there_is_no_percentage():
    made = budget(watched(bad(1, 1, 2)), config=only_canvas(availability=100.0))
    assert (made["allowed"], made["consumed"], made["remaining"]) == (0.0, 1.0, -1.0)
    assert (made["burnRate"], made["status"], made["reason"]) == (None, "exhausted", error_budgets.NO_BUDGET)


# --- where it leads ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("consumed", "whole", "left", "expected"),
    [(2.0, 100.0, 50.0, 3.0), (0.0, 100.0, 50.0, 0.0), (2.0, 0.0, 50.0, None), (2.0, 100.0, 0.0, 2.0)],
    ids=["half as much again", "nothing used", "no time observed", "no time left"],
)
def test_what_will_be_used_goes_on_at_the_pace_of_the_observed_time(consumed, whole, left, expected):
    assert projected_minutes(consumed, whole, left) == expected


PROJECTIONS: dict[str, tuple[Callable[[], Document], str | None, int, float | None]] = {
    # 43.2 minutes are allowed in November; the clock stands at the begin of the 11th unless the month is closed.
    "closed": (lambda: budget(watched(bad(12.4848, 1, 2))), "Used 28.9% of the budget", 0, None),
    "closed and overspent": (lambda: budget(watched(bad(60, 1, 2))), "Used 138.9% of the budget", 0, None),
    "unknown and open": (lambda: budget(now=TENTH), None, 30, None),
    "unknown and closed": (budget, None, 0, None),
    "exhausted": (
        lambda: budget(watched(bad(43.2, 3, 4.5)), now=TENTH),
        "Consumed 100% on 2025-11-05",
        0,
        300.0,
    ),
    # 21.6 in 10 days leave 21.6: as much again in 10 days more.
    "will be exhausted": (
        lambda: budget(watched(bad(21.6, 1, 2)), now=TENTH),
        "Will consume 100% on 2025-11-21",
        10,
        150.0,
    ),
    # 2.16 in one observed day are 0.0015 a minute: the other 41.04 last 27360 minutes, 19 days.
    "will be exhausted, watched in part": (
        lambda: budget(watched(bad(2.16, 9, 9.5), first=9), now=TENTH),
        "Will consume 100% on 2025-11-30",
        19,
        105.0,
    ),
    # 14.4 in 10 days are 43.2 in 30: on the last day, at its end.
    "will just be exhausted": (
        lambda: budget(watched(bad(14.4, 1, 2)), now=TENTH),
        "Will consume 100% on 2025-11-30",
        19,
        100.0,
    ),
    "will not": (
        lambda: budget(watched(bad(7.2, 1, 2)), now=TENTH),
        "Will not consume 100%: 50.0% will be used by 2025-11-30",
        20,
        50.0,
    ),
    "nothing used": (
        lambda: budget(watched(bad(0, 1, 2)), now=TENTH),
        "Will not consume 100%: 0.0% will be used by 2025-11-30",
        20,
        0.0,
    ),
}


@pytest.mark.parametrize("case", PROJECTIONS)
def test_a_projection_says_when_all_is_used_or_how_much_will_be(case: str):
    make, text, days, percent = PROJECTIONS[case]
    made = make()
    assert (made["projection"], made["daysRemaining"], made["projectedPercent"]) == (text, days, percent)


def test_a_budget_without_a_pace_says_so():
    made = budget(told(bad(1, 1, 2)), now=TENTH)
    assert (made["consumed"], made["projection"], made["reason"]) == (1.0, None, error_budgets.NO_PACE)


# --- alerts -----------------------------------------------------------------------------------------------------------


def crossed_by_hand(found: list[tuple[int, int, int]], amount: Fraction, until: int) -> int | None:
    """The first millisecond at which so much was spent, by halving."""

    def spent(at: int) -> Fraction:
        return sum(
            (
                Fraction(cost) * (Fraction(min(max(at - start, 0), end - start), end - start) if end > start else 1)
                for start, end, cost in found
                if at >= start
            ),
            Fraction(0),
        )

    if spent(until) < amount:
        return None
    low, high = -1, until
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if spent(middle) >= amount else (middle, high)
    return high


spent_costs = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 40)).map(
        lambda cost: (cost[0], cost[0] + cost[1], cost[2])
    ),
    min_size=1,
    max_size=8,
)


@given(spent_costs, st.integers(1, 200), st.sampled_from([50, 80, 100]))
@example([(0, 661, 28), (662, 663, 1)], 35, 80)  # 28 of 35 are exactly 80 %, at 661 ms
@settings(max_examples=100, deadline=None)
def test_a_threshold_was_crossed_at_the_first_millisecond_that_reached_it(found, whole: int, threshold: int):
    november = Period(NOVEMBER)
    starts, ends, costs = np.array(found, dtype=np.int64).T
    allowed = Fraction(whole)
    curve = Spending.of(november.start + starts * 1000, november.start + ends * 1000, costs.astype(np.float64))
    spent = Budget(99.9, float(allowed), curve, None, november, november.end, closed=True)
    amount = allowed * threshold / 100
    expected = crossed_by_hand(found, amount, 2 * 10**6)
    crossed = spent.crossed_at(threshold)
    if expected is None:
        # On the rounded figure: a total a millionth short of the threshold would count as reached.
        assert crossed is None or sum(costs) * 100 >= (threshold - 5e-5) * allowed
    else:
        assert crossed is not None
        assert abs((crossed - november.start) / 1000 - expected) <= 1
        assert crossed % 1000 == 0


def test_an_instant_between_two_milliseconds_is_told_as_the_later_one():
    november = Period(NOVEMBER)
    begin = np.array([november.start])
    # 10 evenly over 7 ms: half of it after 3.5 ms.
    curve = Spending.of(begin, begin + 7000, np.array([10.0]))
    spent = Budget(99.9, 10.0, curve, None, november, november.end, closed=True)
    assert spent.crossed_at(50) == november.start + 4000


def test_a_threshold_that_was_reached_exactly_was_crossed_there():
    # 18 operations of 72 s are 21.6 minutes, half of the budget, at 12:02:50; the next slow one comes a week later.
    lines = [*spread(18, 10, 72_000), done(7 * DAY, 1000), done(7 * DAY + 60)]
    made = budget(lines=lines)
    assert made["burnDown"][2]["percentage"] == 50.0
    assert [alert["crossedAt"] for alert in made["alerts"]] == ["2025-11-03T12:02:50Z"]


def test_alerts_name_the_threshold_the_instant_and_who_is_told():
    # 43.2 minutes evenly over 2 to 6 November: half of it after two days, 80 % after 3.2, all after four.
    made = budget(watched(bad(43.2, 1, 5)))
    assert [(alert["threshold"], alert["status"], alert["crossedAt"]) for alert in made["alerts"]] == [
        (50.0, "warning", "2025-11-04T00:00:00Z"),
        (80.0, "critical", "2025-11-05T04:48:00Z"),
        (100.0, "exhausted", "2025-11-06T00:00:00Z"),
    ]
    assert [alert["escalation"]["at"] for alert in made["alerts"]] == [50, 80, 100]
    assert made["alerts"][0]["escalation"]["notify"] == ["owning-team"]


def test_an_incident_of_an_instant_crosses_at_that_instant():
    lines = [done(0), failed(60, 25 * MINUTE), done(120), failed(180, 25 * MINUTE), done(240)]
    made = budget(lines=lines)
    assert [alert["crossedAt"] for alert in made["alerts"]] == ["2025-11-03T12:01:00Z"] + ["2025-11-03T12:03:00Z"] * 2


def test_where_nothing_is_allowed_the_first_use_crosses_everything():
    lines = [done(0), failed(60, 10), done(120)]
    made = budget(lines=lines, config=only_canvas(availability=100.0))
    assert [alert["crossedAt"] for alert in made["alerts"]] == ["2025-11-03T12:01:00Z"] * 3


def test_what_the_document_shows_as_nothing_crosses_nothing_and_exhausts_nothing():
    made = budget(lines=[done(0), failed(60, 1), done(120)], config=only_canvas(availability=100.0))
    assert (made["consumed"], made["status"], made["alerts"]) == (0.0, "healthy", [])


def test_a_budget_smaller_than_what_documents_show_is_used_by_its_exact_part():
    # 43,200 min × 0.000 01 % are 0.00432 min: half of it is 129.6 ms, not half of the 0.0043 that is shown.
    made = budget(lines=[done(0), failed(60, 129.6), done(120)], config=only_canvas(availability=99.99999))
    assert (made["allowed"], made["consumed"], made["burnRatePercent"]) == (0.0043, 0.0022, 50.0)


def test_thresholds_are_configuration():
    def change(settings: dict[str, Any]) -> None:
        settings["budgetThresholds"] = {"warning": 10, "critical": 20}
        settings["components"][CANVAS]["objectives"] = {"availability": 99.9}

    made = budget(watched(bad(6, 1, 2)), config=config_with(change))
    assert (made["status"], [alert["threshold"] for alert in made["alerts"]]) == ("warning", [10.0])
    # The policy's first step is at 50 %, so nobody is told yet.
    assert made["alerts"][0]["escalation"] is None


# --- burn-down by day -------------------------------------------------------------------------------------------------


def test_the_burn_down_is_what_is_left_at_the_end_of_each_day():
    spans = [(12, 0, 3), (5, 1.5, 2.25), (8, 4, 4), (3, 9.5, 20)]
    reports = watched(*(bad(minutes, a, b, f"canvas:e{n}") for n, (minutes, a, b) in enumerate(spans)), last=30)
    series = budget(reports)["burnDown"]
    assert [day["date"] for day in series] == [f"2025-11-{n:02d}" for n in range(1, 31)]
    for n, day in enumerate(series, 1):
        used = Fraction(0)
        for minutes, first, last in spans:
            a, b = Fraction(first), Fraction(last)
            # What ends at a midnight has ended by then; what happens at midnight belongs to the day after.
            used += minutes * (min(max(n - a, Fraction(0)), b - a) / (b - a) if b > a else Fraction(n > a))
        allowed = Fraction(432, 10)
        assert day["consumed"] == pytest.approx(float(used), abs=6e-5)
        assert day["remaining"] == pytest.approx(float(allowed - used), abs=6e-5)
        assert day["percentage"] == pytest.approx(float(100 * (allowed - used) / allowed), abs=6e-5)
        assert day["ideal"] == pytest.approx(float(allowed * (30 - n) / 30), abs=6e-5)


def test_the_burn_down_of_an_open_month_ends_where_it_is_known():
    made = budget(watched(bad(10, 0, 1.5), last=1.5), now="2025-11-02T12:00:00Z")
    assert [(day["date"], day["consumed"]) for day in made["burnDown"]] == [("2025-11-01", 6.6667), ("2025-11-02", 10)]
    assert made["burnDown"][-1]["ideal"] == round(43.2 * 28.5 / 30, 4)


def test_what_is_spent_at_midnight_is_burnt_on_the_day_that_begins():
    # The month is known up to midnight of the 5th, and the failure there is the last that is known.
    lines = [done(FIRST + 4 * DAY - 60), failed(FIRST + 4 * DAY, 10 * MINUTE)]
    made = budget(lines=lines, now="2025-11-20T00:00:00Z")
    assert [(day["date"], day["consumed"]) for day in made["burnDown"][3:]] == [("2025-11-04", 0), ("2025-11-05", 10)]
    assert made["burnDown"][4]["ideal"] == round(43.2 * 26 / 30, 4)
    assert (made["consumed"], made["errorRate"]["consumed"]) == (10.0, 1.0)
    assert [day["consumed"] for day in made["errorRate"]["burnDown"][3:]] == [0, 1]


# --- the error rate's budget ------------------------------------------------------------------------------------------


def rate_budget(failures: int, operations: int, *reports: Document, now: str = AFTERWARDS) -> Document:
    lines = [failed(60 + n) if n < failures else done(60 + n) for n in range(operations)]
    return dict(budget(*reports, lines=lines, now=now)["errorRate"])


def test_the_error_rate_s_budget_is_in_events():
    # 0.05 % of 2000 operations is one error.
    made = rate_budget(1, 2000)
    assert (made["unit"], made["allowed"], made["consumed"], made["remaining"]) == ("events", 1.0, 1.0, 0.0)
    assert (made["burnRate"], made["status"], made["projection"]) == (
        "100.0%",
        "exhausted",
        "Used 100.0% of the budget",
    )
    assert [alert["crossedAt"] for alert in made["alerts"]] == ["2025-11-03T12:01:00Z"] * 3


def test_errors_and_operations_grow_alike_so_the_part_used_stays():
    made = rate_budget(0, 100, told(incident("canvas:x:race", 1, 0, first=60, last=70)), now="2025-11-20T00:00:00Z")
    assert (made["allowed"], made["consumed"]) == (0.05, 1.0)
    assert made["projection"] == "Consumed 100% on 2025-11-03"
    half = measures(
        {"a.log": spread(4000, 0.25)},
        told(incident("canvas:x:race", 1, 0, first=5, last=10)),
        config=only_canvas(),
        now="2025-11-20T00:00:00Z",
        budgets=True,
    )["error-budgets"]["errorBudgets"][CANVAS]["errorRate"]
    assert half["projection"] == "Will not consume 100%: 50.0% will be used by 2025-11-30"
    assert (half["projectedPercent"], half["daysRemaining"], half["status"]) == (50.0, 28, "warning")


def test_without_operations_nothing_is_known_of_the_error_budget():
    made = budget(watched(incident("canvas:x:race", 7)))["errorRate"]
    assert (made["allowed"], made["consumed"], made["status"]) == (0.0, None, "unknown")
    assert made["reason"] == error_budgets.NOTHING_KNOWN


def test_a_projection_just_short_of_the_whole_budget_does_not_read_as_all_of_it():
    november = Period(NOVEMBER)
    begin = np.array([november.start])
    curve = Spending.of(begin, begin + 1, np.array([5.0]))
    almost = Budget(99.9, 10.0, curve, 9.998, november, november.start + DAY * 1_000_000, closed=False)

    assert almost.projected_percent == 99.98
    assert error_budgets._projection(almost)["projection"] == "Will not consume 100%: 99.9% will be used by 2025-11-30"
