"""Drift in words: what, of which asset and month, expected what, found what, and what to do."""

from __future__ import annotations

from slo_assets.config.versions import Difference
from slo_assets.domain.drift import code_drift, configuration_drift, data_drift, file_drift

MONTH = "2025-11"


def test_a_file_with_other_bytes_or_none_has_drifted() -> None:
    (changed,) = file_drift("sli_metrics", MONTH, "published/x.json", "aa", "bb", "roll back")
    (missing,) = file_drift("sli_metrics", MONTH, "published/x.json", "aa", None, "roll back")

    assert str(changed) == (
        "file drift: sli_metrics of 2025-11: expected sha256 aa, found published/x.json with bb. Remedy: roll back"
    )
    assert missing.found == "nothing in published/x.json"
    assert not list(file_drift("sli_metrics", MONTH, "x", "aa", "aa", ""))
    assert not list(file_drift("sli_metrics", MONTH, "x", None, "aa", "")), "nothing was recorded of it"


def test_another_code_version_has_drifted() -> None:
    (drift,) = code_drift("sli_metrics", MONTH, "0ld", "new")

    assert (drift.expected, drift.found) == ("code version new", "0ld")
    assert drift.remedy.endswith("slo-assets run --period 2025-11")
    assert not list(code_drift("sli_metrics", MONTH, "new", "new"))


def test_each_input_that_changed_is_named_and_others_are_left_alone() -> None:
    made_from = {"production_logs": "l1", "telemetry@2025-11": "t1", "unknown": "u1"}

    drifts = list(data_drift("sli_metrics", MONTH, made_from, {"production_logs": "l2", "telemetry@2025-11": None}))

    assert [(drift.expected, drift.found) for drift in drifts] == [
        ("production_logs at l2", "made from l1"),
        ("telemetry@2025-11 at nothing", "made from t1"),
    ]


def test_changes_of_the_configuration_are_told_three_at_a_time() -> None:
    changes = [Difference(f"targets.t{number}", 1, 2, "major") for number in range(5)]

    (drift,) = configuration_drift("slo_workflow_state", MONTH, "1.0.0", "2.0.0", changes)

    assert drift.expected == (
        "configuration 2.0.0 (targets.t0: 1 → 2 (major); targets.t1: 1 → 2 (major); targets.t2: 1 → 2 (major); "
        "and 2 more)"
    )
    assert not list(configuration_drift("slo_workflow_state", MONTH, "1.0.0", "1.0.0", []))
