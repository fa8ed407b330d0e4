"""``error-budgets.json``: how much of what the objectives allow is used, and where that leads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from slo_assets.config import BudgetThresholds, NoDataPolicy, SloConfig
from slo_assets.domain import intervals
from slo_assets.domain.allowance import error_budget
from slo_assets.domain.burn import Spending
from slo_assets.domain.documents import Document, envelope
from slo_assets.domain.event_log import EventLog
from slo_assets.domain.evidence import ComponentEvidence, PeriodEvidence, gather
from slo_assets.domain.indicators import share
from slo_assets.domain.rounding import rounded
from slo_assets.domain.spending import errors
from slo_assets.domain.verdicts import WHOLE
from slo_assets.periods import MILLISECOND, MINUTE, Period, format_date, format_instant, from_micros

NOTHING_KNOWN = "nothing was observed, so nothing is known of the budget"
NO_BUDGET = "the objective allows nothing, so there is no budget to use"
NO_PACE = "no time was observed, so nothing can be projected"

#: What the floats of many incidents can be off by: a threshold that was just reached was crossed there.
NOISE = 1e-9

#: What a projection that does not reach the whole budget says at the most, so that it does not read as 100.0%.
SHORT_OF_WHOLE = 99.9


@dataclass(frozen=True)
class Budget:
    """What is allowed and what was used, both in minutes or both in events.

    Attributes:
        target: the objective in percent.
        allowed: what it allows in the period.
        spent: what was used over time; None where nothing is known.
        projected: what will be used by the period's end if it goes on like this; None where unknown.
        period: the month.
        until: how far it is known, in microseconds.
        closed: whether it is over, so that nothing is projected.
    """

    target: float
    allowed: float
    spent: Spending | None
    projected: float | None
    period: Period
    until: int
    closed: bool

    @property
    def consumed(self) -> float | None:
        """What was used so far."""
        return None if self.spent is None else self.spent.until(self.period.end)

    @property
    def percent(self) -> float | None:
        """The part of the budget that was used, which documents call its burn rate.

        Formula:
            100 × consumed / allowed

        Unit:
            percent
        Edge cases:
            None where nothing is known, and where nothing is allowed; above 100 when overspent.
        """
        return None if self.consumed is None else rounded(share(self.consumed, self.allowed))

    @property
    def projected_percent(self) -> float | None:
        """The part of the budget that will be used by the period's end.

        Formula:
            100 × projected / allowed

        Unit:
            percent
        Edge cases:
            None for a period that is over, and where nothing is known or allowed.
        """
        return None if self.closed or self.projected is None else rounded(share(self.projected, self.allowed))

    def crossed_at(self, percent: float) -> int | None:
        """The instant (to the millisecond, upwards) at which so much was used; None where it was not."""
        used = self.consumed
        if self.spent is None or not used or not rounded(used) or (self.percent is not None and self.percent < percent):
            return None
        amount = min(used, self.allowed * percent / 100) * (1 - NOISE)
        instant = self.spent.crossing(max(amount, np.nextafter(0.0, 1.0)))
        return None if instant is None else -(-instant // MILLISECOND) * MILLISECOND


def burn_status(percent: float | None, thresholds: BudgetThresholds, *, spent: bool) -> str:
    """The status of a budget: healthy, warning, critical or exhausted.

    Formula:
        the gravest status whose threshold is not above the part used: by default 50, 80 and 100

    Edge cases:
        Exactly 100 is exhausted. Where nothing is allowed, the first bit used exhausts it.
    Source:
        docs/decisions.md#budgets-and-compliance

    Args:
        percent: how much is used, as the document carries it; None where nothing is allowed.
        thresholds: from which percentage each status holds; exactly 100 is exhausted.
        spent: whether anything was used at all, which decides where nothing is allowed.
    """
    used = percent if percent is not None else (WHOLE if spent else 0.0)
    reached = [status for status, threshold in thresholds.levels.items() if used >= threshold]
    return reached[-1] if reached else "healthy"


def projected_minutes(consumed: float, whole: float, left: float) -> float | None:
    """What will be used at the period's end if it goes on at this pace.

    Formula:
        consumed + consumed / whole × left

    Unit:
        minutes
    Edge cases:
        None where no time was observed, so that there is no pace.

    Args:
        consumed: bad minutes that count, so far.
        whole: minutes that they are a part of.
        left: minutes to the period's end.
    """
    return consumed + consumed / whole * left if whole > 0 else None


def document(
    log: EventLog, telemetry: Document, metrics: Document, targets: Document, period: Period, config: SloConfig
) -> Document:
    """Compare what was used with what is allowed, for every component.

    Args:
        log: the period's events.
        telemetry: the period's anomalies and reports.
        metrics: the period's SLIs.
        targets: the period's objectives.
        period: the month.
        config: thresholds and policies.

    Returns:
        Budgets of availability in minutes, each with that of the error rate in events beside it.
    """
    known = gather(log, telemetry, period, config)
    budgets = {}
    for name, component in config.components.items():
        evidence, objectives = known.components[name], targets["sloTargets"][name]
        time = _time_budget(evidence, objectives["availability"], component.no_data_policy, known, period)
        rate = metrics["metrics"][name]["errorRateDetail"]
        count = _event_budget(evidence, objectives["errorRate"]["target"], rate, known, period)
        policy = objectives["escalationPolicy"]
        budgets[name] = {
            "period": period.key,
            "unit": "minutes",
            **_described(time, policy, config.budget_thresholds),
            "errorRate": {"unit": "events", **_described(count, policy, config.budget_thresholds)},
        }
    return envelope(config, period, {"generatedDate": format_instant(known.until), "errorBudgets": budgets})


def _time_budget(
    evidence: ComponentEvidence, objective: Document, policy: NoDataPolicy, known: PeriodEvidence, period: Period
) -> Budget:
    elapsed, watched = (known.until - period.start) / MINUTE, intervals.minutes(evidence.seen)
    spent = evidence.down if policy == "down" else evidence.bad
    used = spent.until(period.end)
    whole = watched if policy == "ignore" else elapsed
    return Budget(
        target=objective["target"],
        allowed=error_budget(period.minutes, objective["target"]),
        spent=spent if whole > 0 or used > 0 else None,
        projected=projected_minutes(used, whole, (period.end - known.until) / MINUTE),
        period=period,
        until=known.until,
        closed=known.closed,
    )


def _event_budget(
    evidence: ComponentEvidence, target: float, rate: Document, known: PeriodEvidence, period: Period
) -> Budget:
    """The error budget in events: errors and operations grow alike, so the part used stays what it is."""
    spent = errors(evidence.events, evidence.errors) if rate["operations"] + rate["reportedErrors"] > 0 else None
    return Budget(
        target=target,
        allowed=rate["operations"] * target / 100,
        spent=spent,
        projected=None if spent is None else spent.until(period.end),
        period=period,
        until=known.until,
        closed=known.closed,
    )


def _described(budget: Budget, policy: list[Document], thresholds: BudgetThresholds) -> Document:
    consumed, percent = budget.consumed, budget.percent
    known = consumed is not None
    return {
        "target": budget.target,
        "allowed": rounded(budget.allowed),
        "consumed": rounded(consumed),
        "remaining": rounded(budget.allowed - consumed) if consumed is not None else None,
        "burnRate": None if percent is None else f"{percent:.1f}%",
        "burnRatePercent": percent,
        "status": burn_status(percent, thresholds, spent=bool(rounded(consumed))) if known else "unknown",
        "projectedPercent": budget.projected_percent,
        **_projection(budget),
        **_reason(budget),
        "alerts": _alerts(budget, policy, thresholds),
        "burnDown": _burn_down(budget),
    }


def _projection(budget: Budget) -> Document:
    """In words: when the whole budget is used, or how much of it will be."""
    left = _days(budget.until, budget.period.end)
    exhausted = budget.crossed_at(WHOLE)
    if budget.closed and budget.percent is not None:
        return {"projection": f"Used {budget.percent:.1f}% of the budget", "daysRemaining": 0}
    if exhausted is not None:
        return {"projection": f"Consumed 100% on {format_date(exhausted)}", "daysRemaining": 0}
    if budget.projected_percent is None:
        return {"projection": None, "daysRemaining": left}
    if budget.projected_percent >= WHOLE:
        reached = _reached_at(budget)
        text = f"Will consume 100% on {format_date(reached)}"
        return {"projection": text, "daysRemaining": _days(budget.until, reached)}
    last = format_date(budget.period.end - 1)
    text = f"Will not consume 100%: {min(budget.projected_percent, SHORT_OF_WHOLE):.1f}% will be used by {last}"
    return {"projection": text, "daysRemaining": left}


def _reason(budget: Budget) -> dict[str, str]:
    """Why a figure of the budget is null, where one is."""
    if budget.consumed is None:
        return {"reason": NOTHING_KNOWN}
    if budget.percent is None:
        return {"reason": NO_BUDGET}
    return {"reason": NO_PACE} if budget.projected is None and not budget.closed else {}


def _reached_at(budget: Budget) -> int:
    """The instant at which the whole budget will be used at the present pace, within the period."""
    consumed, projected = budget.consumed or 0.0, budget.projected or 0.0
    ahead = (budget.allowed - consumed) / (projected - consumed)
    return min(budget.until + round(ahead * (budget.period.end - budget.until)), budget.period.end - 1)


def _days(start: int, end: int) -> int:
    """Calendar days from one instant's date to another's."""
    return (from_micros(end).date() - from_micros(start).date()).days


def _alerts(budget: Budget, policy: list[Document], thresholds: BudgetThresholds) -> list[Document]:
    """The thresholds that were crossed, when, and who is to do what."""
    alerts = []
    for status, threshold in thresholds.levels.items():
        instant = budget.crossed_at(threshold)
        if instant is not None:
            steps = [step for step in policy if step["at"] <= threshold]
            alerts.append(
                {
                    "threshold": threshold,
                    "status": status,
                    "crossedAt": format_instant(instant),
                    "escalation": max(steps, key=lambda step: step["at"], default=None),
                }
            )
    return alerts


def _burn_down(budget: Budget) -> list[Document]:
    """What is left at the end of each UTC day or at ``asOf``, beside what would be left at an even pace."""
    if budget.spent is None:
        return []
    series = []
    for start, end in budget.period.days(budget.until):
        used = budget.spent.until(end)
        passed = (min(budget.until, end) - budget.period.start) / (budget.period.minutes * MINUTE)
        series.append(
            {
                "date": format_date(start),
                "consumed": rounded(used),
                "remaining": rounded(budget.allowed - used),
                "percentage": rounded(share(budget.allowed - used, budget.allowed)),
                "ideal": rounded(budget.allowed * (1 - passed)),
            }
        )
    return series
