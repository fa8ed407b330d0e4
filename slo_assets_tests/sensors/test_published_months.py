"""Pages follow what is published."""

from __future__ import annotations

import json

import dagster as dg
import pytest

import slo_assets.sensors.published_months as published_months_module
from slo_assets import staleness
from slo_assets.backfill import MonthResult
from slo_assets.periods import Period
from slo_assets.run_tags import REASON
from slo_assets.sensors.published_months import PUBLISHED, published_months
from slo_assets_tests.conftest import MakeProject, Project
from slo_assets_tests.domain.telling import failed, spread, text


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    made = make_project({"app.log": text(*spread(150, 10, 40), *(failed(3001 + n) for n in range(4)))})
    assert made.run("2025-11").error == ""
    return made


def tick(project: Project, cursor: str | None = None) -> tuple[list[dg.RunRequest], str | None]:
    repository = project.definitions.get_repository_def()
    with dg.build_sensor_context(project.instance, cursor=cursor, repository_def=repository) as context:
        data = published_months.evaluate_tick(context)
    return list(data.run_requests or []), data.cursor


def test_a_published_month_gets_a_page_once(project: Project) -> None:
    requests, cursor = tick(project)

    assert [(request.partition_key, request.tags[REASON]) for request in requests] == [("2025-11", "published anew")]
    assert tick(project, cursor) == ([], cursor)


def test_a_page_that_was_drawn_already_is_left(project: Project) -> None:
    assert project.backfill.render(Period("2025-11")) == ""

    assert tick(project)[0] == []


def test_a_month_that_is_published_again_is_drawn_again(project: Project) -> None:
    project.backfill.render(Period("2025-11"))
    _, cursor = tick(project)
    project.run("2025-11")

    assert [request.partition_key for request in tick(project, cursor)[0]] == ["2025-11"]


def test_a_release_that_was_put_back_is_drawn_again(project: Project) -> None:
    project.backfill.render(Period("2025-11"))
    _, cursor = tick(project)
    project.instance.report_runless_asset_event(dg.AssetObservation(PUBLISHED, partition="2025-11"))
    requests, after = tick(project, cursor)

    assert [request.partition_key for request in requests] == ["2025-11"]
    assert json.loads(after or "")["putBack"] > 0
    assert tick(project, after)[0] == []


def test_after_a_change_of_how_pages_are_drawn_each_is_drawn_again_once(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.backfill.render(Period("2025-11"))
    _, cursor = tick(project)
    for module in (published_months_module, staleness):
        monkeypatch.setattr(module, "asset_code_version", lambda _: "another")
    requests, after = tick(project, cursor)
    kept = MonthResult(Period("2025-11"), "", 0.0, kept=True)

    assert [(request.partition_key, request.tags[REASON]) for request in requests] == [("2025-11", "drawn otherwise")]
    assert tick(project, after)[0] == []
    assert project.backfill.is_undrawn(kept)
    monkeypatch.undo()
    assert not project.backfill.is_undrawn(kept)


def test_where_nothing_was_published_there_is_nothing_to_draw(make_project: MakeProject) -> None:
    requests, cursor = tick(make_project())

    assert requests == []
    assert set(json.loads(cursor or "{}")) == {"code", "published", "putBack"}
