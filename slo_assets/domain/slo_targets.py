"""``slo-targets.json``: what each component is held to, agreed or derived from what it usually reaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from slo_assets.config import SloConfig, Targets
from slo_assets.domain.allowance import error_budget
from slo_assets.domain.baseline import Baseline, Measured, baseline
from slo_assets.domain.documents import Document, envelope
from slo_assets.domain.rounding import ceiling, rounded
from slo_assets.periods import Period


def document(metrics: Mapping[str, Document], period: Period, config: SloConfig) -> Document:
    """Set every component's objectives.

    Args:
        metrics: by period, the SLI metrics of this one and of the earlier ones that the baseline spans.
        period: the month.
        config: agreed objectives, defaults and margins.
    """
    targets = {component: _targets(component, metrics, period, config) for component in config.components}
    return envelope(config, period, {"generatedDate": metrics[period.key]["timestamp"], "sloTargets": targets})


def derived_availability(usual: float, ladder: Sequence[float]) -> float:
    """The availability that a component is held to where none is agreed.

    Formula:
        the highest step of the ladder that is not above the baseline

    Unit:
        percent
    Edge cases:
        The lowest step where the baseline reaches none.
    Source:
        docs/decisions.md#framework-and-targets
    """
    return next((step for step in ladder if usual >= step), ladder[-1])


def derived_latency(usual: float, rules: Targets) -> float:
    """The latency that a component is held to where none is agreed.

    Formula:
        ⌈baseline × margin / step⌉ × step

    Unit:
        milliseconds
    Edge cases:
        At least one step, since no operation takes 0 ms; an exact multiple stays what it is.
    Source:
        docs/decisions.md#framework-and-targets
    """
    step = rules.latency_step_ms
    return max(step, ceiling(usual, rules.latency_margin, repr(step)))


def derived_error_rate(usual: float, rules: Targets) -> float:
    """The error rate that a component is held to where none is agreed.

    Formula:
        min(100, ⌈baseline × margin × 1000⌉ / 1000)

    Unit:
        percent
    Edge cases:
        0 stays 0: then the first error fails the objective, and there is no budget.
    Source:
        docs/decisions.md#framework-and-targets
    """
    return min(100.0, ceiling(usual, rules.error_rate_margin, "0.001"))


def _targets(component: str, metrics: Mapping[str, Document], period: Period, config: SloConfig) -> Document:
    rules, agreed = config.targets, config.components[component].objectives
    lines = {
        name: _line(component, name, metrics, period, rules) for name in ("availability", "p95", "p99", "errorRate")
    }

    def objective(name: str, fixed: float | None) -> Document:
        return _objective(name, fixed, lines[name], rules)

    availability = objective("availability", agreed.availability)
    budget = rounded(error_budget(period.minutes, availability["target"]))
    return {
        "availability": {**availability, "errorBudget": budget, "period": "monthly", "unit": "minutes"},
        "latency": {
            "p95": {**objective("p95", agreed.latency.p95), "unit": "ms"},
            "p99": {**objective("p99", agreed.latency.p99), "unit": "ms"},
        },
        "errorRate": {**objective("errorRate", agreed.error_rate), "unit": "percentage"},
        "escalationPolicy": [step.model_dump(mode="json") for step in config.escalation_of(component)],
    }


def _line(component: str, name: str, metrics: Mapping[str, Document], period: Period, rules: Targets) -> Baseline:
    measured = {key: _measured(key, document["metrics"].get(component), name) for key, document in metrics.items()}
    current = measured.pop(period.key)
    return baseline([measured[key] for key in sorted(measured)], current, rules.minimum_operations)


def _measured(period: str, figures: Document | None, name: str) -> Measured:
    if figures is None:
        return Measured(period, None, 0)
    value = figures["latency"][name] if name in ("p95", "p99") else figures[name]
    return Measured(period, value, figures["errorRateDetail"]["operations"])


def _objective(name: str, fixed: float | None, usual: Baseline, rules: Targets) -> Document:
    if fixed is not None:
        return {"target": fixed, "type": "fixed", "basis": "agreed"}
    defaults = {
        "availability": rules.defaults.availability,
        "p95": rules.defaults.latency_p95_ms,
        "p99": rules.defaults.latency_p99_ms,
        "errorRate": rules.defaults.error_rate,
    }
    if usual.value is None or not usual.confident:
        target = defaults[name]
    elif name == "availability":
        target = derived_availability(usual.value, rules.availability_ladder)
    else:
        target = derived_error_rate(usual.value, rules) if name == "errorRate" else derived_latency(usual.value, rules)
    return {"target": target, "type": "derived", **usual.described(), "usesDefault": not usual.confident}
