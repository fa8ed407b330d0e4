"""Months one after another in this process, each as a Dagster run of its own.

What belongs here: which months are made, in which order, and what became of each. What a month is made of is said by
the job that makes it.
"""

from __future__ import annotations

import json
import os
import re
import socket
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import dagster as dg
from dagster._utils.interrupts import check_captured_interrupt

from slo_assets.checks import in_words
from slo_assets.definitions import build_defs
from slo_assets.instance import for_many_months
from slo_assets.jobs import MATERIALIZE_MONTH, OBSERVE_INPUTS, RENDER_PAGE
from slo_assets.periods import Period
from slo_assets.records import Records, unfinished
from slo_assets.resources import Inputs, default_resources
from slo_assets.run_tags import REASON
from slo_assets.settings import CONFIG_FILE, Settings
from slo_assets.staleness import Staleness, is_drawn_otherwise
from slo_assets.storage.deliverables import DELIVERABLES, LOG_EVENTS

#: Events are recorded all the same; the console has its own progress.
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
#: Why the months that it runs are run, as their tags say.
COMMAND = "slo-assets run"
#: Tag of a run with the process in which it runs, since nobody else watches over it.
PROCESS_TAG = "slo_assets/process"
#: A month that another process is making is waited for so long, in seconds.
PATIENCE = 300.0
#: So many months back does a month look: the report's history.
LOOK_BACK = 11
DIFFERS = "its files are missing or were changed"
PUT_BACK = "an earlier release was put back"
#: So much is shown of why it was.
REASON_LENGTH = 80
#: What the text of an error begins with that says by itself what is wrong, and what to do.
OWN_ERROR = re.compile(r"slo_assets\.[\w.]+: ")


class BackfillError(RuntimeError):
    """No month can be materialized; the message says why."""


class InterruptedRunError(RuntimeError):
    """Somebody asked the process to stop while it made a month; its run is marked as canceled."""


@dataclass(frozen=True)
class MonthResult:
    """What became of one month.

    Attributes:
        seconds: how long its run took.
        error: why the run failed; empty when it did not.
        dashboard: the month's dashboard document; None when the run failed.
        warnings: findings of checks that ask for a look, by check.
        failures: findings of checks that say that the result cannot be trusted, by check.
        kept: whether the month was up to date and not made again.
    """

    period: Period
    run_id: str
    seconds: float
    error: str = ""
    dashboard: dict[str, Any] | None = None
    warnings: dict[str, str] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    kept: bool = False

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
        self.instance = instance
        self.inputs = inputs
        self._graph = definitions.resolve_asset_graph()
        self._month = definitions.resolve_job_def(MATERIALIZE_MONTH.name)
        self._page = definitions.resolve_job_def(RENDER_PAGE.name)
        self._observe = definitions.resolve_job_def(OBSERVE_INPUTS.name)
        self.data, self.output = settings.data, settings.output

    @classmethod
    def from_environment(cls) -> Backfill:
        """The backfill that the environment asks for."""
        settings = Settings.from_environment()
        inputs = default_resources(settings)["inputs"]
        return cls(build_defs(), for_many_months(), settings, inputs)

    def months(self, first: Period | None, last: Period | None) -> list[Period]:
        """The months of a range, oldest first; an end that is not given is that of the months with input.

        The inputs are observed, so that the UI knows what each month was made from. Earlier months whose work files are
        no longer the recorded ones come first, since no month is built on such files.

        Raises:
            BackfillError: the inputs cannot be read, or nothing can be written.
        """
        observed = self._observe.execute_in_process(instance=self.instance, run_config=QUIET, raise_on_error=False)
        if not observed.success:
            raise BackfillError(failure(observed))
        if first and last:
            wanted = first.until(last)
        else:
            found = self.inputs.periods()
            wanted = [month for month in found if (not first or first <= month) and (not last or month <= last)]
        return self._foundation(wanted) + wanted

    def _foundation(self, wanted: Sequence[Period]) -> list[Period]:
        if not wanted:
            return []
        before = wanted[0].shifted(-LOOK_BACK).until(wanted[0].shifted(-1))
        recorded = self._recorded(before)
        return [month for month in before if self.inputs.output.changed(recorded[month], month)]

    def _recorded(self, periods: Sequence[Period]) -> dict[Period, dict[str, str]]:
        """The recorded checksums of the assets of some months, of those that were ever materialized."""
        keys, records = [period.key for period in periods], Records(self.instance)
        known = {asset: records.checksums(asset, keys) for asset in (LOG_EVENTS, *DELIVERABLES)}
        return {p: {asset: sums[p.key] for asset, sums in known.items() if p.key in sums} for p in periods}

    def refusal(self, period: Period) -> str | None:
        """Why a month cannot be materialized, with the remedy; None where it can."""
        first, now = Period(self.inputs.config().first_period), Period.containing(self.inputs.clock.now())
        if period < first:
            return f"{period.key} is before the first period, {first.key}: set firstPeriod in {CONFIG_FILE}"
        if period > now:
            return f"{period.key} has not begun, the clock stands in {now.key}: name an earlier month"
        return None

    def causes(self, period: Period) -> list[str]:
        """Why a month is to be made; nothing where it was made from the same inputs, settings and code already.

        Inputs are compared as they were observed last.
        """
        found = Staleness(self.instance, self._graph, self.inputs.clock.now()).causes(period)
        return found or self._difference(period)

    def _difference(self, period: Period) -> list[str]:
        """Why the work files or the published ones do not have the bytes that were recorded; nothing where they do."""
        from slo_assets.domain.account import visible
        from slo_assets.storage.audit import AuditError
        from slo_assets.storage.releases import ReleaseError

        output, expected = self.inputs.output, self._recorded([period])[period]
        if output.changed(expected, period):
            return [DIFFERS]
        published = {one.file: expected[asset] for asset, one in DELIVERABLES.items()}
        if not output.publication(period).differing(published):
            return []
        publisher = output.publisher(period)
        try:
            put_back = publisher.put_back()
            if publisher.drifted() or put_back is None:
                return [DIFFERS]
        except (AuditError, ReleaseError):
            return [DIFFERS]
        since = f"{put_back['timestamp']} ({visible(put_back['reason'], REASON_LENGTH)})"
        remedy = f"slo-assets run --period {period.key} publishes what follows from input and settings"
        return [f"{PUT_BACK} at {since}: {remedy}"]

    def results(self, months: Iterable[Period], *, force: bool = False) -> Iterator[MonthResult]:
        """Make months in their order, from one reading of the logs; one that fails stops no other.

        A month that is up to date is kept as it is, so that a range that was interrupted goes on where it stopped.

        Args:
            months: which, the oldest first, since each reads those before it.
            force: make those that are up to date as well.

        Raises:
            InterruptedRunError: the process was asked to stop.
        """
        from slo_assets.logs.memory import one_reading

        with one_reading():
            for month in months:
                began = time.monotonic()
                if force or self.causes(month):
                    yield self.run(month)
                else:
                    yield self._kept(month, began)

    def _kept(self, period: Period, began: float) -> MonthResult:
        """A month that was made before, with what its checks said then."""
        checks = sorted(self._month.asset_layer.asset_graph.asset_check_keys)
        warnings, failures = _findings(Records(self.instance).evaluations(checks, period.key).values())
        return MonthResult(
            period=period,
            run_id="",
            seconds=time.monotonic() - began,
            dashboard=self._dashboard(period),
            warnings=warnings,
            failures=failures,
            kept=True,
        )

    def _dashboard(self, period: Period) -> dict[str, Any]:
        dashboard = DELIVERABLES["slo_sli_sla_dashboard"].file
        found: dict[str, Any] = json.loads((self.inputs.output.publication(period).folder / dashboard).read_bytes())
        return found

    def run(self, period: Period) -> MonthResult:
        """Materialize one month; a failure is told, not raised, so that the others go on.

        Raises:
            InterruptedRunError: the process was asked to stop.
        """
        began = time.monotonic()
        run_id = str(uuid.uuid4())
        if told := self._wait(period):
            return MonthResult(period, "", time.monotonic() - began, error=told)
        try:
            result = self._month.execute_in_process(
                instance=self.instance,
                partition_key=period.key,
                run_config=QUIET,
                raise_on_error=False,
                run_id=run_id,
                tags={PROCESS_TAG: this_process(), REASON: COMMAND},
            )
        except dg.DagsterError as problem:
            return MonthResult(period, "", time.monotonic() - began, error=str(problem))
        except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError) as interrupt:
            cancel(self.instance, run_id, "the process was asked to stop")
            raise InterruptedRunError(period.key) from interrupt
        if not result.success and _was_interrupted(result):
            raise InterruptedRunError(period.key)
        warnings, failures = _findings(result.get_asset_check_evaluations())
        return MonthResult(
            period=period,
            run_id=result.run_id,
            seconds=time.monotonic() - began,
            error="" if result.success else failure(result),
            dashboard=result.asset_value("slo_sli_sla_dashboard").value if result.success else None,
            warnings=warnings,
            failures=failures,
        )

    def is_undrawn(self, result: MonthResult) -> bool:
        """Whether a month was published anew, has no page yet, or has one that would be drawn otherwise today."""
        if result.error or not result.kept:
            return not result.error
        month = result.period.key
        return not self.inputs.output.site.path(month).exists() or is_drawn_otherwise(self.instance, month)

    def render(self, period: Period) -> str:
        """Draw the page of a published month.

        Returns:
            Why that failed; empty when it did not.
        """
        result = self._page.execute_in_process(
            instance=self.instance,
            partition_key=period.key,
            run_config=QUIET,
            raise_on_error=False,
            tags={REASON: "published anew"},
        )
        return "" if result.success else failure(result)

    def _wait(self, period: Period) -> str:
        """Wait while another process makes the month; say why it is not waited for any longer."""
        until = time.monotonic() + PATIENCE
        while others := [run for run in unfinished(self.instance, period) if not _is_over(self.instance, run)]:
            if time.monotonic() > until:
                return (
                    f"run {others[0].run_id} has been making this month for a long time. Remedy: wait for its end, or "
                    "mark it as canceled in the UI if its process is gone"
                )
            if check_captured_interrupt():
                raise InterruptedRunError(period.key)
            time.sleep(1)
        return ""


def _findings(checks: Iterable[dg.AssetCheckEvaluation]) -> tuple[dict[str, str], dict[str, str]]:
    """What the checks that failed say, by their names: what asks for a look, and what cannot be trusted."""
    failed = {check.check_name: check for check in checks if not check.passed}
    grave = {name for name, check in failed.items() if check.severity == dg.AssetCheckSeverity.ERROR}
    text = {name: in_words(check) for name, check in failed.items()}
    return {n: t for n, t in text.items() if n not in grave}, {n: t for n, t in text.items() if n in grave}


def this_process() -> str:
    """Host and process, for the tag of a run."""
    return f"{socket.gethostname()}:{os.getpid()}"


def cancel(instance: dg.DagsterInstance, run_id: str, reason: str) -> None:
    """Mark a run as canceled, unless it is over."""
    run = instance.get_run_by_id(run_id)
    if run is not None and not run.is_finished:
        instance.report_run_canceled(run, message=f"Canceled: {reason}.")


def _is_over(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether an unfinished run's process is gone: killed, or lost with the machine. It is canceled then."""
    host, _, process = run.tags.get(PROCESS_TAG, "").partition(":")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        cancel(instance, run.run_id, f"process {process} is gone")
        return True
    except PermissionError:
        return False
    return False


def _was_interrupted(result: dg.ExecuteInProcessResult) -> bool:
    """Whether a run failed because the process was asked to stop: Dagster records that and goes on."""
    names = {"DagsterExecutionInterruptedError", "KeyboardInterrupt"}
    for event in result.all_events:
        failure = (event.is_step_failure and event.step_failure_data) or (
            event.is_job_failure and event.job_failure_data
        )
        problem = failure.error if failure else None
        while problem is not None:
            if problem.cls_name in names:
                return True
            problem = problem.cause
    return False


def failure(result: dg.ExecuteInProcessResult) -> str:
    """Which step failed, and why: an error of our own says that itself, else the innermost cause does."""
    for event in result.all_events:
        if event.is_step_failure:
            problem = event.step_failure_data.error
            while problem is not None and problem.cause is not None and not OWN_ERROR.match(problem.message):
                problem = problem.cause
            return f"{event.step_key}: {OWN_ERROR.sub('', problem.message.strip(), 1) if problem else 'failed'}"
    return "the run failed before its first step"
