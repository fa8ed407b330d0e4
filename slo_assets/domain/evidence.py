"""What is known of a period: the common ground of metrics and budgets, which must never differ."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from slo_assets.config import SloConfig
from slo_assets.domain.anomalies import occurrences, reported_in
from slo_assets.domain.burn import Spending
from slo_assets.domain.documents import Document, as_of, is_closed
from slo_assets.domain.event_log import EventLog
from slo_assets.domain.intervals import Interval
from slo_assets.domain.observation import observed, ranges_in
from slo_assets.domain.reports import Reported
from slo_assets.domain.spending import bad_minutes, rated, unknown_as_down
from slo_assets.periods import Period


@dataclass(frozen=True)
class ComponentEvidence:
    """What is known of one component.

    Attributes:
        events: its log events.
        seen: when it was observed.
        errors: reported errors that have a known number of operations.
        unrated_errors: how many reported errors have none.
        bad: its bad minutes over time.
        down: the same if it was down whenever nobody looked.
    """

    events: pd.DataFrame
    seen: list[Interval]
    errors: list[Reported]
    unrated_errors: int
    bad: Spending
    down: Spending


@dataclass(frozen=True)
class PeriodEvidence:
    """What is known of a period.

    Attributes:
        until: the instant up to which it is known.
        closed: whether it is over.
        components: by component, in the order of the configuration.
    """

    until: int
    closed: bool
    components: dict[str, ComponentEvidence]


def gather(log: EventLog, telemetry: Document, period: Period, config: SloConfig) -> PeriodEvidence:
    """Bring the period's events and its telemetry document together.

    Args:
        log: the period's events.
        telemetry: its anomalies and reports.
        period: the month.
        config: components, detection rules and classification.
    """
    until = as_of(telemetry)
    reported = reported_in(telemetry)
    seen = observed(log, ranges_in(telemetry), period.start, until, config)
    found = occurrences(log, reported, seen, config)
    components = {}
    for name in config.components:
        events = log.events[log.events["component"] == name]
        own = [part for part in reported if part.component == name and config.sli_of(part.event) == "errorRate"]
        errors = rated(events, own)
        bad = bad_minutes(found[found["component"] == name], seen[name], config)
        components[name] = ComponentEvidence(
            events=events,
            seen=seen[name],
            errors=errors,
            unrated_errors=sum(part.occurrences for part in own if part not in errors),
            bad=bad,
            down=unknown_as_down(bad, seen[name], period.start, until),
        )
    return PeriodEvidence(until, is_closed(telemetry), components)
