"""What the page says first."""

from typing import Any

import pytest

from slo_assets.page import view
from slo_assets_tests.page.dashboards import busy, empty


def arranged(document: dict[str, Any]) -> list[view.Component]:
    return view.components(view.Page(document))


def with_statuses(*statuses: str) -> view.Page:
    components = [{"status": status} for status in statuses]
    return view.Page({"dashboard": {"sections": {"componentHealth": {"components": components}}}})


@pytest.mark.parametrize(
    ("statuses", "headline"),
    [
        (("met", "met"), "All objectives are met"),
        (("met", "unknown"), "1 of 2 components is unknown"),
        (("unknown",), "1 of 1 component is unknown"),
        (("met", "at-risk", "unknown"), "1 of 3 components is at risk of missing its objectives"),
        (("failed", "at-risk", "met"), "1 of 3 components misses its objectives"),
        (("failed",) * 3, "3 of 3 components miss their objectives"),
    ],
)
def test_the_headline_tells_the_gravest(statuses: tuple[str, ...], headline: str) -> None:
    assert with_statuses(*statuses).headline == headline


def test_the_component_to_look_at_first_has_failed_with_the_most_budget_used() -> None:
    found = arranged(busy())

    ranks = [view.ORDER.index(one.status) for one in found]
    assert ranks == sorted(ranks)
    assert (found[0].id, found[0].used) == ("canvas-component", 1311.4754)
    assert [one.id for one in found if one.status == "failed"][1:] == ["control-panel", "theme"]


def test_what_is_unknown_has_no_part_used() -> None:
    assert {one.used for one in arranged(empty())} == {None}


def test_of_each_objective_the_gravest_alert_is_told_with_its_verdict() -> None:
    canvas = arranged(busy())[0]
    (rate,) = (alert for alert in canvas.urgent if alert["objective"] == "errorRate")

    assert (rate["threshold"], rate["status"], rate["verdict"]) == (100, "exhausted", "failed")
    assert len({alert["objective"] for alert in canvas.urgent}) == len(canvas.urgent)


def test_an_alert_of_a_met_objective_says_that_it_is_met() -> None:
    document = busy()
    panel = next(
        g for g in document["dashboard"]["sections"]["sloCompliance"]["gauges"] if g["component"] == "control-panel"
    )
    panel["status"] = "met"
    found = next(one for one in arranged(document) if one.id == "control-panel")

    assert [(alert["objective"], alert["verdict"]) for alert in found.urgent] == [("availability", "met")]


def test_the_counts_behind_an_error_rate_are_the_ones_it_is_made_of() -> None:
    canvas = arranged(busy())[0]
    canvas.card.update(failures=12, operations=1036, reportedErrors=5, alsoReported=2)

    assert canvas.errors == "15 errors in 1,039 operations"


def test_objectives_say_how_sure_they_are_or_why_they_are_unknown() -> None:
    by_name = {one.id: one for one in arranged(busy())}
    known = {objective["name"]: objective for objective in by_name["canvas-component"].objectives}
    unknown = {objective["name"]: objective for objective in by_name["host-sdk"].objectives}

    assert known["Availability"]["note"].startswith("not certain: ")
    assert unknown["Availability"]["note"] == "no log or report looked at the component in the period"
    assert unknown["Latency p95"]["actual"] == "–"


def test_coverage_is_of_all_components_and_names_the_least_observed_first() -> None:
    told = view.coverage(arranged(busy()))

    assert told["observed"] + told["unknown"] == pytest.approx(5 * 30 * 1440)
    assert told["percent"] == pytest.approx(100 * told["observed"] / (5 * 30 * 1440))
    assert [one.id for one in told["least"]][:1] == ["host-sdk"]
