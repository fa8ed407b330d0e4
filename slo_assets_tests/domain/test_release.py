"""What a release says of itself, and whether the documents of a period belong together."""

from __future__ import annotations

from typing import Any

import pytest

from slo_assets.domain.release import (
    Before,
    ConfigurationVersion,
    Origin,
    configuration_changes,
    document_differences,
    incoherent,
    manifest,
)
from slo_assets.periods import Period
from slo_assets_tests.situations import shipped_config

NOVEMBER = Period("2025-11")
ENTRY = {"timestamp": "2025-11-24T12:00:00.000Z", "actor": "sre@host", "hash": "sha256:" + "e" * 64}


def made(before: Before | None, period: Period = NOVEMBER, sequence: int = 1) -> dict[str, Any]:
    return manifest(
        release=f"{sequence:016d}",
        sequence=sequence,
        period=period,
        checksums={"sliMetrics": "sha256:" + "a" * 64},
        configuration_checksum="sha256:" + "c" * 64,
        before=before,
        origin=Origin("run-1", {"sli_metrics": "c0de"}, {"log_events": "e1"}, shipped_config()),
        entry=ENTRY,
    )


def test_a_manifest_has_the_form_of_the_plan_and_says_where_the_documents_come_from() -> None:
    first = made(None)

    assert {"version", "schema_version", "checksums", "lastModified", "modifiedBy", "auditTrail"} <= first.keys()
    assert (first["lastModified"], first["modifiedBy"]) == (ENTRY["timestamp"], ENTRY["actor"])
    assert (first["runId"], first["codeVersions"]) == ("run-1", {"sli_metrics": "c0de"})
    assert [entry["hash"] for entry in first["auditTrail"]] == [ENTRY["hash"]]


def test_only_releases_of_the_same_period_are_told_as_the_ones_before() -> None:
    first = made(None)

    second = made(Before(first, shipped_config().written()), sequence=2)
    december = made(Before(second, shipped_config().written()), period=Period("2025-12"))

    assert (second["previous"], len(second["auditTrail"])) == (first["release"], 2)
    assert (december["previous"], len(december["auditTrail"])) == (None, 1)


def test_a_manifest_tells_of_twelve_releases_at_the_most() -> None:
    latest = made(None)
    for sequence in range(2, 20):
        latest = made(Before(latest, shipped_config().written()), sequence=sequence)

    assert [entry["release"] for entry in latest["auditTrail"]] == [f"{number:016d}" for number in range(8, 20)]


def test_a_setting_that_the_software_no_longer_has_is_a_change_by_what_was_written() -> None:
    old = {**shipped_config().written(), "removedSetting": {"limit": 3}}

    changed = {change.setting: change.level for change in configuration_changes(old, shipped_config())}

    assert changed["removedSetting"] == "major"


def test_the_version_never_falls_behind_the_one_of_the_release_before() -> None:
    before = Before({**made(None), "version": "4.1.0"}, shipped_config().written())

    assert ConfigurationVersion.after(before, shipped_config()) == ConfigurationVersion("4.1.0", ())
    assert ConfigurationVersion.after(None, shipped_config()).version == "1.0.0"


def test_differences_are_listed_by_place_and_counted_beyond_the_list() -> None:
    before = {"a.json": {"x": 1, "y": {"z": [1, 2]}}, "gone.json": {"x": 1}}
    after = {"a.json": {"x": 2, "y": {"z": [1, 3], "new": True}}}

    rows, count = document_differences(before, after, most=2)

    assert rows == [
        {"file": "a.json", "place": "x", "before": "1", "after": "2"},
        {"file": "a.json", "place": "y.z", "before": "[1, 2]", "after": "[1, 3]"},
    ]
    assert count == 4
    assert document_differences(before, before, most=9) == ([], 0)


INCOHERENT: dict[str, tuple[dict[str, tuple[str, dict[str, str]]], list[str]]] = {
    "each from the others at hand": ({"a": ("1", {}), "b": ("2", {"a@2025-11": "1"})}, []),
    "one from another version": (
        {"a": ("1", {}), "b": ("2", {"a@2025-11": "0"})},
        ["b of 2025-11 was made from another a"],
    ),
    "from an earlier month": ({"a": ("1", {}), "b": ("2", {"a@2025-10": "0"})}, []),
    "from a source": ({"b": ("2", {"production_logs": "0"})}, []),
}


@pytest.mark.parametrize(("found", "expected"), INCOHERENT.values(), ids=INCOHERENT)
def test_a_document_made_from_another_version_of_a_document_is_named(
    found: dict[str, tuple[str, dict[str, str]]], expected: list[str]
) -> None:
    problems = incoherent(found, NOVEMBER)

    assert [problem.partition(" (")[0] for problem in problems] == expected
    assert all("Remedy: " in problem for problem in problems)
