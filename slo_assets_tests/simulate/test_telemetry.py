"""The telemetry: the real file's shape, and where its anomalies lie in time."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from slo_assets_tests.simulate.samples import LAST_INSTANT, telemetry_of


@pytest.fixture(scope="module")
def shared_telemetry() -> dict[str, Any]:
    root = Path(__file__).parents[3]
    path = root / "shared" / "data" / "renderx" / "telemetry" / "renderx-web-telemetry.json"
    if not path.is_file():
        pytest.skip("the real telemetry is not here")
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _is_valid(document: dict[str, Any]) -> bool:
    return all(anomaly["occurrences"] >= 0 for anomaly in document["anomalies"])


def test_telemetry_has_the_real_shape(sample: Path, shared_telemetry: dict[str, Any]) -> None:
    for _, document in telemetry_of(sample):
        assert list(document) == list(shared_telemetry)
        assert list(document["metadata"]) == list(shared_telemetry["metadata"])
        assert list(document["summary"]) == list(shared_telemetry["summary"])
        assert {tuple(anomaly) for anomaly in document["anomalies"]} == {tuple(shared_telemetry["anomalies"][0])}


def test_telemetry_uses_the_real_event_keys(sample: Path, shared_telemetry: dict[str, Any]) -> None:
    real = {anomaly["event"] for anomaly in shared_telemetry["anomalies"]}
    written = {anomaly["event"] for _, document in telemetry_of(sample) for anomaly in document["anomalies"]}

    assert written == real


def test_each_month_has_valid_telemetry_and_one_file_is_broken(sample: Path) -> None:
    documents = dict(telemetry_of(sample))

    assert all(_is_valid(documents[f"renderx-web-telemetry-2025-{month}.json"]) for month in ("09", "10", "11"))
    assert len([name for name, document in documents.items() if not _is_valid(document)]) == 1


def test_telemetry_stays_within_its_time_range_and_before_the_last_instant(sample: Path) -> None:
    for _, document in telemetry_of(sample):
        start, end = map(datetime.fromisoformat, document["metadata"]["timeRange"].split(" to "))
        assert end <= LAST_INSTANT
        for anomaly in document["anomalies"]:
            first, last = datetime.fromisoformat(anomaly["firstSeen"]), datetime.fromisoformat(anomaly["lastSeen"])
            assert start <= first < last <= end


def test_an_anomaly_crosses_each_month_end_but_the_last(sample: Path) -> None:
    crossing = {
        (anomaly["firstSeen"][:7], anomaly["lastSeen"][:7])
        for _, document in telemetry_of(sample)
        for anomaly in document["anomalies"]
        if anomaly["firstSeen"][:7] != anomaly["lastSeen"][:7]
    }

    assert crossing == {("2025-09", "2025-10"), ("2025-10", "2025-11")}
