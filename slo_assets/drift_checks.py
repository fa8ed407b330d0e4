"""Drift as checks of the assets that it concerns: by month and on demand, and hourly through the job ``verify``.

They are no part of a month's own run, which has just made everything anew.
Concept: https://docs.dagster.io/guides/test/asset-checks
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import dagster as dg

from slo_assets.assets.common import MONTHS
from slo_assets.checks import Check
from slo_assets.domain.drift import GRAVE, Kind
from slo_assets.periods import Period
from slo_assets.resources import Inputs, Output
from slo_assets.storage.deliverables import DELIVERABLES, LOG_EVENTS, WORKFLOW_STATE

if TYPE_CHECKING:
    from slo_assets.verification import Findings

MEANINGS: Final[dict[Kind, str]] = {
    "file": "Published and work files are, byte for byte, the ones that were recorded.",
    "schema": "The published document fits the schema of today.",
    "code": "The month was made by the code of today.",
    "configuration": "The month was made with the configuration that holds for it today.",
    "data": "What the month was made from has not changed since.",
}


def drift_check(kind: Kind) -> Check:
    """The check of one kind of drift: an error where a published number may be wrong, else a warning."""
    severity = dg.AssetCheckSeverity.ERROR if kind in GRAVE else dg.AssetCheckSeverity.WARN
    return Check(f"no_{kind}_drift", MEANINGS[kind], severity)


AUDIT_TRAIL_WHOLE = Check(
    "audit_trail_whole",
    "No entry of the month's audit trail was changed, removed, added or moved.",
    dg.AssetCheckSeverity.ERROR,
)

CONCERNED: Final[dict[Kind, Sequence[str]]] = {
    "file": (LOG_EVENTS, *DELIVERABLES),
    "schema": tuple(DELIVERABLES),
    "code": (LOG_EVENTS, *DELIVERABLES),
    "configuration": (WORKFLOW_STATE.asset,),
    "data": (LOG_EVENTS, *DELIVERABLES),
}

SPECS = [
    *(drift_check(kind).spec(asset, MONTHS) for kind, assets in CONCERNED.items() for asset in assets),
    AUDIT_TRAIL_WHOLE.spec(WORKFLOW_STATE.asset, MONTHS),
]


def results(findings: "Findings") -> dict[dg.AssetCheckKey, dg.AssetCheckResult]:
    """The result of each check for a month."""
    found: dict[dg.AssetCheckKey, dg.AssetCheckResult] = {}
    for kind, assets in CONCERNED.items():
        check = drift_check(kind)
        for asset in assets:
            done = f". Release {findings.put_back} was put back" if kind == "file" and findings.put_back else ""
            drifts = [f"{drift}{done}" for drift in findings.drifts if (drift.kind, drift.asset) == (kind, asset)]
            found[_key(check, asset)] = check.result(drifts)._replace(asset_key=dg.AssetKey(asset))
    state = WORKFLOW_STATE.asset
    whole = AUDIT_TRAIL_WHOLE.result(findings.audit)
    return {**found, _key(AUDIT_TRAIL_WHOLE, state): whole._replace(asset_key=dg.AssetKey(state))}


def _key(check: Check, asset: str) -> dg.AssetCheckKey:
    return dg.AssetCheckKey(dg.AssetKey(asset), check.name)


@dg.multi_asset_check(name="find_drift", specs=SPECS, can_subset=True)
def find_drift(
    context: dg.AssetCheckExecutionContext, inputs: dg.ResourceParam[Inputs], output: dg.ResourceParam[Output]
) -> Iterator[dg.AssetCheckResult]:
    """Hold a month against what was recorded of it, and against what would be made today."""
    from slo_assets.verification import Verification

    period = Period(context.op_execution_context.partition_key)
    wanted = context.op_execution_context.selected_asset_check_keys
    found = results(Verification(context.instance, inputs, output).of(period))
    yield from (result for key, result in found.items() if key in wanted)
