"""Drift, seen through the jobs that users run: found, named, put back, and on record."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from slo_assets.backfill import QUIET, failure
from slo_assets.drift_checks import SPECS
from slo_assets.periods import Period
from slo_assets.storage.deliverables import DELIVERABLES
from slo_assets_tests.conftest import MakeProject, Project, local_instance
from slo_assets_tests.situations import SHIPPED_CONFIG

LINE = "{time} ✅ BeatExecutor: Beat 1 (canvas:component:create) completed in 5ms\n"
OCTOBER, NOVEMBER = "2025-10", "2025-11"
MADE = ("log_events", *DELIVERABLES)


def lines(month: str, count: int = 3) -> str:
    return "".join(LINE.format(time=f"{month}-10T10:00:0{second}Z") for second in range(count))


@pytest.fixture(scope="module")
def made_once(make_project: MakeProject) -> Project:
    """Two months of a small application, with a configuration of its own."""
    made = make_project({f"{month}.log": lines(month) for month in (OCTOBER, NOVEMBER)})
    shutil.copy(SHIPPED_CONFIG, made.data / "slo-config.yaml")
    for month in (OCTOBER, NOVEMBER):
        assert made.run(month).error == ""
    return made


@pytest.fixture
def project(made_once: Project, tmp_path: Path) -> Iterator[Project]:
    """A copy of it, to be spoilt."""
    root = tmp_path / "copy"
    shutil.copytree(made_once.data.parent, root, symlinks=True)
    with local_instance(root) as instance:
        yield Project(root / "data", str(root / "output"), made_once.now, instance)


def configure(project: Project, change: Callable[[str], str]) -> None:
    path = project.data / "slo-config.yaml"
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


def test_months_that_were_just_made_have_not_drifted(project: Project) -> None:
    assert project.verify() == {
        month: {"period": month, "drifts": [], "audit": [], "putBack": None} for month in (OCTOBER, NOVEMBER)
    }


EDITS: dict[str, Callable[[Path], Any]] = {
    "edited": lambda path: path.write_text("{}", encoding="utf-8"),
    "deleted": lambda path: path.unlink(),
    "truncated": lambda path: os.truncate(path, 10),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_published_file_that_was_changed_is_named_and_put_back_and_that_is_on_record(
    project: Project, edit: Callable[[Path], Any]
) -> None:
    before = project.bytes_by_file()
    edit(project.published(NOVEMBER, "error-budgets"))

    found = project.verify()

    assert found[OCTOBER]["drifts"] == []
    (drift,) = found[NOVEMBER]["drifts"]
    assert (drift["kind"], drift["asset"], drift["period"]) == ("file", "error_budgets", NOVEMBER)
    assert drift["expected"].startswith("sha256 ")
    assert str(project.published(NOVEMBER, "error-budgets")) in drift["found"]
    assert drift["remedy"] == "slo-assets rollback --period 2025-11"
    assert found[NOVEMBER]["putBack"] == project.publisher(NOVEMBER).publication.release()
    assert project.bytes_by_file() == before
    last = project.publisher(NOVEMBER).trail.last()
    assert last is not None
    assert (last["action"], last["state"]) == ("rollback", "MONITORING")
    assert "error_budgets of 2025-11" in last["reason"]
    check = project.check("error_budgets", "no_file_drift")
    assert (check.passed, check.partition, check.severity) == (False, NOVEMBER, dg.AssetCheckSeverity.ERROR)
    assert "was put back" in str(check.description)

    assert project.verify()[NOVEMBER]["drifts"] == []
    assert project.check("error_budgets", "no_file_drift").passed


def test_where_the_configuration_says_so_nothing_is_put_back(project: Project) -> None:
    configure(project, lambda text: f"{text}\nreleases: {{automaticRollback: false}}\n")
    project.published(NOVEMBER, "sli-metrics").unlink()

    assert project.verify()[NOVEMBER]["putBack"] is None
    assert project.drifts(NOVEMBER) == {("file", "sli_metrics")}


def test_a_work_file_that_was_changed_is_named_and_nothing_is_built_on_it(project: Project) -> None:
    path = project.work(NOVEMBER, "sli-metrics.json")
    good = path.read_bytes()
    path.write_bytes(good.replace(b"canvas", b"canvaz"))
    assert project.drifts(NOVEMBER) == {("file", "sli_metrics")}

    refused = materialize(project, "slo_targets")

    assert f"{path} has the checksum " in refused
    assert "was recorded when sli_metrics of 2025-11 was materialized. Remedy: materialize sli_metrics" in refused
    assert project.run(NOVEMBER).error == "", "a run that makes it anew goes on"
    assert path.read_bytes() == good
    assert project.drifts(NOVEMBER) == set()


def materialize(project: Project, *assets: str) -> str:
    """Materialize some assets of November alone, as the UI does; the error, or nothing."""
    result = project.definitions.resolve_job_def("materialize_month").execute_in_process(
        instance=project.instance,
        partition_key=NOVEMBER,
        asset_selection=[dg.AssetKey(asset) for asset in assets],
        run_config=QUIET,
        raise_on_error=False,
    )
    return "" if result.success else failure(result)


def test_an_earlier_month_s_file_that_was_changed_stops_the_month_that_is_built_on_it(project: Project) -> None:
    project.work(OCTOBER, "sli-metrics.json").write_text("{}", encoding="utf-8")

    assert "sli_metrics of 2025-10" in project.run(NOVEMBER).error
    assert project.publisher(NOVEMBER).trail.state == "FAILED"
    assert project.run(OCTOBER).error == ""
    assert project.run(NOVEMBER).error == ""


def test_a_file_of_which_nothing_is_recorded_is_not_built_on(project: Project) -> None:
    path = project.work("2025-09", "sli-metrics.json")
    path.parent.mkdir(parents=True)
    shutil.copy(project.work(OCTOBER, "sli-metrics.json"), path)

    assert "nothing recorded that sli_metrics of 2025-09 was materialized" in project.run(NOVEMBER).error


def test_where_dagsters_records_are_gone_the_release_says_what_a_file_ought_to_be(
    project: Project, tmp_path: Path
) -> None:
    before = project.bytes_by_file()
    with local_instance(tmp_path) as fresh:
        again = Project(project.data, project.output, project.now, fresh)

        assert again.run(NOVEMBER).error == ""
        assert again.bytes_by_file() == before
        again.work(OCTOBER, "sli-metrics.json").write_text("{}", encoding="utf-8")
        assert "sli_metrics of 2025-10" in again.run(NOVEMBER).error


def test_a_deleted_work_folder_is_made_again_with_the_same_bytes(project: Project) -> None:
    before = project.bytes_by_file()
    shutil.rmtree(Path(project.output) / "work")
    assert project.drifts(NOVEMBER) == {("file", asset) for asset in MADE}

    for month in (OCTOBER, NOVEMBER):
        assert project.run(month).error == ""

    assert project.bytes_by_file() == before
    assert project.drifts(NOVEMBER) == set()


def test_earlier_months_whose_work_files_are_gone_are_made_before_the_month_that_is_asked_for(project: Project) -> None:
    asked = [Period(NOVEMBER)]
    assert project.backfill.months(*asked * 2) == asked
    before = project.bytes_by_file()
    shutil.rmtree(Path(project.output) / "work")

    months = project.backfill.months(*asked * 2)

    assert months == [Period(OCTOBER), *asked]
    assert [result.error for result in project.backfill.results(months)] == ["", ""]
    assert project.bytes_by_file() == before


def test_documents_made_from_other_versions_of_each_other_are_not_published(project: Project) -> None:
    (project.data / "logs" / "late.log").write_text(lines(NOVEMBER, 5), encoding="utf-8")
    published = project.publisher(NOVEMBER).publication.documents()
    for asset in ("log_events", "telemetry", "sli_framework", "sli_metrics"):
        assert materialize(project, asset) == ""

    refused = materialize(project, "slo_workflow_state")

    assert "slo_targets of 2025-11 was made from another sli_metrics" in refused
    assert "Remedy: materialize slo_targets and what is made from it" in refused
    assert project.publisher(NOVEMBER).trail.state == "FAILED"
    assert project.publisher(NOVEMBER).publication.documents() == published


def test_changed_logs_are_a_drift_of_what_was_made_from_them_in_their_month_alone(project: Project) -> None:
    with (project.data / "logs" / f"{NOVEMBER}.log").open("a", encoding="utf-8") as log:
        log.write(LINE.format(time="2025-11-11T10:00:00Z"))

    found = project.verify()

    assert found[OCTOBER]["drifts"] == []
    (drift,) = found[NOVEMBER]["drifts"]
    assert (drift["kind"], drift["asset"]) == ("data", "log_events")
    assert "production_logs" in drift["expected"]
    check = project.check("log_events", "no_data_drift")
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)


def test_an_earlier_month_that_was_made_anew_is_a_drift_of_those_that_look_back_at_it(project: Project) -> None:
    (project.data / "logs" / "late.log").write_text(lines(OCTOBER, 5), encoding="utf-8")
    assert project.run(OCTOBER).error == ""

    looking_back = {"sli_framework", "slo_targets", "slo_sli_sla_dashboard"}
    assert project.drifts(NOVEMBER) == {("data", asset) for asset in looking_back}
    assert project.run(NOVEMBER).error == ""
    assert project.drifts(NOVEMBER) == set()


def test_a_changed_target_is_a_drift_of_the_configuration_named_with_its_version(project: Project) -> None:
    configure(project, lambda text: text.replace("    prefixes: [canvas]", TARGET))

    found = project.verify()

    for month in (OCTOBER, NOVEMBER):
        (drift,) = found[month]["drifts"]
        assert (drift["kind"], drift["asset"], drift["found"]) == ("configuration", "slo_workflow_state", "1.0.0")
        change = "components.canvas-component.objectives.availability: nothing → 99.5 (major)"
        assert drift["expected"] == f"configuration 2.0.0 ({change})"


def test_a_version_that_was_not_raised_with_a_change_is_told_with_the_one_that_follows(project: Project) -> None:
    assert project.check("slo_workflow_state", "configuration_versioned").passed
    configure(project, lambda text: text.replace("    prefixes: [canvas]", TARGET))
    assert project.run(NOVEMBER).error == ""

    check = project.check("slo_workflow_state", "configuration_versioned")
    assert not check.passed
    assert str(check.description).endswith("(major): set version: 2.0.0 in slo-config.yaml")

    configure(project, lambda text: text.replace("version: 1.0.0", "version: 2.0.0"))
    assert project.run(NOVEMBER).error == ""
    assert project.check("slo_workflow_state", "configuration_versioned").passed
    assert project.drifts(NOVEMBER) == set()


TARGET = "    prefixes: [canvas]\n    objectives: {availability: 99.5}"


def test_a_target_that_changes_from_a_period_on_leaves_the_earlier_months_as_they_are(project: Project) -> None:
    before = project.bytes_by_file()
    change = {
        "effectiveFrom": NOVEMBER,
        "reason": "agreed",
        "settings": {"components": {"canvas-component": {"objectives": {"availability": 99.5}}}},
    }
    configure(project, lambda text: f"{text}\nchanges: {json.dumps([change])}\n")

    assert project.drifts(OCTOBER) == set()
    assert project.drifts(NOVEMBER) == {("configuration", "slo_workflow_state")}
    for month in (OCTOBER, NOVEMBER):
        assert project.run(month).error == ""

    october = {name for name in before if OCTOBER in name}
    after = project.bytes_by_file()
    assert {name: after[name] for name in october} == {name: before[name] for name in october}
    assert len(project.publisher(OCTOBER).releases.ids()) == 1
    manifest = project.publisher(NOVEMBER).releases.manifest(project.publisher(NOVEMBER).releases.ids()[-1])
    assert manifest["version"] == "2.0.0"
    targets = json.loads(project.published(NOVEMBER, "slo-targets").read_bytes())
    assert targets["version"] == "2.0.0"
    assert targets["sloTargets"]["canvas-component"]["availability"]["target"] == 99.5


def test_a_component_that_is_new_from_a_period_on_is_in_no_earlier_month(project: Project) -> None:
    change = {
        "effectiveFrom": NOVEMBER,
        "reason": "a service of its own now",
        "settings": {"components": {"search": {"name": "Search", "prefixes": ["search"]}}},
    }
    configure(project, lambda text: f"{text}\nchanges: {json.dumps([change])}\n")

    assert [project.run(month).error for month in (OCTOBER, NOVEMBER)] == ["", ""]

    known = [
        "search" in json.loads(project.published(month, "sli-metrics").read_bytes())["metrics"]
        for month in (OCTOBER, NOVEMBER)
    ]
    assert known == [False, True]
    assert json.loads(project.published(NOVEMBER, "sli-metrics").read_bytes())["version"] == "1.1.0"


def test_a_month_made_by_older_code_is_a_drift_of_the_code(project: Project) -> None:
    made = project.materialization("error_budgets", OCTOBER)
    tags = {**(made.tags or {}), "dagster/code_version": "0ld"}
    project.instance.report_runless_asset_event(
        dg.AssetMaterialization("error_budgets", partition=OCTOBER, tags=tags, metadata=made.metadata)
    )

    assert project.drifts(OCTOBER) == {("code", "error_budgets")}
    assert project.drifts(NOVEMBER) == set()
    assert project.run(OCTOBER).error == ""
    assert project.drifts(OCTOBER) == set()


def test_a_release_that_no_longer_fits_the_schema_is_a_drift_of_the_schema(project: Project) -> None:
    """A document of an older version of the software: it is recorded, and today's schema wants more."""
    publisher = project.publisher(NOVEMBER)
    old = publisher.publication.documents()
    document = json.loads(old["sli-metrics.json"])
    del document["timestamp"]
    files = {**old, "sli-metrics.json": json.dumps(document).encode()}
    manifest = publisher.releases.manifest(publisher.releases.ids()[-1])
    checksum = hashlib.sha256(files["sli-metrics.json"]).hexdigest()
    made = {**manifest, "release": "0" * 16, "sequence": 2, "checksums": {**manifest["checksums"]}}
    made["checksums"]["sliMetrics"] = f"sha256:{checksum}"
    publisher.releases.add(made, list(files.values()))
    publisher.rollback("0" * 16, "an old release", "run 9")

    found = project.verify(NOVEMBER, roll_back=False)[NOVEMBER]["drifts"]

    (drift,) = [drift for drift in found if drift["kind"] == "schema"]
    assert drift["asset"] == "sli_metrics"
    assert "'timestamp' is a required property" in drift["found"]


def test_a_damaged_release_is_found_though_what_is_published_is_whole(project: Project) -> None:
    objects = Path(project.output) / "releases" / NOVEMBER / "objects"
    data = project.published(NOVEMBER, "error-budgets").read_bytes()
    (objects / hashlib.sha256(data).hexdigest()).write_bytes(b"{}")

    (drift,) = project.verify(NOVEMBER)[NOVEMBER]["drifts"]

    assert (drift["kind"], drift["asset"]) == ("file", "slo_workflow_state")
    assert "error-budgets.json of release" in drift["found"]
    assert drift["remedy"] == "slo-assets run --period 2025-11 --force"
    assert project.run(NOVEMBER).well
    assert not project.verify(NOVEMBER)[NOVEMBER]["drifts"]


TAMPERED: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "changed": lambda lines: [*lines[:4], lines[4].replace(b"success", b"failure"), *lines[5:]],
    "removed": lambda lines: [*lines[:4], *lines[5:]],
    "moved": lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]],
    "cut off": lambda lines: lines[:4],
    "added": lambda lines: [*lines, b"what is no entry\n"],
}


@pytest.mark.parametrize(("how", "tampering"), TAMPERED.items(), ids=TAMPERED)
def test_tampering_with_the_audit_trail_is_named(
    project: Project, how: str, tampering: Callable[[list[bytes]], list[bytes]]
) -> None:
    path = Path(project.output) / "audit" / f"{NOVEMBER}.jsonl"
    whole = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(tampering(whole)))

    faults = project.verify(NOVEMBER)[NOVEMBER]["audit"]

    expected = {
        "changed": "entry 5 was changed",
        "removed": "entry 5 was removed",
        "moved": "entry 4 was moved",
        "cut off": f"entries 5 to {len(whole)} were removed",
        "added": f"line {len(whole) + 1} cannot be read as an entry",
    }
    assert any(fault.startswith(expected[how]) for fault in faults), faults
    assert not project.check("slo_workflow_state", "audit_trail_whole").passed


SPOILT: dict[str, Callable[[Path], object]] = {
    "its trail ends in something else": lambda output: append(output / "audit" / f"{OCTOBER}.jsonl", b"x\n"),
    "its manifest is damaged": lambda output: [
        append(path, b"x") for path in (output / "releases" / OCTOBER).glob("*.json")
    ],
}


def append(path: Path, data: bytes) -> None:
    path.write_bytes(path.read_bytes() + data)


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_a_month_that_cannot_be_put_back_keeps_no_other_from_it(
    project: Project, spoil: Callable[[Path], object]
) -> None:
    spoil(Path(project.output))
    for month in (OCTOBER, NOVEMBER):
        append(project.published(month, "error-budgets"), b" ")

    found = project.verify()

    assert found[OCTOBER]["putBack"] is None
    assert found[OCTOBER]["drifts"] or found[OCTOBER]["audit"]
    assert found[NOVEMBER]["putBack"]


def test_an_hour_that_finds_nothing_new_leaves_no_evaluation(project: Project) -> None:
    def evaluations() -> int:
        kind = dg.DagsterEventType.ASSET_CHECK_EVALUATION
        return len(project.instance.get_event_records(dg.EventRecordsFilter(event_type=kind)))

    before = evaluations()
    project.verify()
    assert evaluations() == before + 2 * len(SPECS), "each check is evaluated once for each month"

    project.verify()
    assert evaluations() == before + 2 * len(SPECS)


def test_one_month_is_checked_on_demand_by_its_checks(project: Project) -> None:
    project.published(NOVEMBER, "sli-metrics").unlink()

    checks = {spec.key for spec in SPECS}
    job = project.definitions.resolve_implicit_global_asset_job_def().get_subset(
        asset_selection=set(), asset_check_selection=checks
    )
    result = job.execute_in_process(instance=project.instance, partition_key=NOVEMBER)

    failed = [check for check in result.get_asset_check_evaluations() if not check.passed]
    assert [(check.asset_key.to_user_string(), check.check_name) for check in failed] == [
        ("sli_metrics", "no_file_drift")
    ]
    assert len(result.get_asset_check_evaluations()) == len(SPECS)


def test_a_release_is_put_back_by_the_job_and_said_so_to_the_asset(project: Project) -> None:
    (project.data / "logs" / "late.log").write_text(lines(NOVEMBER, 5), encoding="utf-8")
    first = project.publisher(NOVEMBER).publication.release()
    assert project.run(NOVEMBER).error == ""
    second = project.publisher(NOVEMBER).publication.release()
    assert second != first

    settings = {"period": NOVEMBER, "reason": "the late file was wrong"}
    outcome = project.execute("rollback", "roll_back_month", settings)

    assert outcome == {"period": NOVEMBER, "release": first, "before": second, "reason": "the late file was wrong"}
    assert project.publisher(NOVEMBER).publication.release() == first
    wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey("slo_workflow_state"), asset_partitions=[NOVEMBER])
    observation = project.instance.fetch_observations(wanted, limit=1).records[0].asset_observation
    assert observation is not None
    assert observation.metadata["reason"].value == "the late file was wrong"
    assert project.verify(NOVEMBER)[NOVEMBER]["audit"] == []


def test_a_failed_step_is_on_record_with_its_reason(project: Project) -> None:
    project.work(OCTOBER, "log-events.parquet").unlink()

    error = project.run(NOVEMBER).error

    last = project.publisher(NOVEMBER).trail.last()
    assert last is not None
    assert (last["action"], last["asset"], last["state"]) == ("fail", "sli_framework", "FAILED")
    assert last["reason"]
    assert "log_events of 2025-10" in error


def test_the_ui_is_shown_the_release_its_path_and_what_changed(project: Project) -> None:
    (project.data / "logs" / "late.log").write_text(lines(NOVEMBER, 5), encoding="utf-8")
    assert project.run(NOVEMBER).error == ""

    shown = {
        name: entry.value for name, entry in project.materialization("slo_workflow_state", NOVEMBER).metadata.items()
    }

    assert shown["release"] == project.publisher(NOVEMBER).publication.release()
    assert shown["release is new"] is True
    assert shown["previous release"] != "none"
    assert shown["states"] == "MONITORING → CALCULATING → VALIDATING → PUBLISHING → MONITORING"
    assert shown["changed figures"] > 0  # type: ignore[operator]
    assert shown["manifest"]["release"] == shown["release"]  # type: ignore[index, call-overload]
    assert {record["file"] for record in _rows(shown["checksums"])} == {d.file for d in DELIVERABLES.values()}
    assert any(row["file"] == "sli-metrics.json" for row in _rows(shown["changes since the previous release"]))


def _rows(table: Any) -> list[dict[str, Any]]:
    return [record.data for record in table.records] if hasattr(table, "records") else [r.data for r in table]
