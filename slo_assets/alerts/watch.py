"""A look at everything that can be wrong: published documents, checks, runs, receivers.

What belongs here: reading. What it means is said in ``domain/alerts.py``.

A look asks for the present state and not for what happened since the last one, so that a missed look loses nothing.
Only finished runs are followed from one look to the next, with an overlap.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import dagster as dg
from dagster._core.event_api import PartitionKeyFilter
from dagster._core.storage.asset_check_execution_record import (
    AssetCheckExecutionRecord,
    AssetCheckExecutionRecordStatus,
)

from slo_assets.alerts.ledger import Run
from slo_assets.checks import findings_of, in_words
from slo_assets.config import SloConfig
from slo_assets.domain import alerts as domain
from slo_assets.domain.alerts import CheckResult, Condition, Observation
from slo_assets.periods import Period, format_instant
from slo_assets.records import EVALUATED
from slo_assets.storage.deliverables import DELIVERABLES
from slo_assets.storage.publication import Publication

#: Seconds by which a look at runs reaches back behind the last one: machines' clocks differ, and commits take time.
OVERLAP: Final = 600.0
BUDGETS, REPORT = DELIVERABLES["error_budgets"].file, DELIVERABLES["sla_compliance_report"].file
FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]


def watched(now: int) -> list[Period]:
    """The months of which people are told: the current one, and the one that closed last.

    Args:
        now: the project's clock, in microseconds.
    """
    current = Period.containing(now)
    return [current.shifted(-1), current]


def merged(observations: Iterable[Observation]) -> Observation:
    """Several looks as one."""
    every = list(observations)
    return Observation(
        {cause: condition for one in every for cause, condition in one.conditions.items()},
        frozenset().union(*(one.looked for one in every)),
        frozenset().union(*(one.unreadable for one in every)),
    )


def _observed(conditions: Iterable[Condition], looked: Iterable[str], unreadable: Iterable[str] = ()) -> Observation:
    return Observation({c.cause: c for c in conditions}, frozenset(looked), frozenset(unreadable))


# --- what is published -----------------------------------------------------------------------------------------


def documents(
    periods: Sequence[Period], publication: Callable[[Period], Publication], config: SloConfig
) -> Iterator[Observation]:
    """What the published budgets and verdicts say; of a month without them, nothing is known."""
    for period in periods:
        scopes = [f"budget/{period.key}", f"slo/{period.key}"]
        published = publication(period)
        try:
            data = published.documents([BUDGETS, REPORT])
            budgets, report = json.loads(data[BUDGETS]), json.loads(data[REPORT])
            found = [
                *domain.of_budgets(budgets, str(published.folder / BUDGETS)),
                *domain.of_compliance(report, budgets, config.of_period(period), str(published.folder / REPORT)),
            ]
        except (OSError, ValueError, KeyError, TypeError):
            # Not published yet, or damaged: that is told as drift, and here nothing is known.
            yield _observed([], [], scopes)
        else:
            yield _observed(found, scopes)


# --- checks ----------------------------------------------------------------------------------------------------


def checks(instance: dg.DagsterInstance, keys: Sequence[dg.AssetCheckKey], periods: Sequence[Period]) -> Observation:
    """What the latest results of all checks say, of the watched months and of checks without a month."""
    results: list[CheckResult] = []
    unreadable: set[str] = set()
    for partition in (None, *(period.key for period in periods)):
        latest = instance.event_log_storage.get_latest_asset_check_execution_by_key(
            keys, PartitionKeyFilter(key=partition)
        )
        for key, record in latest.items():
            evaluated = record if record.status in EVALUATED else _evaluated_before(instance, key, partition)
            if evaluated is None:
                unreadable.add(CheckResult(key.asset_key.to_user_string(), key.name, partition or "", True).scope)
            else:
                results.append(_result(evaluated))
    results += _of_other_periods(instance, keys, {period.key for period in periods})
    return _observed(domain.of_checks(results), {result.scope for result in results}, unreadable)


def _evaluated_before(
    instance: dg.DagsterInstance, key: dg.AssetCheckKey, partition: str | None
) -> AssetCheckExecutionRecord | None:
    """The last result of a check that is planned in a run of the moment, or was in one that died."""
    history = instance.event_log_storage.get_asset_check_execution_history(
        key, limit=1, status=EVALUATED, partition_filter=PartitionKeyFilter(key=partition)
    )
    return history[0] if history else None


def _of_other_periods(
    instance: dg.DagsterInstance, keys: Sequence[dg.AssetCheckKey], told: set[str]
) -> list[CheckResult]:
    everywhere = [key for key in keys if domain.watch_of(key.name).every_period]
    infos = instance.event_log_storage.get_asset_check_partition_info(everywhere) if everywhere else []
    results = []
    for info in infos:
        if info.partition_key is None or info.partition_key in told:
            continue
        if info.latest_execution_status == AssetCheckExecutionRecordStatus.SUCCEEDED:
            asset = info.check_key.asset_key.to_user_string()
            results.append(CheckResult(asset, info.check_key.name, info.partition_key, passed=True))
        elif record := _evaluated_before(instance, info.check_key, info.partition_key):
            results.append(_result(record))
    return results


def _result(record: AssetCheckExecutionRecord) -> CheckResult:
    evaluation = record.evaluation
    if evaluation is None:  # a record of this status always has one
        msg = f"the result of the check {record.key.to_user_string()} is lost"
        raise ValueError(msg)
    findings, count = findings_of(evaluation.metadata)
    return CheckResult(
        asset=record.key.asset_key.to_user_string(),
        name=record.key.name,
        period=record.partition or "",
        passed=evaluation.passed,
        grave=evaluation.severity == dg.AssetCheckSeverity.ERROR,
        told=in_words(evaluation),
        findings=tuple(findings[: domain.FINDINGS]),
        count=count,
        at=_instant(record.event.timestamp if record.event else record.create_timestamp),
        run=record.run_id,
    )


# --- runs ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Graph:
    """What the code location has.

    Attributes:
        checks: the keys of all checks.
        assets: by job, the assets that it makes.
    """

    checks: tuple[dg.AssetCheckKey, ...]
    assets: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, repository: dg.RepositoryDefinition) -> Graph:
        """Of the definitions that a code location has loaded."""
        jobs = {
            job.name: tuple(sorted(key.to_user_string() for key in job.asset_layer.executable_asset_keys))
            for job in repository.get_all_jobs()
        }
        return cls(tuple(sorted(repository.asset_graph.asset_check_keys)), jobs)


def runs(
    instance: dg.DagsterInstance, graph: Graph, known: dict[str, Run], since: float, began: float
) -> dict[str, Run]:
    """The latest finished run of each job and partition, by scope.

    Args:
        instance: where runs are recorded.
        graph: says what each job makes.
        known: what was known before.
        since: the instant of the last look, in seconds since 1970.
        began: the instant of the first one; what ended long before it stays unsaid.
    """
    after = dt.datetime.fromtimestamp(since - OVERLAP, dt.UTC)
    records = instance.get_run_records(dg.RunsFilter(statuses=FINISHED, updated_after=after))
    found = dict(known)
    for record in sorted(records, key=lambda record: record.end_time or 0.0):
        retried = record.dagster_run.tags.get("dagster/will_retry") == "true"
        if retried or (record.end_time or 0.0) < began - OVERLAP:
            continue
        before = found.get(_scope(record.dagster_run))
        if before is None or before.ended < (record.end_time or 0.0):
            found[_scope(record.dagster_run)] = _run(instance, record, graph)
    return found


def _scope(run: dg.DagsterRun) -> str:
    return f"run/{run.job_name}/{run.tags.get('dagster/partition', '')}"


def _run(instance: dg.DagsterInstance, record: dg.RunRecord, graph: Graph) -> Run:
    run = record.dagster_run
    partition = run.tags.get("dagster/partition", "")
    chosen = run.asset_selection
    assets = tuple(sorted(key.to_user_string() for key in chosen)) if chosen else graph.assets.get(run.job_name, ())
    ended, condition = record.end_time or 0.0, None
    if run.status == dg.DagsterRunStatus.FAILURE:
        condition = domain.of_run(run.job_name, partition, run.run_id, _instant(ended), _problem(instance, run.run_id))
    return Run(run.job_name, partition, ended, assets, condition)


def failures(runs: dict[str, Run], periods: Sequence[Period], jobs: Iterable[str]) -> Observation:
    """The failed runs of the watched months and of jobs without a month, where no later run made up for them.

    A later run that made at least the same for the same month makes up for an earlier one, whatever its job.
    """
    months = {"", *(period.key for period in periods)}
    known_jobs = set(jobs)
    looked = {scope: run for scope, run in runs.items() if run.partition in months and run.job in known_jobs}
    failed = [run.condition for run in looked.values() if run.condition is not None and not _made_up(run, runs)]
    return _observed(failed, looked)


def _made_up(failed: Run, runs: dict[str, Run]) -> bool:
    return bool(failed.assets) and any(
        other.condition is None
        and other.partition == failed.partition
        and other.ended > failed.ended
        and set(failed.assets) <= set(other.assets)
        for other in runs.values()
    )


def _problem(instance: dg.DagsterInstance, run: str) -> str:
    """Which step failed and why, from the innermost cause; else what the run's own end says."""
    failed_steps = instance.all_logs(run, of_type=dg.DagsterEventType.STEP_FAILURE)
    for entry in failed_steps:
        event = entry.dagster_event
        if event is not None and event.step_failure_data.error is not None:
            error = event.step_failure_data.error
            while error.cause is not None:
                error = error.cause
            return f"{event.step_key}: {error.message.strip()}"
    ends = instance.all_logs(run, of_type=dg.DagsterEventType.RUN_FAILURE)
    told = [entry.dagster_event.message for entry in ends if entry.dagster_event and entry.dagster_event.message]
    return told[-1] if told else "it ended without a word"


def _instant(seconds: float) -> str:
    return format_instant(int(seconds * 1000) * 1000)
