"""New input is seen without reading a log, and followed at a pace."""

from __future__ import annotations

import dagster as dg
import pytest

from slo_assets.jobs import REFRESH_MONTH
from slo_assets.sensors.new_input import new_input
from slo_assets_tests.conftest import ROOT, MakeProject
from slo_assets_tests.sensors.ticking import LINE, LOGS, MONTH, Ticks, run, write


@pytest.fixture
def ticks(make_project: MakeProject, monkeypatch: pytest.MonkeyPatch) -> Ticks:
    return Ticks(make_project(LOGS), new_input, monkeypatch)


def test_the_first_tick_asks_for_the_open_month_and_the_next_ones_for_nothing(ticks: Ticks) -> None:
    (request,) = ticks.tick().run_requests
    again = ticks.tick(300)

    assert request.partition_key == MONTH
    assert isinstance(again, dg.SkipReason)
    assert "nothing" not in again.skip_message
    assert again.skip_message == "no log, telemetry file or setting has changed"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("logs/new.log", LINE.format(day=11)),
        ("logs/a.log", LINE.format(day=12)),
        ("logs/deep/er/b.log.gz", "broken"),
        ("telemetry/report.json", "{}"),
        ("slo-config.yaml", (ROOT / "data" / "slo-config.yaml").read_text(encoding="utf-8")),
    ],
)
def test_whatever_is_new_or_grows_is_followed(ticks: Ticks, name: str, text: str) -> None:
    ticks.tick()
    write(ticks.project, name, text)

    assert [request.partition_key for request in ticks.tick(60).run_requests] == [MONTH]


def test_a_log_that_goes_away_is_followed(ticks: Ticks) -> None:
    ticks.tick()
    (ticks.project.data / "logs" / "a.log").unlink()

    assert ticks.tick(60).run_requests


def test_logs_that_grow_all_the_time_are_followed_once_a_minute(ticks: Ticks) -> None:
    asked = []
    for number in range(20):
        write(ticks.project, "logs/a.log", LINE.format(day=number + 1))
        asked.append(bool(getattr(ticks.tick(10), "run_requests", ())))

    assert [place for place, one in enumerate(asked) if one] == [0, 6, 12, 18]


def test_nothing_is_asked_for_while_a_run_of_the_month_waits_or_works(ticks: Ticks) -> None:
    ticks.tick()
    job = ticks.project.definitions.resolve_job_def(REFRESH_MONTH.name)
    waiting = ticks.project.instance.create_run_for_job(job, tags={"dagster/partition": MONTH})
    write(ticks.project, "logs/a.log", LINE.format(day=11))

    assert "is under way" in ticks.tick(300).skip_message

    ticks.project.instance.report_run_canceled(waiting)
    assert ticks.tick().run_requests, "what came meanwhile is not lost"


def test_after_a_run_that_failed_the_next_one_waits_longer(ticks: Ticks, monkeypatch: pytest.MonkeyPatch) -> None:
    from slo_assets.domain import event_log

    ticks.tick()
    with monkeypatch.context() as broken:
        broken.setattr(event_log, "of_period", lambda *_: 1 / 0)
        assert not run(ticks.project).success
    write(ticks.project, "logs/a.log", LINE.format(day=11))

    assert "waits" in ticks.tick(500).skip_message
    assert ticks.tick(100).run_requests
