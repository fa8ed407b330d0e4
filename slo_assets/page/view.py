"""What the page says first, and in which order: the dashboard document by component, the gravest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slo_assets.page import wording

Document = dict[str, Any]

#: The gravest first.
ORDER = ("failed", "at-risk", "unknown", "met")


@dataclass(frozen=True)
class Component:
    """All that the dashboard tells of one component."""

    id: str
    health: Document
    card: Document
    gauge: Document
    budget: Document
    alerts: Sequence[Document]
    anomalies: Sequence[Document]

    @property
    def name(self) -> str:
        """How people call it."""
        return wording.name(self.health["displayName"])

    @property
    def status(self) -> str:
        """Its overall verdict."""
        return str(self.health["status"])

    @property
    def used(self) -> float | None:
        """The larger part used of its two budgets, in percent; None where neither is known."""
        left = (self.budget["percentage"], self.budget["errorRate"]["percentage"])
        return max((round(100 - part, 4) for part in left if part is not None), default=None)

    @property
    def objectives(self) -> list[Document]:
        """What it is held to beside what it did, one entry for each objective."""
        latency, rate = self.gauge["latency"], self.gauge["errorRate"]
        return [
            {
                "name": "Availability",
                "actual": wording.percent(self.gauge["compliance"]),
                "target": f"≥ {wording.percent(self.gauge['target'])}",
                "status": self.gauge["status"],
                "note": self._bounds(),
            },
            *(
                {
                    "name": f"Latency {rank}",
                    "actual": wording.millis(latency[f"{rank}Actual"]),
                    "target": f"≤ {wording.millis(latency[f'{rank}Target'])}",
                    "status": latency[f"{rank}Status"],
                    "note": self._reason("latency"),
                }
                for rank in ("p95", "p99")
            ),
            {
                "name": "Error rate",
                "actual": wording.percent(rate["actual"]),
                "target": f"≤ {wording.percent(rate['target'])}",
                "status": rate["status"],
                "note": self._reason("errorRate") or self.errors,
            },
        ]

    @property
    def errors(self) -> str:
        """The counts behind the error rate."""
        more = self.card["reportedErrors"] - self.card["alsoReported"]
        errors, operations = self.card["failures"] + more, self.card["operations"] + more
        return f"{wording.plural(errors, 'error')} in {wording.plural(operations, 'operation')}"

    def _bounds(self) -> str:
        if reason := self._reason("availability"):
            return reason
        low, high = (wording.percent(self.gauge[bound]) for bound in ("lowerBound", "upperBound"))
        sure = "certain" if self.gauge["certainty"] == "certain" else "not certain"
        return f"{sure}: {low} to {high} by what nobody observed"

    def _reason(self, sli: str) -> str:
        return str(self.card["reasons"].get(sli, ""))

    @property
    def missed(self) -> list[Document]:
        """The objectives that failed, or that are at risk where none failed."""
        failed = [one for one in self.objectives if one["status"] == "failed"]
        return failed or [one for one in self.objectives if one["status"] == "at-risk"]

    @property
    def urgent(self) -> list[Document]:
        """Its alerts, one for each objective, with its verdict: the gravest threshold crossed, where one was."""
        verdicts = {
            "availability": self.gauge["status"],
            **{objective: self.gauge[objective]["status"] for objective in ("latency", "errorRate")},
        }
        found: dict[str, Document] = {}
        for alert in self.alerts:
            known = found.setdefault(alert["objective"], alert)
            if "crossedAt" in alert and "crossedAt" not in known:
                found[alert["objective"]] = alert
        return [
            {**alert, "component": self, "verdict": verdicts[objective], "crossed": "crossedAt" in alert}
            for objective, alert in found.items()
        ]


@dataclass(frozen=True)
class Page:
    """A dashboard document, arranged."""

    document: Document

    @property
    def dashboard(self) -> Document:
        """The document's content."""
        return dict(self.document["dashboard"])

    @property
    def sections(self) -> Document:
        """Its sections."""
        return dict(self.dashboard["sections"])

    @property
    def period(self) -> str:
        """The month, ``YYYY-MM``."""
        return str(self.document["period"])

    @property
    def counts(self) -> dict[str, int]:
        """How many components there are of each verdict, the gravest first."""
        statuses = [health["status"] for health in self.sections["componentHealth"]["components"]]
        return {status: statuses.count(status) for status in ORDER}

    @property
    def headline(self) -> str:
        """The state of all components in a sentence."""
        counts, whole = self.counts, sum(self.counts.values())
        one = {
            "failed": ("misses its objectives", "miss their objectives"),
            "at-risk": ("is at risk of missing its objectives", "are at risk of missing their objectives"),
            "unknown": ("is unknown", "are unknown"),
        }
        for status, (single, many) in one.items():
            if counts[status]:
                which = f"{counts[status]:,} of {wording.plural(whole, 'component')}"
                return f"{which} {single if counts[status] == 1 else many}"
        return "All objectives are met"


def components(page: Page) -> list[Component]:
    """The components, the one to look at first at the front: by verdict, then by the budget used, then by name."""
    sections = page.sections
    cards = _by_component(sections["sliMetrics"]["cards"])
    gauges = _by_component(sections["sloCompliance"]["gauges"])
    budgets = _by_component(sections["errorBudgets"]["burndown"])
    alerts, anomalies = grouped(sections["alerts"]["active"]), grouped(sections["anomalies"]["found"])
    found = [
        Component(name, health, cards[name], gauges[name], budgets[name], alerts.get(name, ()), anomalies.get(name, ()))
        for name, health in _by_component(sections["componentHealth"]["components"]).items()
    ]
    return sorted(found, key=lambda one: (ORDER.index(one.status), -(one.used or 0), one.id))


def _by_component(entries: Sequence[Document]) -> dict[str, Document]:
    return {entry["component"]: entry for entry in entries}


def grouped(entries: Sequence[Document]) -> Mapping[str, list[Document]]:
    """Entries by their component, in their order."""
    found: dict[str, list[Document]] = {}
    for entry in entries:
        found.setdefault(entry["component"], []).append(entry)
    return found


def coverage(found: Sequence[Component]) -> Document:
    """How much of the time of all components together was observed, and which of them the least."""
    observed = sum(one.health["observedMinutes"] for one in found)
    unknown = sum(one.health["unknownMinutes"] for one in found)
    whole = observed + unknown
    return {
        "observed": observed,
        "unknown": unknown,
        "percent": 100 * observed / whole if whole else None,
        "least": sorted(found, key=lambda one: (one.health["coverage"] or 0, one.id)),
    }
