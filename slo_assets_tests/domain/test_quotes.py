"""The log line that an anomaly names: its text, or the reason why nobody knows it."""

from __future__ import annotations

from typing import Any

import pytest

from slo_assets.domain.quotes import NOT_READ, NOT_THERE, Place, Quote, quoted, wanted

ACCOUNT = {"files": [{"file": "a.log", "digest": "d1"}, {"file": "localhost-0.0.0.0:3000.log", "digest": "d2"}]}


def telemetry(*sources: str) -> dict[str, Any]:
    return {"period": "2025-11", "anomalies": [{"id": str(n), "source": source} for n, source in enumerate(sources)]}


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("a.log:7", Place("d1", 7)),
        ("localhost-0.0.0.0:3000.log:12", Place("d2", 12)),
        ("b.log:7", None),
        ("a.log", None),
        ("a.log:", None),
        ("a.log:-1", None),
        ("a.log:7.5", None),
        ("a.log:٧", None),
        ("a.log:7:3", None),
        ("", None),
        ("seen by hand", None),
    ],
)
def test_a_source_names_a_line_of_a_log_that_was_read_or_none(source: str, place: Place | None) -> None:
    assert wanted(telemetry(source), ACCOUNT) == ({place} if place else set())


def test_a_line_that_two_anomalies_name_is_wanted_once() -> None:
    assert wanted(telemetry("a.log:7", "a.log:7", "a.log:8"), ACCOUNT) == {Place("d1", 7), Place("d1", 8)}


def test_each_anomaly_has_its_line_or_the_reason_why_it_is_not_known() -> None:
    before = telemetry("a.log:7", "a.log:8", "a.log:9", "b.log:7")
    found = {Place("d1", 7): Quote("boom", cut=False), Place("d1", 8): Quote("half a st", cut=True)}

    after = quoted(before, ACCOUNT, found)

    assert [anomaly["sourceLine"] for anomaly in after["anomalies"]] == [
        {"text": "boom", "cut": False},
        {"text": "half a st", "cut": True},
        {"text": None, "reason": NOT_THERE},
        {"text": None, "reason": NOT_READ},
    ]
    assert after["period"] == "2025-11"
    assert all("sourceLine" not in anomaly for anomaly in before["anomalies"]), "what was given stays as it is"
