"""Whole rounds over a Dagster instance: what is wrong is told once, its end as well, and old months are left alone."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
import pytest
from upath import UPath

from slo_assets.alerts.courier import Courier
from slo_assets.alerts.round import DEAF, Found, World, find, tell
from slo_assets.checks import Check
from slo_assets.config import ConfigError, SloConfig, parse_config
from slo_assets.periods import Period, monthly_partitions, parse_instant
from slo_assets.storage.deliverables import DELIVERABLES
from slo_assets.storage.publication import Publication
from slo_assets_tests.alerts.receiving import Answer, Hook, alerts_config, hooks, webhooks
from slo_assets_tests.domain.test_alerts import CONFIG, month

MONTHS = monthly_partitions(Period("2025-01"), Period("2025-12"))
CHECKS = ("logs_readable", "no_file_drift", "no_code_drift", "budgets_left")
CLOCK = "2025-11-24T12:00:00Z"
HOUR = 3600.0


@dataclass
class Outcomes:
    """What the runs of the tests' own graph come to."""

    findings: dict[str, list[str]] = field(default_factory=dict)
    error: str = ""


def graph(outcomes: Outcomes) -> dg.Definitions:
    """One asset whose checks fail as they are told, and another beside it."""

    @dg.asset(
        partitions_def=MONTHS,
        check_specs=[dg.AssetCheckSpec(name, asset="thing", partitions_def=MONTHS) for name in CHECKS],
    )
    def thing() -> dg.MaterializeResult:
        if outcomes.error:
            raise RuntimeError(outcomes.error)
        results = [Check(name, "").result(outcomes.findings.get(name, [])) for name in CHECKS]
        return dg.MaterializeResult(check_results=results)

    @dg.asset(partitions_def=MONTHS, deps=[thing])
    def other() -> None: ...

    both = dg.define_asset_job("both", selection="*")
    one = dg.define_asset_job("one", selection="thing")
    return dg.Definitions(assets=[thing, other], jobs=[both, one], executor=dg.in_process_executor)


class Site:
    """A project whose runs, documents, configuration and clock are set by the test."""

    def __init__(self, folder: Path, instance: dg.DagsterInstance) -> None:
        self.folder, self.instance, self.outcomes = folder, instance, Outcomes()
        self.definitions = graph(self.outcomes)
        self.config: SloConfig | str = alerts_config(
            receivers=webhooks("good", "bad"), default=["good"], recoveredAfterMinutes=0
        )
        self.clock, self.now = CLOCK, time.time()  # Dagster records runs by the real clock

    def run(self, period: str, job: str = "both", *, fails: str = "", **findings: list[str]) -> str:
        self.outcomes.error, self.outcomes.findings = fails, findings
        made = self.definitions.resolve_job_def(job)
        result = made.execute_in_process(instance=self.instance, partition_key=period, raise_on_error=False)
        assert result.success == (not fails)
        return result.run_id

    def publish(self, period: str, failures: int) -> None:
        """Publish budgets and verdicts of a month with so many failures."""
        documents = month(failures, CONFIG)
        for name in ("error-budgets", "sla-compliance-report"):
            text = json.dumps(documents[name]).replace("2025-11", period)
            path = self.folder / "published" / period / f"{name}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    @property
    def world(self) -> World:
        def config() -> SloConfig:
            return parse_config(self.config) if isinstance(self.config, str) else self.config

        def publication(period: Period) -> Publication:
            return Publication(UPath(self.folder / "published" / period.key))

        return World(
            self.instance, self.definitions.get_repository_def(), config, publication, parse_instant(self.clock)
        )

    def tell(self, later: float = 60.0) -> Found:
        """A round, a while after the last one; everything that a restart would forget is forgotten."""
        self.now += later
        found, _ = tell(self.world, Courier(timeout=5), self.now)
        return found


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with dg.DagsterInstance.ephemeral(str(tmp_path)) as instance:
        yield Site(tmp_path, instance)


@pytest.fixture
def hook() -> Iterator[Hook]:
    with hooks("good", "bad") as made:
        yield made["good"]


def told(hook: Hook) -> list[tuple[str, str]]:
    """What a receiver was told, in order, since it was asked last."""
    posts, hook.posts = hook.posts, []
    return [(post.body["action"], post.body["title"]) for post in posts]


# --- documents ------------------------------------------------------------------------------------------------------


def test_the_first_round_tells_nobody_and_a_worse_one_tells_what_is_new(site: Site, hook: Hook) -> None:
    site.publish("2025-11", failures=8)
    assert site.tell().began
    assert told(hook) == []

    site.publish("2025-11", failures=10)
    site.tell()
    site.tell()

    assert told(hook) == [("trigger", "canvas-component: 100 % of the error-rate budget of 2025-11 is used")]


def test_a_budget_and_an_objective_are_told_once_each_and_their_end(site: Site, hook: Hook) -> None:
    site.tell()
    site.publish("2025-11", failures=8)
    for _ in range(3):
        site.tell()
    began = told(hook)
    site.publish("2025-11", failures=0)
    for _ in range(3):
        site.tell()

    what = (
        "canvas-component: 80 % of the error-rate budget of 2025-11 is used",
        "canvas-component: the error rate objective of 2025-11 is at risk",
    )
    assert began == [("trigger", title) for title in what]
    assert told(hook) == [("resolve", title) for title in what]


@pytest.mark.parametrize("broken", ["", "{", "[]"])
def test_published_documents_that_cannot_be_read_are_no_recovery(site: Site, hook: Hook, broken: str) -> None:
    site.tell()
    site.publish("2025-11", failures=8)
    site.tell()
    told(hook)

    (site.folder / "published" / "2025-11" / DELIVERABLES["error_budgets"].file).write_text(broken, encoding="utf-8")
    site.tell(later=HOUR)

    assert told(hook) == []


def test_a_backfill_of_old_months_is_not_told(site: Site, hook: Hook) -> None:
    site.tell()
    for period in ("2025-08", "2025-09"):
        site.publish(period, failures=11)
        site.run(period, logs_readable=["a"], no_code_drift=["b"])
        site.run(period, fails="no")
    site.tell()
    assert told(hook) == []

    site.publish("2025-10", failures=8)
    site.tell()
    assert {title for _, title in told(hook)} == {
        "canvas-component: 80 % of the error-rate budget of 2025-10 is used",
        "canvas-component: the error rate objective of 2025-10 is at risk",
    }


def test_a_month_that_closed_stays_watched_for_a_month_and_is_then_closed(site: Site, hook: Hook) -> None:
    site.tell()
    site.publish("2025-11", failures=10)
    site.tell()
    begun = told(hook)

    site.clock = "2025-12-02T00:00:00Z"
    site.tell()
    assert told(hook) == []

    site.clock = "2026-01-01T00:00:00Z"
    site.tell()
    assert told(hook) == [("close", title) for _, title in begun]


# --- checks ---------------------------------------------------------------------------------------------------------


def test_a_failed_check_is_told_with_its_findings_and_its_recovery(site: Site, hook: Hook) -> None:
    site.tell()
    run = site.run("2025-11", logs_readable=["a.log: undated"], budgets_left=["told as a budget"])
    site.tell()
    post = hook.posts[0].body
    site.run("2025-11", logs_readable=["a.log: undated"])
    site.tell()
    site.run("2025-11")
    site.tell()

    assert (post["kind"], post["severity"], post["runId"]) == ("failed check", "warning", run)
    assert {"name": "Finding 1", "value": "a.log: undated"} in post["facts"]
    title = "Check logs_readable failed on thing of 2025-11"
    assert told(hook) == [("trigger", title), ("resolve", title)]


def test_months_have_results_of_their_own(site: Site, hook: Hook) -> None:
    site.tell()
    site.run("2025-10", logs_readable=["a"])
    site.run("2025-11")
    site.tell()
    site.run("2025-11")
    site.tell()

    assert told(hook) == [("trigger", "Check logs_readable failed on thing of 2025-10")]


def test_a_changed_file_of_an_old_month_is_told_all_the_same(site: Site, hook: Hook) -> None:
    site.tell()
    site.run("2025-03", no_file_drift=["error-budgets.json differs"], no_code_drift=["newer"])
    site.tell()
    site.run("2025-03")
    site.tell()

    title = "Check no_file_drift failed on thing of 2025-03"
    assert told(hook) == [("trigger", title), ("resolve", title)]


def test_a_check_that_is_planned_in_a_run_of_the_moment_keeps_its_last_result(site: Site, hook: Hook) -> None:
    site.tell()
    for period in ("2025-03", "2025-11"):
        site.run(period, no_file_drift=["it differs"])
    site.tell()
    told(hook)

    for period in ("2025-03", "2025-11"):
        job = site.definitions.resolve_job_def("both")
        site.instance.create_run_for_job(
            job, tags={"dagster/partition": period}, asset_selection=None, status=dg.DagsterRunStatus.STARTED
        )
    site.tell(later=HOUR)

    assert told(hook) == []


# --- runs -----------------------------------------------------------------------------------------------------------


def test_a_failed_run_is_told_with_its_problem_and_its_success(site: Site, hook: Hook) -> None:
    site.tell()
    run = site.run("2025-11", fails="the disk is full")
    site.tell()
    post = hook.posts[0].body
    site.run("2025-11", fails="the disk is full")
    site.tell()
    site.run("2025-11")
    site.tell()

    assert (post["kind"], post["severity"], post["runId"]) == ("failed run", "error", run)
    assert {"name": "Problem", "value": "thing: RuntimeError: the disk is full"} in post["facts"]
    title = "A run of both failed for 2025-11"
    assert told(hook) == [("trigger", title), ("resolve", title)]


@pytest.mark.parametrize(
    ("later", "period", "ends"), [("both", "2025-11", True), ("one", "2025-11", False), ("both", "2025-10", False)]
)
def test_a_later_run_makes_up_for_it_if_it_makes_as_much_of_the_same_month(
    site: Site, hook: Hook, later: str, period: str, ends: bool
) -> None:
    site.tell()
    site.run("2025-11", "both" if not ends else "one", fails="no")
    site.tell()
    told(hook)

    site.run(period, later)
    site.tell()

    assert [action for action, _ in told(hook)] == (["resolve"] if ends else [])


def test_a_run_that_was_killed_is_told_once_dagster_says_that_it_failed(site: Site, hook: Hook) -> None:
    site.tell()
    job = site.definitions.resolve_job_def("both")
    run = site.instance.create_run_for_job(
        job, tags={"dagster/partition": "2025-11"}, status=dg.DagsterRunStatus.STARTED
    )
    site.tell()
    assert told(hook) == []

    site.instance.report_run_failed(run, "the run worker went away")
    site.tell()

    assert told(hook) == [("trigger", "A run of both failed for 2025-11")]


def test_a_run_that_is_tried_again_by_itself_is_not_told(site: Site, hook: Hook) -> None:
    site.tell()
    run = site.run("2025-11", fails="no")
    site.instance.add_run_tags(run, {"dagster/will_retry": "true"})
    site.tell()

    assert told(hook) == []


def test_runs_that_failed_while_nobody_looked_are_told(site: Site, hook: Hook) -> None:
    site.tell()
    site.run("2025-11", fails="no")
    site.tell(later=48 * HOUR)

    assert told(hook) == [("trigger", "A run of both failed for 2025-11")]


def test_runs_that_failed_before_alerts_began_are_not_told(site: Site, hook: Hook) -> None:
    run = site.run("2025-11", fails="no")
    site.tell()
    site.instance.add_run_tags(run, {"note": "looked at"})
    site.tell()

    assert told(hook) == []


# --- receivers and configuration ------------------------------------------------------------------------------------


def test_others_are_told_of_a_receiver_that_takes_nothing(site: Site, hook: Hook) -> None:
    site.config = alerts_config(
        receivers=webhooks("good", "bad"),
        routes={"owning-team": ["bad"]},
        default=["good", "bad"],
        recoveredAfterMinutes=0,
    )
    with hooks("good", "bad") as made:
        made["bad"].answers = [Answer(500, b"on fire")] * 6
        site.tell()
        site.publish("2025-11", failures=5)
        for _ in range(40):
            site.tell()

        title = "Alerts do not reach the receiver bad"
        assert told(made["good"]) == [("trigger", title), ("resolve", title)]
        assert {title for _, title in told(made["bad"])} == {
            "canvas-component: 50 % of the error-rate budget of 2025-11 is used"
        }
    assert DEAF == 900


def test_a_receiver_without_its_secret_is_named_and_the_others_are_told(
    site: Site, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.config = alerts_config(receivers=webhooks("good", "unset"), default=["unset", "good"])
    monkeypatch.delenv("UNSET", raising=False)
    site.tell()
    site.run("2025-11", fails="no")

    found = site.tell()

    assert found.unset == {"unset": ["UNSET"]}
    assert told(hook) == [("trigger", "A run of both failed for 2025-11")]


def test_a_broken_configuration_is_told_by_the_last_good_one(site: Site, hook: Hook) -> None:
    good = site.config
    site.tell()
    site.config = "version: [1"
    site.publish("2025-11", failures=5)
    site.tell()
    site.config = good
    site.tell()

    title = "The configuration cannot be read; alerts go on with the last one that could"
    assert told(hook) == [
        ("trigger", title),
        ("trigger", "canvas-component: 50 % of the error-rate budget of 2025-11 is used"),
        ("resolve", title),
    ]


def test_a_configuration_that_never_could_be_read_is_an_error(site: Site) -> None:
    site.config = "version: [1"

    with pytest.raises(ConfigError, match="line 1"):
        site.tell()


def test_a_receiver_that_was_removed_is_not_told_of_the_end_and_what_waited_for_it_goes_to_the_others(
    site: Site, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.config = alerts_config(receivers=webhooks("good", "gone"), default=["gone"], recoveredAfterMinutes=0)
    monkeypatch.delenv("GONE", raising=False)
    site.tell()
    site.run("2025-11", fails="no")
    site.tell()
    site.config = alerts_config(receivers=webhooks("good"), default=["good"], recoveredAfterMinutes=0)
    site.tell()
    site.run("2025-11")
    site.tell()

    assert told(hook) == [("trigger", "A run of both failed for 2025-11")]


def test_a_rehearsal_shows_what_would_be_told_and_changes_nothing(site: Site, hook: Hook) -> None:
    site.tell()
    site.run("2025-11", fails="no")

    found = [find(site.world, Courier(), site.now + 60, kept=False) for _ in range(2)]

    assert [[alert.title for alert, _ in one.told] for one in found] == [["A run of both failed for 2025-11"]] * 2
    assert found[0].told[0][1] == ("good",)
    assert told(hook) == []
    site.tell()
    assert len(told(hook)) == 1


def test_nothing_is_told_twice_by_a_clock_that_was_set_back(site: Site, hook: Hook) -> None:
    site.tell()
    site.run("2025-11", fails="no")
    site.tell()
    site.tell(later=-HOUR)
    site.tell()

    assert len(told(hook)) == 1
