"""``sli-metrics.json``: what each component's SLIs were in the period, with the raw counts beside them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from slo_assets.config import SEVERITIES, Component, SloConfig
from slo_assets.domain import indicators, intervals
from slo_assets.domain.baseline import confidence
from slo_assets.domain.burn import Spending
from slo_assets.domain.documents import Document, envelope
from slo_assets.domain.event_log import FAILURE, SUCCESS, UNFINISHED, EventLog
from slo_assets.domain.evidence import ComponentEvidence, gather
from slo_assets.domain.intervals import Interval
from slo_assets.domain.reports import Reported
from slo_assets.domain.rounding import millis, rounded
from slo_assets.domain.sli_framework import latency_status
from slo_assets.domain.spending import also_reported
from slo_assets.periods import MINUTE, Period, format_date, format_instant

NO_OPERATIONS = "no operation of the component ended in the period's logs"
NO_DURATIONS = "no operation of the component has a duration"
NOT_OBSERVED = "no log or report looked at the component in the period"
NO_EVENTS = "the component has no event in the period's logs"


@dataclass(frozen=True)
class Evidence:
    """All that is known of one component in [start, end).

    Attributes:
        start: the first instant of this time, in microseconds.
        end: the instant after its last; nothing is known beyond ``asOf``, which may come before.
        instants: of its log events, ascending, in microseconds, shape (events,).
        kinds: how each ended, shape (events,).
        durations: in milliseconds, NaN where unknown, shape (events,).
        errors: the reported errors that have a known number of operations.
        seen: when it was observed.
        bad: its bad minutes over the period.
        down: the same if it was down whenever nobody looked.
    """

    start: int
    end: int
    instants: npt.NDArray[np.int64]
    kinds: npt.NDArray[np.str_]
    durations: npt.NDArray[np.float64]
    errors: list[Reported]
    seen: list[Interval]
    bad: Spending
    down: Spending

    @classmethod
    def of(cls, known: ComponentEvidence, period: Period) -> Evidence:
        """The evidence of a component over the whole period."""
        ordered = known.events.sort_values("instant", kind="stable")
        instants, durations = ordered["instant"].to_numpy(), ordered["duration_ms"].to_numpy()
        kinds = ordered["kind"].astype("str").to_numpy(dtype=np.str_)
        return cls(
            start=period.start,
            end=period.end,
            instants=instants,
            kinds=kinds,
            durations=durations,
            errors=known.errors,
            seen=known.seen,
            bad=known.bad,
            down=known.down,
        )

    def within(self, start: int, end: int) -> Evidence:
        """The same for a part of this time."""
        part = slice(*np.searchsorted(self.instants, [start, end]))
        errors = [error for error in (error.within(start, end) for error in self.errors) if error]
        return replace(
            self,
            start=start,
            end=end,
            instants=self.instants[part],
            kinds=self.kinds[part],
            durations=self.durations[part],
            errors=errors,
            seen=intervals.clip(self.seen, start, end),
        )

    @property
    def known_durations(self) -> npt.NDArray[np.float64]:
        """The durations of operations that have one."""
        return self.durations[~np.isnan(self.durations)]

    def counts(self) -> dict[str, int]:
        """The raw counts behind every ratio.

        ``alsoReported`` are failures in the logs that a report of failed operations tells of as well.
        """
        failed = self.instants[self.kinds == FAILURE]
        successes = int(np.count_nonzero(self.kinds == SUCCESS))
        return {
            "operations": successes + len(failed),
            "successes": successes,
            "failures": len(failed),
            "unfinished": int(np.count_nonzero(self.kinds == UNFINISHED)),
            "reportedErrors": sum(error.occurrences for error in self.errors),
            "alsoReported": int(np.count_nonzero(also_reported(failed, self.errors))),
        }


def document(log: EventLog, telemetry: Document, framework: Document, period: Period, config: SloConfig) -> Document:
    """Measure every component.

    Args:
        log: the period's events.
        telemetry: the period's anomalies and reports.
        framework: what is usual, for the status of latencies.
        period: the month.
        config: components and policies.
    """
    known = gather(log, telemetry, period, config)
    metrics = {}
    for name, component in config.components.items():
        evidence = Evidence.of(known.components[name], period)
        anomalies = [anomaly for anomaly in telemetry["anomalies"] if anomaly["component"] == name]
        thresholds = framework["sliFunctions"][name]["latency"]["thresholds"]
        metrics[name] = {
            **_figures(evidence, known.until, component, config),
            "anomalies": _anomalies(anomalies),
            "history": _history(evidence, period, known.until, component),
        }
        metrics[name]["errorRateDetail"]["unratedErrors"] = known.components[name].unrated_errors
        metrics[name]["latency"]["status"] = latency_status(metrics[name]["latency"]["p95"], thresholds)
    until = known.until
    body = {"timestamp": format_instant(until), "calculationDate": format_date(until), "metrics": metrics}
    return envelope(config, period, body)


def _figures(evidence: Evidence, until: int, component: Component, config: SloConfig) -> Document:
    counts = evidence.counts()
    confident = counts["operations"] >= config.targets.minimum_operations
    latencies = indicators.latency_percentiles(evidence.known_durations)
    time = _time(evidence, until, component)
    last = int(evidence.instants[-1]) if len(evidence.instants) else None
    certainty = {"confidence": confidence(confident)}
    return {
        "latency": {
            **{name: millis(value) for name, value in latencies.items()},
            "unit": "ms",
            "count": len(evidence.known_durations),
            **certainty,
            **_reason(latencies["p95"], NO_DURATIONS if counts["operations"] else NO_OPERATIONS),
        },
        "errorRate": rounded(_error_rate(counts)),
        "errorRateDetail": {
            **{name: counts[name] for name in ("operations", "failures", "reportedErrors", "alsoReported")},
            **certainty,
            **_reason(_error_rate(counts), NO_OPERATIONS),
        },
        "availability": rounded(time["availability"]),
        "availabilityDetail": {
            **{name: value for name, value in time.items() if name != "availability"},
            "noDataPolicy": component.no_data_policy,
            **certainty,
            **_reason(time["availability"], NOT_OBSERVED),
        },
        "completeness": rounded(_completeness(counts)),
        "completenessDetail": {
            **{name: counts[name] for name in ("successes", "failures", "unfinished")},
            **certainty,
            **_reason(_completeness(counts), NO_OPERATIONS),
        },
        "freshness": rounded(indicators.freshness(last, until), 3),
        "freshnessDetail": {
            "unit": "seconds",
            "lastEvent": None if last is None else format_instant(last),
            **certainty,
            **_reason(last, NO_EVENTS),
        },
    }


def _reason(value: float | None, reason: str) -> dict[str, str]:
    return {"reason": reason} if value is None else {}


def _error_rate(counts: dict[str, int]) -> float | None:
    twice = counts["alsoReported"]
    return indicators.error_rate(counts["failures"] - twice, counts["operations"] - twice, counts["reportedErrors"])


def _completeness(counts: dict[str, int]) -> float | None:
    return indicators.completeness(counts["successes"], counts["failures"], counts["unfinished"])


def _time(evidence: Evidence, until: int, component: Component) -> Document:
    """Availability and the minutes behind it, as far as the period is known."""
    elapsed, watched = (min(until, evidence.end) - evidence.start) / MINUTE, intervals.minutes(evidence.seen)
    bad, down = (curve.until(evidence.end) - curve.until(evidence.start) for curve in (evidence.bad, evidence.down))
    lower, upper = indicators.availability_bounds(bad, down, elapsed)
    counted = indicators.counted_time(bad, down, watched, elapsed, component.no_data_policy)
    known = watched > 0 or bad > 0
    return {
        "availability": indicators.availability(*counted),
        "badMinutes": rounded(bad) if known else None,
        "observedMinutes": rounded(watched),
        "elapsedMinutes": rounded(elapsed),
        "unknownMinutes": rounded(elapsed - watched),
        "coverage": rounded(indicators.share(watched, elapsed)),
        "lowerBound": rounded(lower),
        "upperBound": rounded(upper),
    }


def _anomalies(found: Iterable[Document]) -> Document:
    anomalies = list(found)
    return {
        "count": len(anomalies),
        "occurrences": sum(anomaly["occurrences"] for anomaly in anomalies),
        "bySeverity": {
            severity: sum(anomaly["occurrences"] for anomaly in anomalies if anomaly["severity"] == severity)
            for severity in SEVERITIES
        },
    }


def _history(evidence: Evidence, period: Period, until: int, component: Component) -> list[Document]:
    """Each figure by UTC day, to the day of ``asOf``."""
    days = []
    for start, end in period.days(until):
        part = evidence.within(start, end)
        counts = part.counts()
        time = _time(part, until, component)
        seen = evidence.instants[: np.searchsorted(evidence.instants, end)]
        last = int(seen[-1]) if len(seen) else None
        days.append(
            {
                "date": format_date(start),
                **{name: millis(value) for name, value in indicators.latency_percentiles(part.known_durations).items()},
                # Errors of a day without operations are shown, and rated by those of other days in the month alone.
                "errorRate": rounded(_error_rate(counts)) if counts["operations"] else None,
                "availability": rounded(time["availability"]),
                "completeness": rounded(_completeness(counts)),
                "freshness": rounded(indicators.freshness(last, min(until, end)), 3),
                **{name: counts[name] for name in ("operations", "failures", "unfinished", "reportedErrors")},
                **{name: time[name] for name in ("badMinutes", "observedMinutes", "coverage")},
            }
        )
    return days
