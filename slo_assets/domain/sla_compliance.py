"""``sla-compliance-report.json``: which objectives were met, how surely, and how that compares with before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from slo_assets.config import Compliance, SloConfig
from slo_assets.domain.documents import Document, envelope
from slo_assets.domain.indicators import share
from slo_assets.domain.rounding import rounded
from slo_assets.domain.verdicts import AT_RISK, FAILED, MET, RANKS, UNKNOWN, WHOLE
from slo_assets.periods import Period

#: Decimals that floats carry and no figure has: what is left of a product beyond them is noise.
EXACT = 9
NO_FIGURE = "the SLI is not known, see sli-metrics.json"


def document(
    metrics: Document,
    targets: Document,
    budgets: Document,
    earlier: Mapping[str, Document],
    period: Period,
    config: SloConfig,
) -> Document:
    """Judge every component's objectives.

    Args:
        metrics: the period's SLIs.
        targets: the period's objectives.
        budgets: the period's error budgets.
        earlier: by period, the reports of the periods before that the history spans.
        period: the month.
        config: margins for what is at risk.
    """
    components = {
        name: _component(
            metrics["metrics"][name], targets["sloTargets"][name], budgets["errorBudgets"][name], config.compliance
        )
        for name in config.components
    }
    now = {"period": period.key, **_summary(components), "components": _figures(metrics, budgets, components)}
    before = [earlier[key]["complianceReport"]["history"][-1] for key in sorted(earlier)]
    history = [*before, now][-config.compliance.history_periods :]
    for name, component in components.items():
        component["trend"] = trend([past["components"].get(name) for past in history], config.compliance)
    report = {
        "period": period.key,
        "generatedDate": metrics["timestamp"],
        "components": components,
        "summary": {**_summary(components), "trend": _overall_trend(history, config.compliance)},
        "history": history,
    }
    return envelope(config, period, {"complianceReport": report})


def worst(statuses: Iterable[str]) -> str:
    """The worst of several statuses, which is that of a component and of all together.

    Formula:
        failed, else at-risk, else unknown, else met

    Source:
        docs/decisions.md#budgets-and-compliance
    """
    return max(statuses, key=RANKS.__getitem__)


def verdict(actual: float | None, target: float, *, higher_is_better: bool, at_risk: bool) -> str:
    """Whether an objective is met.

    Formula:
        failed where actual < target (availability) or actual > target (latency, error rate)
        at-risk where it is met and something says that it is in danger
        met otherwise

    Edge cases:
        unknown where the figure is not known; to reach the target exactly is to meet it.

    Args:
        actual: the SLI as its document carries it; None where it is not known.
        target: the objective; to reach it exactly is to meet it.
        higher_is_better: availability, against latency and error rate.
        at_risk: what says that a met objective is in danger.
    """
    if actual is None:
        return UNKNOWN
    if (actual < target) if higher_is_better else (actual > target):
        return FAILED
    return AT_RISK if at_risk else MET


def budget_at_risk(budget: Document, rules: Compliance) -> bool:
    """Whether so much of the budget is used, or will be by the period's end, that the objective is in danger.

    Formula:
        used ≥ budgetAtRiskPercent, or projected ≥ 100

    Edge cases:
        Anything used is too much where nothing is allowed; what is not known is no danger.
    """
    used, projected = budget["burnRatePercent"], budget["projectedPercent"]
    spent_without_budget = used is None and bool(budget["consumed"])
    return (used or 0) >= rules.budget_at_risk_percent or (projected or 0) >= WHOLE or spent_without_budget


def _component(metrics: Document, targets: Document, budget: Document, rules: Compliance) -> Document:
    judged = {
        "availabilityCompliance": _availability(metrics, targets["availability"]["target"], budget, rules),
        "latencyCompliance": _latency(metrics["latency"], targets["latency"], rules),
        "errorRateCompliance": _error_rate(metrics, targets["errorRate"]["target"], budget["errorRate"], rules),
    }
    return {**judged, "overallStatus": worst(objective["status"] for objective in judged.values())}


def _availability(metrics: Document, target: float, budget: Document, rules: Compliance) -> Document:
    actual, detail = metrics["availability"], metrics["availabilityDetail"]
    status = verdict(actual, target, higher_is_better=True, at_risk=budget_at_risk(budget, rules))
    # Over the observed time alone, what was reported of other time can miss what both bounds reach.
    figures = (actual, detail["lowerBound"], detail["upperBound"])
    certain = actual is not None and len({figure is not None and figure >= target for figure in figures}) == 1
    return {
        "target": target,
        "actual": actual,
        "status": status,
        **({"deficit": rounded(target - actual)} if status == FAILED else {}),
        "coverage": detail["coverage"],
        "certainty": "certain" if certain else "depends-on-unobserved-time",
        "confidence": detail["confidence"],
        **_reason(actual),
    }


def _latency(latency: Document, targets: Document, rules: Compliance) -> Document:
    judged: Document = {}
    statuses = []
    for name in ("p95", "p99"):
        actual, target = latency[name], targets[name]["target"]
        near = rounded(target * (1 - rules.latency_at_risk_percent / 100), EXACT)
        close = actual is not None and actual >= near
        statuses.append(verdict(actual, target, higher_is_better=False, at_risk=close))
        judged |= {f"{name}Target": target, f"{name}Actual": actual, f"{name}Status": statuses[-1]}
        if statuses[-1] == FAILED:
            judged[f"{name}Deficit"] = rounded(actual - target, 3)
    return {**judged, "status": worst(statuses), "confidence": latency["confidence"], **_reason(latency["p95"])}


def _error_rate(metrics: Document, target: float, budget: Document, rules: Compliance) -> Document:
    actual = metrics["errorRate"]
    status = verdict(actual, target, higher_is_better=False, at_risk=budget_at_risk(budget, rules))
    return {
        "target": target,
        "actual": actual,
        "status": status,
        **({"deficit": rounded(actual - target)} if status == FAILED else {}),
        "confidence": metrics["errorRateDetail"]["confidence"],
        **_reason(actual),
    }


def _reason(actual: float | None) -> dict[str, str]:
    return {"reason": NO_FIGURE} if actual is None else {}


def _summary(components: Mapping[str, Document]) -> Document:
    """Compliant is what has not failed; what is unknown counts neither way."""
    statuses = [component["overallStatus"] for component in components.values()]
    failed, unknown = statuses.count(FAILED), statuses.count(UNKNOWN)
    compliant = len(statuses) - failed - unknown
    return {
        "componentsCompliant": compliant,
        "componentsNonCompliant": failed,
        "componentsUnknown": unknown,
        "compliancePercentage": rounded(share(compliant, compliant + failed)),
        "overallStatus": worst(statuses),
    }


def _figures(metrics: Document, budgets: Document, components: Mapping[str, Document]) -> Document:
    return {
        name: {
            "status": component["overallStatus"],
            "availability": metrics["metrics"][name]["availability"],
            "p95": metrics["metrics"][name]["latency"]["p95"],
            "errorRate": metrics["metrics"][name]["errorRate"],
            "burnRatePercent": budgets["errorBudgets"][name]["burnRatePercent"],
        }
        for name, component in components.items()
    }


def trend(history: Sequence[Document | None], rules: Compliance) -> str | None:
    """How a component moves: improving, stable or degrading.

    Formula:
        the status against that of the last period in which it was known
        where it is the same: stable if |used − used then| ≤ trendPoints, else degrading if more is used

    Unit:
        percentage points of the availability budget
    Edge cases:
        None where the period itself or all before it are unknown.
    Source:
        docs/decisions.md#budgets-and-compliance
    """
    known = [past for past in history if past is not None and past["status"] != UNKNOWN]
    if len(known) < 2 or known[-1] is not history[-1]:  # noqa: PLR2004 - a comparison needs two
        return None
    before, now = known[-2:]
    by_status = RANKS[now["status"]] - RANKS[before["status"]]
    if by_status:
        return "degrading" if by_status > 0 else "improving"
    return _direction(now["burnRatePercent"], before["burnRatePercent"], rules.trend_points)


def _overall_trend(history: Sequence[Document], rules: Compliance) -> str | None:
    """The same for all components together: by the share of compliant ones, then by the budgets used."""
    known = [past for past in history if past["compliancePercentage"] is not None]
    if len(known) < 2 or known[-1] is not history[-1]:  # noqa: PLR2004 - a comparison needs two
        return None
    before, now = known[-2:]
    if now["compliancePercentage"] != before["compliancePercentage"]:
        return "improving" if now["compliancePercentage"] > before["compliancePercentage"] else "degrading"
    return _direction(_mean_burn(now), _mean_burn(before), rules.trend_points)


def _mean_burn(past: Document) -> float | None:
    burns = [figures["burnRatePercent"] for figures in past["components"].values()]
    known = [burn for burn in burns if burn is not None]
    return sum(known) / len(known) if known else None


def _direction(now: float | None, before: float | None, points: float) -> str:
    if now is None or before is None or rounded(abs(now - before)) <= points:
        return "stable"
    return "degrading" if now > before else "improving"
