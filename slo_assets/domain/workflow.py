"""``slo-workflow-state.json``: the state machine of a period, and what was published in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from slo_assets.config import SloConfig
from slo_assets.domain.documents import Document, envelope
from slo_assets.domain.sla_compliance import UNKNOWN
from slo_assets.periods import Period

#: From each state, where a period can go. Source: semantics, "Workflow state".
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

#: What a run that succeeds goes through, from wherever it starts.
RUN = ("CALCULATING", "VALIDATING", "PUBLISHING", "MONITORING")


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


def run_through(state: str, path: Iterable[str] = RUN) -> str:
    """The state after a run's steps.

    Raises:
        InvalidTransitionError: one of the steps does not exist.
    """
    for following in path:
        state = advance(state, following)
    return state


def document(
    compliance: Document, checksums: Mapping[str, str], state: str, period: Period, config: SloConfig
) -> Document:
    """Describe a period that was calculated, validated and published.

    Args:
        compliance: the period's compliance report.
        checksums: by deliverable, ``sha256:`` over the published bytes.
        state: where the run ended.
        period: the month.
        config: components and version.

    Returns:
        The workflow state. Its trail carries the period's ``asOf``, not the wall clock, so that the same
        inputs give the same bytes; who did what when stands in Dagster's records.
    """
    report = compliance["complianceReport"]
    moment = report["generatedDate"]
    trail = [
        {
            "timestamp": moment,
            "action": "calculate",
            "component": name,
            "result": "no-data" if component["overallStatus"] == UNKNOWN else "success",
            "status": component["overallStatus"],
        }
        for name, component in report["components"].items()
    ]
    trail += [
        {"timestamp": moment, "action": action, "component": "all", "result": "success"}
        for action in ("validate", "publish")
    ]
    body = {
        "currentVersion": config.version,
        "lastUpdated": moment,
        "stateTransitions": {name: list(following) for name, following in TRANSITIONS.items()},
        "currentState": state,
        "checksums": dict(checksums),
        "auditTrail": trail,
    }
    return envelope(config, period, {"workflowState": body})
