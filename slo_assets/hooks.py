"""What happens when a step fails.

Concept: https://docs.dagster.io/guides/build/ops/op-hooks
"""

import dagster as dg
from dagster._core.storage.tags import PARTITION_NAME_TAG

from slo_assets.periods import Period
from slo_assets.resources import Output


@dg.failure_hook(required_resource_keys={"output"})
def record_failure(context: dg.HookContext) -> None:
    """Put on record that a month has failed, with the step and the reason."""
    run = context.instance.get_run_by_id(context.run_id)
    period = run.tags.get(PARTITION_NAME_TAG) if run else None
    if period:
        output: Output = context.resources.output
        reason = str(context.op_exception) or "unknown"
        output.publisher(Period(period)).failed(context.op.name, reason, context.run_id)
