"""Months one after another: which, in which order, and what a failure costs."""

import pytest

from slo_assets.backfill import Backfill
from slo_assets.domain import slo_targets
from slo_assets.periods import Period
from slo_assets_tests.conftest import MakeProject

LINE = "{month}-10T10:00:00Z ✅ BeatExecutor: Beat 1 (canvas:component:create) completed in 5ms\n"
THREE = "".join(LINE.format(month=month) for month in ("2025-09", "2025-11", "2025-10"))


@pytest.fixture(scope="module")
def worker(make_project: MakeProject) -> Backfill:
    return make_project({"a.log": THREE}).backfill


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, None, ["2025-09", "2025-10", "2025-11"]),
        ("2025-10", None, ["2025-10", "2025-11"]),
        (None, "2025-10", ["2025-09", "2025-10"]),
        ("2025-08", "2025-10", ["2025-08", "2025-09", "2025-10"]),
        ("2025-05", "2025-05", ["2025-05"]),
    ],
)
def test_months_are_those_with_input_or_the_named_ones_oldest_first(
    worker: Backfill, first: str | None, last: str | None, expected: list[str]
) -> None:
    months = worker.months(Period(first) if first else None, Period(last) if last else None)

    assert [month.key for month in months] == expected


@pytest.mark.parametrize(
    ("month", "refusal"),
    [
        ("2024-12", "2024-12 is before the first period, 2025-01: set firstPeriod in slo-config.yaml"),
        ("2025-12", "2025-12 has not begun, the clock stands in 2025-11: name an earlier month"),
        ("2025-11", None),
    ],
)
def test_a_month_that_cannot_be_made_is_refused_with_the_remedy(
    worker: Backfill, month: str, refusal: str | None
) -> None:
    assert worker.refusal(Period(month)) == refusal


def test_a_month_that_fails_is_told_and_stops_no_other(
    make_project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = make_project({"a.log": THREE}).backfill
    right = slo_targets.document

    def wrong_in_october(metrics: dict, period: Period, config: object) -> dict:  # type: ignore[type-arg]
        if period.key == "2025-10":
            raise RuntimeError("no luck")
        return right(metrics, period, config)  # type: ignore[arg-type]

    monkeypatch.setattr(slo_targets, "document", wrong_in_october)

    results = [worker.run(month) for month in worker.months(None, None)]

    assert [result.well for result in results] == [True, False, True]
    assert results[1].error == "slo_targets: RuntimeError: no luck"
    assert results[1].dashboard is None


def test_a_run_is_recorded_with_its_partition(make_project: MakeProject) -> None:
    project = make_project({"a.log": THREE})

    result = project.run("2025-10")

    run = project.instance.get_run_by_id(result.run_id)
    assert run is not None
    assert run.tags["dagster/partition"] == "2025-10"
