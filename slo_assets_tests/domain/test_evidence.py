"""The common ground of metrics and budgets."""

from __future__ import annotations

import pytest

from slo_assets.domain import telemetry
from slo_assets.domain.evidence import PeriodEvidence, gather
from slo_assets.domain.intervals import minutes
from slo_assets.periods import Period, parse_instant
from slo_assets_tests.domain.telling import (
    AFTERWARDS,
    CANVAS,
    COMPONENTS,
    NOVEMBER,
    done,
    failed,
    incident,
    micros,
    started,
    text,
    told,
)
from slo_assets_tests.situations import event_log, shipped_config, telemetry_files

RACE, VALIDATION, THROTTLE = "canvas:create:race", "canvas:input:validation:missing", "canvas:render:throttle"


def evidence(lines: list[str], *anomalies: dict, now: str = AFTERWARDS, seen=None) -> PeriodEvidence:
    rules, month = shipped_config(), Period(NOVEMBER)
    log = event_log({"a.log": text(*lines)} if lines else {}, NOVEMBER, now, rules)
    read = telemetry_files({"r.json": told(*anomalies, seen=seen)})
    document = telemetry.document(log, read, month, parse_instant(now), rules)
    return gather(log, document, month, rules)


def test_each_component_has_its_own_events_in_the_order_of_the_configuration():
    known = evidence([done(0), failed(1), started(2), done(3, 5, "theme:x")])
    assert tuple(known.components) == COMPONENTS
    assert {name: len(own.events) for name, own in known.components.items() if len(own.events)} == {
        CANVAS: 3,
        "theme": 1,
    }


def test_bad_minutes_are_the_sum_of_all_anomalies():
    # 10 × 600 ms reported, one failure of 30 s, one slow operation of 54 s: 6 + 30 + 54 = 90 s.
    lines = [done(0, 54_000), failed(1, 30_000), done(2)]
    known = evidence(lines, incident(THROTTLE, 10, 600), incident("theme:x", 1, 12_000, component="theme"))
    bad = {name: own.bad.until(known.until + 1) for name, own in known.components.items()}
    assert bad == pytest.approx({**dict.fromkeys(COMPONENTS, 0.0), CANVAS: 1.5, "theme": 0.2})


def test_errors_without_a_known_number_of_operations_give_no_rate():
    known = evidence(
        [done(0)],
        incident(RACE, 3, first=0, last=10),
        incident(VALIDATION, 5, first=100, last=200),
        incident(THROTTLE, 7, first=0, last=10),
    ).components[CANVAS]
    assert [(part.event, part.occurrences) for part in known.errors] == [(RACE, 3)]
    assert known.unrated_errors == 5


@pytest.mark.parametrize(
    ("now", "until", "closed"),
    [("2025-12-01T00:00:00Z", "2025-12-01T00:00:00Z", True), ("2025-11-20T00:00:00Z", "2025-11-03T12:01:00Z", False)],
    ids=["closed", "open"],
)
def test_evidence_reaches_to_as_of(now: str, until: str, closed: bool):
    known = evidence([done(0), done(60)], now=now, seen=(-600, 30))
    assert (known.until, known.closed) == (parse_instant(until), closed)
    assert known.components[CANVAS].seen == [(micros(0), micros(60))]


def test_a_reported_range_is_seen_for_the_components_of_the_report():
    known = evidence([], incident(component="theme"), seen=(0, 600))
    assert {name: minutes(own.seen) for name, own in known.components.items()} == {
        **dict.fromkeys(COMPONENTS, 0.0),
        "theme": 10.0,
    }
