"""``alerts``: people are told when something is wrong, and when it is over."""

import time

import dagster as dg

from slo_assets.alerts.courier import Courier
from slo_assets.resources import Clock, Inputs, Output


class AlertsError(RuntimeError):
    """People could not be told; what waits is tried again."""


@dg.sensor(
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells people of budgets that are used up, objectives at risk, drift, failed checks and runs and late "
    "data, and of their end: once for each cause. The first tick tells nobody. See docs/MONITORING_GUIDE.md.",
)
def alerts(
    context: dg.SensorEvaluationContext,
    inputs: dg.ResourceParam[Inputs],
    output: dg.ResourceParam[Output],
    clock: dg.ResourceParam[Clock],
    courier: dg.ResourceParam[Courier],
) -> dg.SkipReason:
    """Look, and tell; a tick fails where somebody could not be told."""
    from slo_assets.alerts.ledger import BusyError
    from slo_assets.alerts.round import World, tell

    if context.repository_def is None:
        raise AlertsError("the tick does not know its code location")
    world = World(context.instance, context.repository_def, inputs.config, output.publication, clock.now())
    try:
        found, attempts = tell(world, courier, time.time())
    except BusyError as busy:
        return dg.SkipReason(f"{busy}.")
    problems = [f"{a.delivery.receiver}: {a.problem}" for a in attempts if a.problem]
    problems += [f"{name}: the variable {', '.join(unset)} is not set" for name, unset in found.unset.items()]
    problems += [f"{d.receiver} was not told for a week, and will not be: {d.alert.headline}" for d in found.given_up]
    if problems:
        raise AlertsError("\n".join(dict.fromkeys(problems)))
    if found.began:
        return dg.SkipReason(f"Alerts begin. {len(found.known)} things are wrong already, of which nobody is told.")
    delivered = [f"{a.delivery.receiver}: {a.delivery.alert.headline}" for a in attempts if a.arrived]
    left = len(found.waiting) - len(delivered)
    told = "; ".join(delivered) or "Nothing new"
    return dg.SkipReason(told + (f"; {left} waiting for another attempt" if left else "") + ".")
