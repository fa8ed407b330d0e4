"""``slo-workflow-state.json``: the state machine of a period, and what was published in it."""

from __future__ import annotations

from collections.abc import Mapping

from slo_assets.config import SloConfig
from slo_assets.domain.audit import chained, head_of
from slo_assets.domain.documents import Document, envelope
from slo_assets.domain.verdicts import UNKNOWN
from slo_assets.periods import Period

#: From each state, where a period can go.
TRANSITIONS: Mapping[str, tuple[str, ...]] = {
    "INITIALIZED": ("CALCULATING", "FAILED"),
    "CALCULATING": ("VALIDATING", "FAILED"),
    "VALIDATING": ("PUBLISHING", "FAILED"),
    "PUBLISHING": ("MONITORING", "FAILED"),
    "MONITORING": ("CALCULATING", "DRIFTED", "FAILED"),
    "DRIFTED": ("ROLLED_BACK", "CALCULATING", "FAILED"),
    "ROLLED_BACK": ("MONITORING", "FAILED"),
    "FAILED": ("CALCULATING",),
}
INITIAL = "INITIALIZED"

#: How a run gets to CALCULATING from the state in which it finds a period. A state that only lasts while a run
#: works was left by one that died, or by one that has not come to its end yet.
BEGINNING: Mapping[str, tuple[str, ...]] = {
    "INITIALIZED": ("CALCULATING",),
    "CALCULATING": ("FAILED", "CALCULATING"),
    "VALIDATING": ("FAILED", "CALCULATING"),
    "PUBLISHING": ("FAILED", "CALCULATING"),
    "MONITORING": ("CALCULATING",),
    "DRIFTED": ("CALCULATING",),
    "ROLLED_BACK": ("MONITORING", "CALCULATING"),
    "FAILED": ("CALCULATING",),
}

#: In which state readers see a document; only those of a period that was published are ever seen.
PUBLISHED = "MONITORING"


class InvalidTransitionError(ValueError):
    """A step that the state machine does not have."""


def advance(state: str, following: str) -> str:
    """The following state.

    Raises:
        InvalidTransitionError: there is no such step; lists the valid ones.
    """
    valid = TRANSITIONS.get(state, ())
    if following not in valid:
        choices = ", ".join(valid) or f"none, since {state!r} is no state"
        msg = f"a period cannot go from {state} to {following}; valid from there: {choices}"
        raise InvalidTransitionError(msg)
    return following


def document(compliance: Document, checksums: Mapping[str, str], period: Period, config: SloConfig) -> Document:
    """Describe a period that was calculated, validated and published.

    Args:
        compliance: the period's compliance report.
        checksums: by deliverable, ``sha256:`` over the published bytes.
        period: the month.
        config: components and version.

    Returns:
        The workflow state. Its trail holds what a run that publishes the period puts on record, each entry with the
        hash of the one before, and ``auditHead`` the end of that chain. It carries the period's ``asOf``, not the
        wall clock, so that the same inputs give the same bytes; who did what when stands in the audit trail.
    """
    report = compliance["complianceReport"]
    moment = report["generatedDate"]
    said: list[Document] = [
        {
            "action": "calculate",
            "component": name,
            "result": "no-data" if component["overallStatus"] == UNKNOWN else "success",
            "status": component["overallStatus"],
        }
        for name, component in report["components"].items()
    ]
    said += [{"action": action, "component": "all", "result": "success"} for action in ("validate", "publish")]
    trail: list[Document] = []
    for content in said:
        trail.append(chained({"timestamp": moment, **content}, head_of(trail[-1] if trail else None)))
    head = head_of(trail[-1])
    body = {
        "currentVersion": config.version,
        "lastUpdated": moment,
        "stateTransitions": {name: list(following) for name, following in TRANSITIONS.items()},
        "currentState": PUBLISHED,
        "checksums": dict(checksums),
        "auditTrail": trail,
        "auditHead": {"entries": head.entries, "hash": head.hash},
    }
    return envelope(config, period, {"workflowState": body})
