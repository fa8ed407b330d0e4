"""Whole months of documents: what they have in common, the sparse ones, and the order of the input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import permutations
from typing import Any

import pytest

from slo_assets.config import SloConfig
from slo_assets.domain.documents import Document, as_of, envelope, is_closed
from slo_assets.domain.event_log import EventLog
from slo_assets.domain.telemetry import Reports
from slo_assets.periods import Period, parse_instant
from slo_assets.storage.canonical import canonical
from slo_assets_tests.domain.telling import (
    AFTERWARDS,
    CANVAS,
    MIDNIGHT,
    NOVEMBER,
    chatter,
    done,
    failed,
    incident,
    month,
    real_telemetry,
    spread,
    started,
    text,
    told,
)
from slo_assets_tests.situations import Month, config_with, documents, event_log, shipped_config, telemetry_files

OPEN = "2025-11-24T12:00:00Z"
TWO = (CANVAS, "theme")


def test_every_document_has_the_envelope():
    assert envelope(shipped_config(), Period(NOVEMBER), {"metrics": 1}) == {
        "version": "1.0.0",
        "schemaVersion": "1",
        "period": NOVEMBER,
        "metrics": 1,
    }
    for made in month().values():
        assert (made["version"], made["schemaVersion"], made["period"]) == ("1.0.0", "1", NOVEMBER)


@pytest.mark.parametrize("closed", [True, False])
def test_the_telemetry_tells_the_others_how_far_a_month_is_known(closed: bool):
    made = {"metadata": {"asOf": "2025-11-05T00:00:00Z", "closed": closed}}
    assert (as_of(made), is_closed(made)) == (parse_instant("2025-11-05T00:00:00Z"), closed)


# --- the sparse months ------------------------------------------------------------------------------------------------

SPARSE: Mapping[str, tuple[list[str], tuple[Document, ...]]] = {
    "empty": ([], ()),
    "logs only": ([*spread(150, 10), failed(1600), done(1700), started(1800)], ()),
    "telemetry only": ([], (real_telemetry(),)),
    "a single line": ([done(0)], ()),
    "a single line that tells nothing": ([chatter(0)], ()),
    "a single failure without a duration": ([failed(0)], ()),
    "a single start": ([started(0)], ()),
}
CASES = [pytest.param(name, now, id=f"{name}, {word}") for name in SPARSE for word, now in
         (("closed", AFTERWARDS), ("open", OPEN))]  # fmt: skip


@cache
def two_components() -> SloConfig:
    """One that the logs tell of and one that they do not."""

    def change(settings: dict[str, Any]) -> None:
        settings["components"] = {name: settings["components"][name] for name in TWO}

    return config_with(change)


@cache
def sparse(name: str, now: str) -> dict[str, Document]:
    lines, reports = SPARSE[name]
    return month(lines, *reports, now=now, config=two_components())


@pytest.mark.parametrize(("name", "now"), CASES)
def test_a_reason_stands_beside_each_sli_that_is_unknown(name: str, now: str):
    for component in TWO:
        figures = sparse(name, now)["sli-metrics"]["metrics"][component]
        values = {
            "latency": figures["latency"]["p95"],
            **{key: figures[key] for key in ("errorRate", "availability", "completeness", "freshness")},
        }
        for key, value in values.items():
            detail = figures["latency"] if key == "latency" else figures[f"{key}Detail"]
            assert ("reason" in detail) == (value is None), key
            assert detail.get("reason", "…") != ""
        judged = sparse(name, now)["sla-compliance-report"]["complianceReport"]["components"][component]
        budget = sparse(name, now)["error-budgets"]["errorBudgets"][component]
        assert ("reason" in judged["availabilityCompliance"]) == (values["availability"] is None)
        assert judged["overallStatus"] != "met" or None not in values.values()
        assert ("reason" in budget) == (budget["consumed"] is None)


NOTHING = ("p50", "p95", "p99")


@pytest.mark.parametrize(
    ("name", "latency", "errors", "availability", "completeness", "freshness"),
    [
        ("empty", None, None, None, None, None),
        ("logs only", 10.0, round(100 / 152, 4), pytest.approx(100, abs=0.01), round(100 * 151 / 153, 4), True),
        ("telemetry only", None, None, 99.8617, None, None),
        ("a single line", 10.0, 0.0, None, 100.0, True),
        ("a single line that tells nothing", None, None, None, None, None),
        ("a single failure without a duration", None, 100.0, None, 0.0, True),
        ("a single start", None, None, None, 0.0, True),
    ],
)
def test_no_zero_stands_where_nothing_is_known(name, latency, errors, availability, completeness, freshness):
    for now in (AFTERWARDS, OPEN):
        figures = sparse(name, now)["sli-metrics"]["metrics"][CANVAS]
        assert {figures["latency"][key] for key in NOTHING} == {latency}
        assert figures["errorRate"] == errors
        assert figures["availability"] == availability
        assert figures["completeness"] == completeness
        assert (figures["freshness"] is not None) == (freshness is True)


@pytest.mark.parametrize("now", [AFTERWARDS, OPEN], ids=["closed", "open"])
def test_an_empty_month_judges_nothing(now: str):
    made = sparse("empty", now)
    report = made["sla-compliance-report"]["complianceReport"]
    assert {component["overallStatus"] for component in report["components"].values()} == {"unknown"}
    assert report["summary"]["compliancePercentage"] is None
    budgets = made["error-budgets"]["errorBudgets"].values()
    assert {(budget["status"], budget["consumed"]) for budget in budgets} == {("unknown", None)}
    assert {budget["allowed"] for budget in budgets} == {43.2}
    assert made["slo-sli-sla-dashboard"]["dashboard"]["sections"]["alerts"]["active"] == []


# --- the order of the input -------------------------------------------------------------------------------------------

FILES = {
    "a.log": text(*spread(60, 5), failed(301), failed(302), failed(303), done(400, 300)),
    "heartbeat-b.log": text(done(0), done(700, 260), done(701, 5, "theme:x")),
    "c.log": text(*(done(0.01 * n, 10, "theme:y") for n in range(60)), started(5), failed(900, 33)),
}
REPORTS = {
    "one.json": told(incident(), incident("theme:x:race", 3, component="theme"), seen=(0, 3600)),
    "two.json": told(incident(count=12, first=1), incident("library:x", component="library-component")),
    "copy.json": told(incident(), incident("theme:x:race", 3, component="theme"), seen=(0, 3600)),
}


def written(files: Mapping[str, str], reports: Mapping[str, Any], now: str = AFTERWARDS) -> dict[str, bytes]:
    log = event_log(files, NOVEMBER, now, shipped_config())
    made = documents(log, telemetry_files(reports), NOVEMBER, now, shipped_config())
    return {name: canonical(document) for name, document in made.items()}


@cache
def as_given() -> dict[str, bytes]:
    return written(FILES, REPORTS)


def orders(items: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for names in permutations(items):
        yield {name: items[name] for name in names}


def test_the_same_inputs_in_any_order_give_the_same_bytes():
    expected = as_given()
    turned = zip(list(orders(FILES))[1::2], list(orders(REPORTS))[::-2], strict=True)
    for files, reports in turned:
        assert written(files, reports) == expected


def test_the_same_inputs_at_any_later_clock_give_the_same_bytes():
    assert written(FILES, REPORTS, "2031-01-01T00:00:00Z") == as_given()


# --- earlier and later months -----------------------------------------------------------------------------------------


def test_a_later_month_never_matters():
    lines = [done(1, since=MIDNIGHT), failed(2, since=MIDNIGHT), chatter(1000, MIDNIGHT)]
    later = {"december.log": text(*lines)}
    told_later = {"december.json": told(incident(count=99), seen=(0, 3600), since=MIDNIGHT)}
    told_later["december.json"]["anomalies"][0] |= {
        "firstSeen": "2025-12-01T00:00:00Z",
        "lastSeen": "2025-12-02T00:00:00Z",
    }
    spanning = {**FILES, "a.log": FILES["a.log"] + text(*lines)}
    expected = as_given()
    assert written({**FILES, **later}, {**REPORTS, **told_later}) == expected
    # The hash of a file that grew is another one, and it is no deliverable's: all figures stay.
    assert written(spanning, REPORTS) == expected


def month_of(period: str, ms: float, earlier: Mapping[str, Month], failures: int = 0) -> Month:
    since = MIDNIGHT.replace(year=int(period[:4]), month=int(period[5:]), day=3)
    lines = [*spread(120, 10, ms, since=since), *(failed(2000 + 400 * n, since=since) for n in range(failures))]
    log = event_log({f"{period}.log": text(*lines)}, period, "2026-06-01T00:00:00Z", shipped_config())
    return log, documents(log, Reports(), period, "2026-06-01T00:00:00Z", shipped_config(), earlier)


def test_targets_and_baselines_follow_from_the_three_months_before():
    past: dict[str, Month] = {}
    for number, period in enumerate(("2025-07", "2025-08", "2025-09", "2025-10")):
        past[period] = month_of(period, [900.0, 100.0, 20.0, 60.0][number], past)
    log, made = month_of(NOVEMBER, 500.0, past)
    latency = made["slo-targets"]["sloTargets"][CANVAS]["latency"]["p95"]
    # The median of 100, 20 and 60 is 60; 60 × 1.1 = 66, up to the next 10.
    assert (latency["target"], latency["baseline"], latency["baselinePeriods"]) == (
        70.0,
        60.0,
        ["2025-08", "2025-09", "2025-10"],
    )
    framework = made["sli-framework"]["sliFunctions"][CANVAS]["latency"]
    assert (framework["p95"], framework["thresholds"]["healthy"]) == (60.0, 66.0)
    assert made["sli-metrics"]["metrics"][CANVAS]["latency"]["status"] == "critical"
    card = made["slo-sli-sla-dashboard"]["dashboard"]["sections"]["sliMetrics"]["cards"][0]
    assert (card["component"], card["trend"]) == (CANVAS, "up")
    history = made["sla-compliance-report"]["complianceReport"]["history"]
    assert [entry["period"] for entry in history] == [*past, NOVEMBER]
    assert isinstance(log, EventLog)
