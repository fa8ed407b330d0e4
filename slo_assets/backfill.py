"""Months one after another in this process, each as a Dagster run of its own."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import dagster as dg

from slo_assets.definitions import build_defs
from slo_assets.jobs import MATERIALIZE_MONTH, OBSERVE_INPUTS
from slo_assets.periods import Period
from slo_assets.resources import Inputs, default_resources
from slo_assets.settings import CONFIG_FILE, Settings

#: Events are recorded all the same; the console has its own progress.
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class BackfillError(RuntimeError):
    """No month can be materialized; the message says why."""


@dataclass(frozen=True)
class MonthResult:
    """What became of one month.

    Attributes:
        seconds: how long its run took.
        error: why the run failed; empty when it did not.
        dashboard: the month's dashboard document; None when the run failed.
        warnings: findings of checks that ask for a look, by check.
        failures: findings of checks that say that the result cannot be trusted, by check.
    """

    period: Period
    run_id: str
    seconds: float
    error: str = ""
    dashboard: dict[str, Any] | None = None
    warnings: dict[str, str] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def well(self) -> bool:
        """Whether the run succeeded and no check says that its result cannot be trusted."""
        return not self.error and not self.failures


class Backfill:
    """Runs months with the definitions and the instance that the UI uses as well.

    Args:
        definitions: the code location.
        instance: where runs are recorded.
        settings: input and output, for messages.
        inputs: tells which months have input.
    """

    def __init__(
        self, definitions: dg.Definitions, instance: dg.DagsterInstance, settings: Settings, inputs: Inputs
    ) -> None:
        """Resolve the jobs once for all months."""
        self._instance = instance
        self._inputs = inputs
        self._month = definitions.resolve_job_def(MATERIALIZE_MONTH.name)
        self._observe = definitions.resolve_job_def(OBSERVE_INPUTS.name)
        self.data, self.output = settings.data, settings.output

    @classmethod
    def from_environment(cls) -> Backfill:
        """The backfill that the environment asks for."""
        settings = Settings.from_environment()
        inputs = default_resources(settings)["inputs"]
        return cls(build_defs(), dg.DagsterInstance.get(), settings, inputs)

    def months(self, first: Period | None, last: Period | None) -> list[Period]:
        """The months of a range, oldest first; an end that is not given is that of the months with input.

        The inputs are observed, so that the UI knows what each month was made from.

        Raises:
            BackfillError: the inputs cannot be read, or nothing can be written.
        """
        observed = self._observe.execute_in_process(instance=self._instance, run_config=QUIET, raise_on_error=False)
        if not observed.success:
            raise BackfillError(failure(observed))
        if first and last:
            return first.until(last)
        found = self._inputs.periods()
        return [month for month in found if (not first or first <= month) and (not last or month <= last)]

    def refusal(self, period: Period) -> str | None:
        """Why a month cannot be materialized, with the remedy; None where it can."""
        first, now = Period(self._inputs.config().first_period), Period.containing(self._inputs.clock.now())
        if period < first:
            return f"{period.key} is before the first period, {first.key}: set firstPeriod in {CONFIG_FILE}"
        if period > now:
            return f"{period.key} has not begun, the clock stands in {now.key}: name an earlier month"
        return None

    def run(self, period: Period) -> MonthResult:
        """Materialize one month; a failure is told, not raised, so that the others go on."""
        began = time.monotonic()
        try:
            result = self._month.execute_in_process(
                instance=self._instance, partition_key=period.key, run_config=QUIET, raise_on_error=False
            )
        except dg.DagsterError as problem:
            return MonthResult(period, "", time.monotonic() - began, error=str(problem))
        checks = [check for check in result.get_asset_check_evaluations() if not check.passed]
        told = {check.check_name: check.description or "" for check in checks}
        grave = {check.check_name for check in checks if check.severity == dg.AssetCheckSeverity.ERROR}
        return MonthResult(
            period=period,
            run_id=result.run_id,
            seconds=time.monotonic() - began,
            error="" if result.success else failure(result),
            dashboard=result.asset_value("slo_sli_sla_dashboard").value if result.success else None,
            warnings={name: text for name, text in told.items() if name not in grave},
            failures={name: text for name, text in told.items() if name in grave},
        )


def failure(result: dg.ExecuteInProcessResult) -> str:
    """Which step failed, and why, from the innermost cause."""
    for event in result.all_events:
        if event.is_step_failure:
            problem = event.step_failure_data.error
            while problem is not None and problem.cause is not None:
                problem = problem.cause
            return f"{event.step_key}: {problem.message.strip() if problem else 'failed'}"
    return "the run failed before its first step"
