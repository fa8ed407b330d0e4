"""What is measured against what: components, objectives, thresholds, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from slo_assets.config.model import (
    Count,
    EventPrefix,
    Model,
    NoDataPolicy,
    Percentage,
    PeriodKey,
    Positive,
    Severity,
    Text,
    Weight,
)
from slo_assets.config.patterns import Pattern


class LatencyObjectives(Model):
    """Agreed latencies in milliseconds; one that is absent is derived from the baseline."""

    p95: Positive | None = Field(default=None, description="Milliseconds.")
    p99: Positive | None = Field(default=None, description="Milliseconds.")


class Objectives(Model):
    """Agreed objectives; one that is absent is derived from the baseline."""

    availability: Percentage | None = Field(default=None, description="Percent of the observed time.")
    latency: LatencyObjectives = LatencyObjectives()
    error_rate: Percentage | None = Field(default=None, description="Percent of the operations.")


class Component(Model):
    """A part of the application that has objectives of its own."""

    name: str = Field(description="Its name, for people.")
    prefixes: tuple[EventPrefix, ...] = Field(
        default=(), description="First segments of event keys; the first prefix names the detected anomalies."
    )
    patterns: tuple[Pattern, ...] = Field(default=(), description="Regular expressions, searched in event keys.")
    events: tuple[Text, ...] = Field(default=(), description="Whole event keys.")
    objectives: Objectives = Objectives()
    no_data_policy: NoDataPolicy = Field(
        default="ignore",
        description="What time counts as in which nobody looked: ignore leaves it out, up and down count it as such.",
    )
    escalation: str = Field(default="default", description="The name of its escalation policy.")


class Outage(Model):
    """Failures in a row that make an outage."""

    failures: Count = Field(default=3, description="So many of a component in one file.")
    severity: Severity = Field(default="critical", description="Severity of outages.")


class Storm(Model):
    """More operations of one event in one clock second than this are a storm."""

    operations_per_second: Count = Field(default=50, description="Operations in one second.")
    severity: Severity = Field(default="medium", description="Severity of storms.")


class Slow(Model):
    """An operation over this duration is slow."""

    slow_operation_ms: Positive = Field(default=250.0, description="Milliseconds.")
    severity: Severity = Field(default="medium", description="Severity of slow operations.")


class Detection(Model):
    """When log events are an anomaly, and how grave it is."""

    outage: Outage = Outage()
    gap_severity: Severity = Field(default="high", description="Severity of a silence of a source that is a heartbeat.")
    failed_severity: Severity = Field(default="high", description="Severity of operations that failed.")
    storm: Storm = Storm()
    slow: Slow = Slow()


class Classification(Model):
    """Which SLI an anomaly belongs to, by shell patterns over its event key; latency takes all others."""

    error_rate: tuple[str, ...] = Field(
        default=("*:race", "*:validation:*", "*:checking:*", "*:invalidation", "*:operation:failed"),
        description="Patterns of the error rate; they are looked at first.",
    )
    availability: tuple[str, ...] = Field(
        default=("*:timeout", "*:availability:*"), description="Patterns of availability."
    )


class SeverityWeights(Model):
    """How much a bad minute of each severity counts."""

    critical: Weight = Field(default=1.0, description="1 counts each bad minute once, 0 not at all.")
    high: Weight = Field(default=1.0, description="1 counts each bad minute once, 0 not at all.")
    medium: Weight = Field(default=1.0, description="1 counts each bad minute once, 0 not at all.")
    low: Weight = Field(default=1.0, description="1 counts each bad minute once, 0 not at all.")


class Defaults(Model):
    """Objectives and baselines where a component has too few operations to derive any."""

    availability: Percentage = Field(default=99.9, description="Percent.")
    latency_p50_ms: Positive = Field(default=10.0, description="Milliseconds.")
    latency_p95_ms: Positive = Field(default=50.0, description="Milliseconds.")
    latency_p99_ms: Positive = Field(default=100.0, description="Milliseconds.")
    error_rate: Percentage = Field(default=0.1, description="Percent.")


class Targets(Model):
    """How objectives are derived from a baseline."""

    baseline_periods: int = Field(
        default=3, ge=1, le=12, strict=True, description="Months before the own one, whose median is the baseline."
    )
    minimum_operations: Count = Field(
        default=100,
        description="With fewer operations, in all these months together, the defaults hold; with fewer in a month, "
        "its figures have low confidence.",
    )
    availability_ladder: tuple[Percentage, ...] = Field(
        default=(99.99, 99.95, 99.9, 99.5, 99.0, 98.0, 95.0, 90.0),
        description="Percentages, falling; the target is the highest that the baseline reaches.",
    )
    latency_margin: Positive = Field(default=1.1, description="A latency's target is so many times its baseline.")
    latency_step_ms: Positive = Field(
        default=10.0, description="It is rounded up to a multiple of so many milliseconds."
    )
    error_rate_margin: Positive = Field(
        default=1.5, description="An error rate's target is so many times its baseline."
    )
    defaults: Defaults = Defaults()

    @field_validator("availability_ladder", mode="after")
    @classmethod
    def _descending(cls, ladder: tuple[float, ...]) -> tuple[float, ...]:
        if not ladder or list(ladder) != sorted(set(ladder), reverse=True):
            msg = "the ladder must name at least one step and fall from the highest to the lowest"
            raise ValueError(msg)
        return ladder


class LatencyThresholds(Model):
    """Multiples of the baseline's p95 up to which a latency is healthy and in warning, and from which critical."""

    healthy: Positive = Field(default=1.1, description="Up to so many times the usual p95.")
    warning: Positive = Field(default=1.5, description="Up to so many times the usual p95; above, it is degraded.")
    critical: Positive = Field(default=2.0, description="From so many times the usual p95.")

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if not self.healthy <= self.warning <= self.critical:
            msg = "healthy, warning and critical must rise in this order"
            raise ValueError(msg)
        return self


class BudgetThresholds(Model):
    """Percent of the error budget from which its status is warning and critical; from 100 it is exhausted."""

    warning: Annotated[float, Field(gt=0, lt=100, strict=True)] = Field(
        default=50.0, description="Percent of the budget."
    )
    critical: Annotated[float, Field(gt=0, lt=100, strict=True)] = Field(
        default=80.0, description="Percent of the budget."
    )

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if not self.warning < self.critical:
            msg = "warning must be below critical"
            raise ValueError(msg)
        return self

    @property
    def levels(self) -> Mapping[str, float]:
        """By status, the percentage from which it holds, rising."""
        return {"warning": self.warning, "critical": self.critical, "exhausted": 100.0}


class Compliance(Model):
    """When a met objective is at risk, and how far back the report looks."""

    budget_at_risk_percent: Percentage = Field(
        default=80.0, description="A met availability or error rate is at risk from this percentage of its budget on."
    )
    latency_at_risk_percent: Percentage = Field(
        default=5.0, description="A met latency is at risk when it is within so many percent of its target."
    )
    history_periods: int = Field(
        default=12, ge=1, le=12, strict=True, description="Months that the report looks at, its own included."
    )
    trend_points: Positive = Field(default=5.0, description="Change of the budget used, in percentage points.")


class Dashboard(Model):
    """How the dashboard is titled, refreshed and compared."""

    title: str = Field(
        default="SLO/SLI/SLA Monitoring Dashboard", description="Title of the dashboard and of its page."
    )
    refresh_interval: Count = Field(default=300, description="Seconds.")
    trend_percent: Positive = Field(
        default=5.0, description="A figure is stable that changed by no more percent than this since the month before."
    )


class EscalationStep(Model):
    """Who is told and what is done when so much of the budget is used."""

    at: Positive = Field(description="Percent of the error budget.")
    notify: tuple[str, ...] = Field(
        min_length=1, description="People, teams or channels; alerts.routes says how they are reached."
    )
    action: str = Field(description="What is done, in words.")


class Change(Model):
    """Settings that hold from a period on, while earlier periods keep theirs."""

    effective_from: PeriodKey = Field(description="The first period in which they hold.")
    reason: Text = Field(description="Why, for those who read it later.")
    settings: dict[str, Any] = Field(
        min_length=1, description="Part of the configuration, put over what holds before; a list is replaced whole."
    )


class Monitoring(Model):
    """How soon new input is followed, and when results are overdue."""

    refresh_seconds: Annotated[int, Field(ge=10, strict=True)] = Field(
        default=60, description="At least so long between two runs that follow new logs or telemetry."
    )
    warn_hours: Positive = Field(
        default=26.0, description="Results older than this are late: a nightly run is missing."
    )
    fail_hours: Positive = Field(default=36.0, description="Results older than this are overdue.")

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if self.warn_hours > self.fail_hours:
            msg = "warnHours must not be above failHours"
            raise ValueError(msg)
        return self


class Releases(Model):
    """How published releases are kept."""

    keep: Count = Field(default=24, description="So many releases of a period; the current one is always kept.")
    automatic_rollback: bool = Field(
        default=True, description="Put the last good release back where published files have drifted."
    )
