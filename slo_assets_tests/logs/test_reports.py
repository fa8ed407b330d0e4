"""Telemetry files: the real shape is read, and whatever is invalid is told by name and reason and costs no other."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from upath import UPath

from slo_assets.logs.reports import read_reports

REAL_TELEMETRY = Path(__file__).parents[3] / "shared/data/renderx/telemetry/renderx-web-telemetry.json"

ANOMALY: dict[str, Any] = {
    "id": "anom-001",
    "event": "canvas:render:throttle",
    "component": "canvas-component",
    "severity": "critical",
    "occurrences": 4,
    "avgDuration": 2.5,
    "description": "Resized too often",
    "firstSeen": "2025-11-22T20:18:45Z",
    "lastSeen": "2025-11-23T20:12:30.5Z",
    "source": "canvas.log:4521",
}
VALID: dict[str, Any] = {
    "metadata": {
        "analysisDate": "2025-11-23T20:15:00Z",
        "logEntriesAnalyzed": 1247,
        "timeRange": "2025-11-22T20:15:00Z to 2025-11-23T21:15:00+01:00",
    },
    "anomalies": [ANOMALY],
    "summary": {"componentsAffected": ["theme", "canvas-component"]},
}


def instant(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1_000_000)


def changed(path: str, value: object) -> bytes:
    """The valid file after one change; the last part of the path is set to the value."""
    document = deepcopy(VALID)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place: Any = document
    for part in parents:
        place = place[part]
    place[last] = value
    return json.dumps(document).encode()


def without(path: str) -> bytes:
    document = deepcopy(VALID)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place: Any = document
    for part in parents:
        place = place[part]
    del place[last]
    return json.dumps(document).encode()


def put(folder: Path, files: Mapping[str, bytes]) -> UPath:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return UPath(folder)


def test_a_folder_that_is_not_there_tells_nothing(tmp_path: Path) -> None:
    reports = read_reports(UPath(tmp_path / "telemetry"))

    assert (reports.read, reports.quarantine) == ((), ())


def test_only_json_files_of_the_folder_itself_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "deeper").mkdir()
    valid = json.dumps(VALID).encode()

    reports = read_reports(
        put(tmp_path, {"b.json": valid, "a.json": valid, "c.txt": valid, "d.json.bak": b"", "deeper/e.json": valid})
    )

    assert [report.file for report in reports.read] == ["a.json", "b.json"]
    assert reports.quarantine == ()


def test_a_valid_file_is_read_with_everything_that_it_says(tmp_path: Path) -> None:
    data = json.dumps(VALID).encode()

    (report,) = read_reports(put(tmp_path, {"a.json": data})).read

    assert report.digest == hashlib.sha256(data).hexdigest()
    assert report.analyzed == instant("2025-11-23T20:15:00+00:00")
    assert report.time_range == (instant("2025-11-22T20:15:00+00:00"), instant("2025-11-23T20:15:00+00:00"))
    assert report.components == ("canvas-component", "theme")
    assert report.entries == 1247
    (anomaly,) = report.anomalies
    assert (anomaly.file, anomaly.id, anomaly.source) == ("a.json", "anom-001", "canvas.log:4521")
    assert (anomaly.event, anomaly.component, anomaly.severity, anomaly.description) == (
        "canvas:render:throttle",
        "canvas-component",
        "critical",
        "Resized too often",
    )
    assert (anomaly.occurrences, anomaly.duration_ms) == (4, 10.0)
    assert (anomaly.first, anomaly.last) == (
        instant("2025-11-22T20:18:45+00:00"),
        instant("2025-11-23T20:12:30.500000+00:00"),
    )


ACCEPTED: Mapping[str, bytes] = {
    "no anomalies": changed("anomalies", []),
    "no summary": without("summary"),
    "empty metadata": changed("metadata", {}),
    "keys that nobody knows": changed("anomalies.0.colour", "red"),
    "one instant": changed("anomalies.0.lastSeen", ANOMALY["firstSeen"]),
    "an instant with an offset and a blank": changed("anomalies.0.firstSeen", "2025-11-22 15:18:45.123-05:00"),
    "no occurrences": changed("anomalies.0.occurrences", 0),
    "no duration": changed("anomalies.0.avgDuration", 0),
    "a component that nobody knows": changed("anomalies.0.component", "minimap"),
    "a whole number as id": changed("anomalies.0.id", 7),
    "no id": without("anomalies.0.id"),
    "a byte-order mark": b"\xef\xbb\xbf" + json.dumps(VALID).encode(),
    "other characters": changed("anomalies.0.description", "🎼 zu spät"),
}


@pytest.mark.parametrize("data", ACCEPTED.values(), ids=ACCEPTED)
def test_a_file_that_fits_the_schema_is_read(tmp_path: Path, data: bytes) -> None:
    reports = read_reports(put(tmp_path, {"a.json": data}))

    assert reports.quarantine == ()
    assert [report.file for report in reports.read] == ["a.json"]


#: What is wrong, and what the reason has to name so that somebody can mend it.
INVALID: Mapping[str, tuple[bytes, tuple[str, ...]]] = {
    "nothing": (b"", ("Expecting value",)),
    "no JSON": (b"{'a': 1}", ("line 1",)),
    "JSON that breaks off": (json.dumps(VALID).encode()[:-20], ("line 1",)),
    "two documents": (b"{}\n{}", ("Extra data",)),
    "NaN": (changed("anomalies.0.avgDuration", float("nan")), ("NaN", "JSON")),
    "infinity": (changed("anomalies.0.avgDuration", float("inf")), ("Infinity", "JSON")),
    "minus infinity": (changed("anomalies.0.avgDuration", float("-inf")), ("-Infinity", "JSON")),
    "a number beyond all bounds": (
        changed("anomalies.0.avgDuration", 0).replace(b'"avgDuration": 0', b'"avgDuration": 1e999'),
        ("avgDuration",),
    ),
    "no UTF-8": (json.dumps(VALID, ensure_ascii=False).encode().replace(b"Resized", b"R\xe9sized"), ("utf-8",)),
    "deep nesting": (b"[" * 200_000 + b"]" * 200_000, ("recursion",)),
    "a list": (b"[]", ("the document", "object")),
    "null": (b"null", ("the document", "object")),
    "no anomalies": (without("anomalies"), ("anomalies",)),
    "no metadata": (without("metadata"), ("metadata",)),
    "anomalies that are no list": (changed("anomalies", {}), ("anomalies", "array")),
    "an anomaly that is no object": (changed("anomalies", ["x"]), ("anomalies.0", "object")),
    "no event": (without("anomalies.0.event"), ("anomalies.0", "event")),
    "an event with a blank": (changed("anomalies.0.event", "canvas render"), ("anomalies.0.event", "canvas render")),
    "a component in capitals": (changed("anomalies.0.component", "Canvas"), ("anomalies.0.component", "Canvas")),
    "a severity that nobody knows": (changed("anomalies.0.severity", "fatal"), ("anomalies.0.severity", "fatal")),
    "text for a number": (changed("anomalies.0.occurrences", "4"), ("anomalies.0.occurrences", "'4'")),
    "true for a number": (changed("anomalies.0.occurrences", True), ("anomalies.0.occurrences", "True")),
    "half an occurrence": (changed("anomalies.0.occurrences", 1.5), ("anomalies.0.occurrences", "1.5")),
    "negative occurrences": (changed("anomalies.0.occurrences", -1), ("anomalies.0.occurrences", "-1")),
    "a negative duration": (changed("anomalies.0.avgDuration", -0.5), ("anomalies.0.avgDuration", "-0.5")),
    "an instant without an offset": (changed("anomalies.0.firstSeen", "2025-11-22T20:18:45"), ("firstSeen",)),
    "an instant that is a number": (changed("anomalies.0.firstSeen", 1762811808902), ("firstSeen",)),
    "February 30": (changed("anomalies.0.firstSeen", "2025-02-30T20:18:45Z"), ("day",)),
    "lastSeen before firstSeen": (
        changed("anomalies.0.lastSeen", "2025-11-22T20:18:44.999Z"),
        ("anom-001", "lastSeen", "before firstSeen", "2025-11-22T20:18:44.999Z"),
    ),
    "half a character in an event": (changed("anomalies.0.event", "canvas:\ud800"), ("event",)),
    "half a character in a description": (changed("anomalies.0.description", "\ud83c oh"), ("description",)),
    "half a character in a source": (changed("anomalies.0.source", "\ud83c.log:1"), ("source",)),
    "half a character in an id": (changed("anomalies.0.id", "\udfbc"), ("id",)),
    "a range that ends before it begins": (
        changed("metadata.timeRange", "2025-11-23T20:15:00Z to 2025-11-22T20:15:00Z"),
        ("timeRange", "ends before it begins"),
    ),
    "a range that is none": (changed("metadata.timeRange", "yesterday"), ("metadata.timeRange", "yesterday")),
    "a range of February 30": (
        changed("metadata.timeRange", "2025-02-30T20:15:00Z to 2025-11-22T20:15:00Z"),
        ("day",),
    ),
    "an analysis date that is none": (changed("metadata.analysisDate", "today"), ("metadata.analysisDate", "today")),
}


@pytest.mark.parametrize(("data", "fragments"), INVALID.values(), ids=INVALID)
def test_an_invalid_file_is_quarantined_with_its_reason_and_the_rest_is_read(
    tmp_path: Path, data: bytes, fragments: tuple[str, ...]
) -> None:
    valid = json.dumps(VALID).encode()

    reports = read_reports(put(tmp_path, {"a.json": valid, "bad.json": data, "z.json": valid}))

    assert [report.file for report in reports.read] == ["a.json", "z.json"]
    (told,) = reports.quarantine
    assert (told["file"], told["reason"]) == ("bad.json", "invalid telemetry")
    assert [fragment for fragment in fragments if fragment not in told["detail"]] == []


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_a_folder_or_a_pipe_that_is_called_like_a_file_is_quarantined(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "a.json")

    reports = read_reports(put(tmp_path, {"b.json": json.dumps(VALID).encode()}))

    assert [told["file"] for told in reports.quarantine] == ["a.json"]
    assert [report.file for report in reports.read] == ["b.json"]


def test_all_invalid_files_are_told_in_the_order_of_their_names(tmp_path: Path) -> None:
    reports = read_reports(put(tmp_path, {"c.json": b"", "a.json": b"[]", "b.json": b"\xff"}))

    assert [told["file"] for told in reports.quarantine] == ["a.json", "b.json", "c.json"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep names in Unicode")
@pytest.mark.parametrize("data", [json.dumps(VALID).encode(), b""], ids=["a valid file", "an invalid file"])
def test_a_file_name_that_is_no_utf_8_can_be_written_into_documents(tmp_path: Path, data: bytes) -> None:
    reports = read_reports(put(tmp_path, {os.fsdecode(b"caf\xe9.json"): data}))

    names = [
        *(report.file for report in reports.read),
        *(anomaly.file for report in reports.read for anomaly in report.anomalies),
        *(told["file"] for told in reports.quarantine),
    ]
    assert names
    assert json.dumps(names, ensure_ascii=False).encode()


REAL_CHANGES: Mapping[str, tuple[Callable[[dict[str, Any]], object], int]] = {
    "as it is": (lambda _: None, 12),
    "without its last anomaly": (lambda document: document["anomalies"].pop(), 11),
}


@pytest.mark.parametrize(("change", "count"), REAL_CHANGES.values(), ids=REAL_CHANGES)
def test_the_real_telemetry_is_read_with_its_anomalies(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], count: int
) -> None:
    if not REAL_TELEMETRY.exists():
        pytest.skip("the real telemetry is not part of the repository")
    document = json.loads(REAL_TELEMETRY.read_bytes())
    change(document)

    (report,) = read_reports(put(tmp_path, {"real.json": json.dumps(document).encode()})).read

    assert len(report.anomalies) == count
    assert [a.occurrences for a in report.anomalies] == [a["occurrences"] for a in document["anomalies"]]
    assert [a.duration_ms for a in report.anomalies] == [
        a["occurrences"] * a["avgDuration"] for a in document["anomalies"]
    ]
    assert report.time_range == (instant("2025-11-22T20:15:00+00:00"), instant("2025-11-23T20:15:00+00:00"))
