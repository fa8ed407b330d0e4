"""What is run together.

Concept: https://docs.dagster.io/guides/build/jobs
"""

import dagster as dg

SOURCES = dg.AssetSelection.assets("production_logs", "reported_telemetry")

OBSERVE_INPUTS = dg.define_asset_job(
    "observe_inputs", selection=SOURCES, description="Look which months have new logs or reports."
)
MATERIALIZE_MONTH = dg.define_asset_job(
    "materialize_month",
    selection=dg.AssetSelection.all() - SOURCES,
    description="Make all deliverables of one month and publish them.",
)
JOBS = [OBSERVE_INPUTS, MATERIALIZE_MONTH]
