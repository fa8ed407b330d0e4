"""A period on its way through the state machine: what is published, what is put back, and what is on record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from upath import UPath

from slo_assets.config import Releases as Kept
from slo_assets.config import SloConfig
from slo_assets.domain.release import Origin
from slo_assets.periods import Period
from slo_assets.storage import publication
from slo_assets.storage.deliverables import DELIVERABLES, Deliverable
from slo_assets.storage.publisher import Published, Publisher, ValidationFailedError
from slo_assets.storage.releases import ReleaseError
from slo_assets_tests.situations import config_with, shipped_config

FILES = [deliverable.file for deliverable in DELIVERABLES.values()]


def documents(text: str) -> dict[str, bytes]:
    return {file: f"{text} {file}".encode() for file in FILES}


def origin(config: SloConfig | None = None, run_id: str = "run-1") -> Origin:
    versions = dict.fromkeys(DELIVERABLES, "c0ffee")
    return Origin(run_id, versions, {"production_logs": "l1", "log_events": "e1"}, config or shipped_config())


def publish(
    publisher: Publisher, text: str, *, config: SloConfig | None = None, keep: int = 24, automatic: bool = True
) -> Published:
    publisher.begin(f"run {text}")
    kept = Kept(keep=keep, automaticRollback=automatic)  # type: ignore[call-arg]
    return publisher.publish(documents(text), [], origin(config, f"run {text}"), kept)


@pytest.fixture(params=["a file system", "an object store"])
def publisher(request: pytest.FixtureRequest, tmp_path: Path) -> Publisher:
    root = UPath(tmp_path) if request.param == "a file system" else UPath(f"memory://{tmp_path.name}")
    return Publisher(root, Period("2025-11"), "sre@host")


@pytest.fixture
def local(tmp_path: Path) -> Publisher:
    return Publisher(UPath(tmp_path), Period("2025-11"), "sre@host")


def path_of(publisher: Publisher) -> list[str]:
    """The states that the period went through."""
    return [entry["state"] for entry in publisher.trail.entries() if entry and "from" in entry]


def actions(publisher: Publisher, run_id: str) -> list[tuple[str, str]]:
    entries = [entry for entry in publisher.trail.entries() if entry and entry.get("runId") == run_id]
    return [(entry["action"], entry["result"]) for entry in entries]


def test_a_period_is_published_as_a_release_with_a_manifest(publisher: Publisher) -> None:
    published = publish(publisher, "one")

    assert published.new
    assert published.previous is None
    assert publisher.publication.documents() == documents("one")
    assert publisher.releases.documents(published.release) == documents("one")
    checksums = {
        deliverable.checksum_key: f"sha256:{hashlib.sha256(f'one {deliverable.file}'.encode()).hexdigest()}"
        for deliverable in DELIVERABLES.values()
    }
    told = {
        name: published.manifest[name]
        for name in ("version", "schema_version", "checksums", "modifiedBy", "runId", "inputDataVersions", "previous")
    }
    assert told == {
        "version": "1.0.0",
        "schema_version": "1",
        "checksums": checksums,
        "modifiedBy": "sre@host",
        "runId": "run one",
        "inputDataVersions": {"production_logs": "l1", "log_events": "e1"},
        "previous": None,
    }
    assert publisher.releases.configuration(published.release) == shipped_config().written()
    assert path_of(publisher) == ["CALCULATING", "VALIDATING", "PUBLISHING", "MONITORING"]
    assert publisher.drifted() == {}


def test_the_name_of_a_release_is_its_content(publisher: Publisher) -> None:
    checksums = {file: hashlib.sha256(data).hexdigest() for file, data in documents("one").items()}
    text = json.dumps(checksums, sort_keys=True, indent=2) + "\n"

    assert publish(publisher, "one").release == hashlib.sha256(text.encode()).hexdigest()[:16]


@pytest.mark.parametrize("harm", ["{", "{}", None], ids=["no JSON", "no manifest", "missing"])
@pytest.mark.parametrize("what", ["manifest", "document", "configuration"])
def test_what_is_damaged_of_a_release_is_put_right_when_its_content_is_published_again(
    publisher: Publisher, what: str, harm: str | None
) -> None:
    earlier, kept = publish(publisher, "zero"), publish(publisher, "one")
    folder, manifest = publisher.releases.folder, kept.manifest
    document, configuration = next(iter(manifest["checksums"].values())), manifest["configuration"]["checksum"]
    checksum = {"document": document, "configuration": configuration}
    name = f"objects/{checksum[what].removeprefix('sha256:')}" if what in checksum else f"{kept.release}.json"
    path = folder / name
    path.unlink() if harm is None else path.write_bytes(harm.encode())
    assert not publisher.releases.is_whole(kept.release)
    publisher.begin("night")
    assert not publisher.unchanged("night")

    again = publish(publisher, "one")

    assert again.release == kept.release
    assert publisher.releases.is_whole(kept.release)
    assert publisher.releases.documents(kept.release) == documents("one")
    assert publisher.releases.ids()[0] == earlier.release
    assert publisher.drifted() == {}


def test_unchanged_content_makes_no_new_release(publisher: Publisher) -> None:
    first = publish(publisher, "one")
    manifest = publisher.releases.manifest(first.release)

    publisher.begin("run 2")
    again = publisher.publish(documents("one"), [], origin(run_id="run 2"), Kept())

    assert (again.release, again.new, again.manifest) == (first.release, False, manifest)
    assert publisher.releases.ids() == [first.release]
    assert list(publisher.switched()) == [first.release]
    assert actions(publisher, "run 2")[-1] == ("publish", "unchanged")
    assert publisher.trail.state == "MONITORING"


def test_documents_that_do_not_belong_together_are_not_published(publisher: Publisher) -> None:
    first = publish(publisher, "one")
    publisher.begin("run 2")

    with pytest.raises(ValidationFailedError, match="sli_metrics is another"):
        publisher.publish(documents("two"), ["sli_metrics is another"], origin(run_id="run 2"), Kept())

    assert publisher.publication.release() == first.release
    assert publisher.publication.documents() == documents("one")
    assert publisher.releases.ids() == [first.release]
    assert actions(publisher, "run 2")[-1] == ("fail", "failure")
    assert publisher.trail.state == "FAILED"
    publish(publisher, "three")
    assert publisher.trail.state == "MONITORING"


@pytest.mark.parametrize("left", ["CALCULATING", "VALIDATING", "PUBLISHING", "FAILED", "DRIFTED", "ROLLED_BACK"])
def test_a_run_goes_on_from_whatever_state_a_run_that_died_has_left(publisher: Publisher, left: str) -> None:
    publish(publisher, "one")
    paths = {
        "CALCULATING": ["CALCULATING"],
        "VALIDATING": ["CALCULATING", "VALIDATING"],
        "PUBLISHING": ["CALCULATING", "VALIDATING", "PUBLISHING"],
        "FAILED": ["FAILED"],
        "DRIFTED": ["DRIFTED"],
        "ROLLED_BACK": ["DRIFTED", "ROLLED_BACK"],
    }
    for state in paths[left]:
        publisher.trail.step(state, "test", runId="the dead run")

    publish(publisher, "two")

    assert publisher.trail.state == "MONITORING"
    assert publisher.publication.documents() == documents("two")
    reasons = [entry["reason"] for entry in publisher.trail.entries() if entry and "reason" in entry]
    dead = left in ("CALCULATING", "VALIDATING", "PUBLISHING")
    assert reasons == (["run the dead run did not come to its end"] if dead else [])


def test_a_run_begins_once_however_many_files_it_writes(publisher: Publisher) -> None:
    for asset in ("log_events", "telemetry", "sli_metrics"):
        publisher.begin("run 1")
        publisher.calculated(asset, "ab" * 32, "run 1")

    assert path_of(publisher) == ["CALCULATING"]
    assert [entry["asset"] for entry in publisher.trail.entries() if entry and "asset" in entry] == [
        "log_events",
        "telemetry",
        "sli_metrics",
    ]


def test_a_failed_step_takes_the_period_to_failed_unless_another_run_has_taken_over(publisher: Publisher) -> None:
    publisher.begin("run 1")
    publisher.failed("telemetry", "it broke", "run 1")
    assert publisher.trail.state == "FAILED"

    publisher.begin("run 2")
    publisher.failed("telemetry", "it broke later", "run 1")
    assert publisher.trail.state == "CALCULATING"


EDITS: dict[str, Any] = {
    "edited": lambda path: path.write_bytes(b"{}"),
    "deleted": lambda path: path.unlink(),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-3]),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_published_file_that_drifted_is_put_back_byte_for_byte(publisher: Publisher, edit: Any) -> None:
    published = publish(publisher, "one")
    edit(publisher.publication.folder / "error-budgets.json")
    assert list(publisher.drifted()) == ["error-budgets.json"]

    back = publisher.rollback(None, "error-budgets.json drifted", "run 9")

    assert back == published.release
    assert publisher.drifted() == {}
    assert {path.name: path.read_bytes() for path in publisher.publication.folder.iterdir()} == documents("one")
    assert path_of(publisher)[-3:] == ["DRIFTED", "ROLLED_BACK", "MONITORING"]
    last = publisher.trail.last()
    assert last is not None
    assert (last["actor"], last["reason"], last["release"]) == ("sre@host", "error-budgets.json drifted", back)


def test_what_a_run_said_is_told_whatever_others_said_between(publisher: Publisher) -> None:
    publish(publisher, "one")
    publisher.begin("run 2")
    publisher.calculated("telemetry", "0" * 64, "run 2")
    publisher.trail.note("verify", runId="run 3")
    publisher.publish(documents("two"), [], origin(run_id="run 2"), Kept())
    everything = [entry for entry in publisher.trail.entries() if entry]

    said = publisher.said_by("run 2")

    assert said == [entry for entry in everything if entry.get("runId") == "run 2"]
    assert [entry.get("result") for entry in said][:1] == ["begun"]
    assert publisher.said_by("run 4") == []


def test_without_drift_a_rollback_puts_back_the_release_before(publisher: Publisher) -> None:
    first, second = publish(publisher, "one"), publish(publisher, "two")

    assert publisher.rollback(None, "the targets were wrong", "run 9") == first.release

    assert publisher.publication.documents() == documents("one")
    assert list(publisher.switched()) == [first.release, second.release, first.release]
    assert publisher.drifted() == {}


def test_a_rollback_goes_to_the_release_that_is_named(publisher: Publisher) -> None:
    first = publish(publisher, "one")
    publish(publisher, "two")
    publish(publisher, "three")

    assert publisher.rollback(first.release, "asked for", "run 9") == first.release
    assert publisher.publication.documents() == documents("one")


def test_a_release_that_does_not_exist_is_refused_with_those_that_do(publisher: Publisher) -> None:
    first = publish(publisher, "one")

    with pytest.raises(ReleaseError, match=f"has no release 0000. Remedy: name one of: {first.release}"):
        publisher.rollback("0000", "asked for", "run 9")
    assert publisher.trail.state == "MONITORING"


def test_a_release_from_before_a_deliverable_came_to_the_project_is_as_good_as_ever(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = publish(publisher, "one"), publish(publisher, "two")
    monkeypatch.setitem(DELIVERABLES, "later", Deliverable("later", "later"))  # type: ignore[arg-type]

    assert publisher.releases.documents(second.release) == documents("two")
    assert publisher.released_checksum("later") is None
    assert publisher.rollback(None, "a test", "run-9") == first.release
    assert publisher.publication.documents(FILES) == documents("one")


def test_the_first_release_has_nothing_before_it(publisher: Publisher) -> None:
    publish(publisher, "one")

    with pytest.raises(ReleaseError, match="no earlier release is kept"):
        publisher.rollback(None, "asked for", "run 9")


def test_where_the_published_release_is_damaged_itself_the_one_before_is_put_back(publisher: Publisher) -> None:
    publish(publisher, "one")
    publish(publisher, "two")
    digest = hashlib.sha256(documents("two")["error-budgets.json"]).hexdigest()
    (publisher.releases.folder / "objects" / digest).write_bytes(b"damaged")
    (publisher.publication.folder / "error-budgets.json").write_bytes(b"edited")

    publisher.rollback(None, "drifted", "run 9")

    assert publisher.publication.documents() == documents("one")


def test_a_run_puts_a_drifted_set_right_even_though_its_content_is_unchanged(publisher: Publisher) -> None:
    publish(publisher, "one")
    (publisher.publication.folder / "error-budgets.json").write_bytes(b"edited")

    assert not publish(publisher, "one").new
    assert publisher.drifted() == {}


def test_a_set_that_is_not_whole_after_the_switch_is_taken_back(
    local: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = publish(local, "one")
    write = publication.write_new

    def spoiling(path: Path, data: bytes) -> None:
        write(path, b"spoilt" if data.startswith(b"two sli-metrics") else data)

    monkeypatch.setattr(publication, "write_new", spoiling)
    published = publish(local, "two")

    assert published.release == first.release
    assert published.damaged == ("sli-metrics.json",)
    assert local.publication.documents() == documents("one")
    assert path_of(local)[-4:] == ["MONITORING", "DRIFTED", "ROLLED_BACK", "MONITORING"]
    last = local.trail.last()
    assert last is not None
    assert last["reason"] == "not whole after the switch: sli-metrics.json"


def test_where_rollback_is_not_automatic_the_damage_stays_and_is_told(
    local: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(local, "one")
    write = publication.write_new
    monkeypatch.setattr(publication, "write_new", lambda path, data: write(path, data[:-1]))

    published = publish(local, "two", automatic=False)

    assert len(published.damaged) == len(FILES)
    assert local.publication.release() == published.release


def test_of_old_releases_so_many_are_kept_and_the_current_one_always(publisher: Publisher) -> None:
    releases = [publish(publisher, text, keep=2).release for text in ("one", "two", "three", "four")]
    assert publisher.releases.ids() == releases[2:]
    assert publisher.releases.documents(releases[2]) == documents("three")
    objects = {path.name for path in (publisher.releases.folder / "objects").iterdir()}
    kept = {hashlib.sha256(data).hexdigest() for text in ("three", "four") for data in documents(text).values()}
    assert kept < objects
    assert len(objects) == len(kept) + 1, "and the configuration that both have"

    publisher.rollback(releases[2], "asked for", "run 9")
    assert publish(publisher, "five", keep=1).pruned == tuple(releases[2:])


def test_a_kill_between_the_switch_and_its_record_is_no_drift(publisher: Publisher) -> None:
    publish(publisher, "one")
    second = publish(publisher, "two")
    publisher.rollback(None, "back to one", "run 9")
    publisher.begin("run 3")
    for state, action in (("VALIDATING", "validate"), ("PUBLISHING", "publish")):
        publisher.trail.step(state, action, result="begun", release=second.release, runId="run 3")
    publisher._switch(second.release, documents("two"))

    assert publisher.expected() == second.release
    assert publisher.drifted() == {}


def test_somebody_who_points_to_another_release_is_found(local: Publisher, tmp_path: Path) -> None:
    publish(local, "one")
    publish(local, "two")
    link = tmp_path / "published" / "2025-11"
    before = next(path for path in (tmp_path / "published/.views/2025-11").iterdir() if path != link.resolve())
    link.unlink()
    link.symlink_to(before)

    assert sorted(local.drifted()) == sorted(FILES)
    local.rollback(None, "another release", "run 9")
    assert local.publication.documents() == documents("two")


CHANGED = {
    "nothing": (lambda settings: None, "1.0.0", []),
    "a component more": (
        lambda settings: settings["components"].update(search={"name": "Search", "prefixes": ["search"]}),
        "1.1.0",
        ["components.search"],
    ),
    "a target": (
        lambda settings: settings["components"]["theme"].update(objectives={"availability": 99.5}),
        "2.0.0",
        ["components.theme.objectives.availability"],
    ),
    "a name": (
        lambda settings: settings["components"]["theme"].update(name="Themes"),
        "1.0.1",
        ["components.theme.name"],
    ),
    "a name, and a higher version by hand": (
        lambda settings: (settings["components"]["theme"].update(name="Themes"), settings.update(version="3.0.0")),
        "3.0.0",
        ["components.theme.name"],
    ),
}


@pytest.mark.parametrize(("change", "version", "places"), CHANGED.values(), ids=CHANGED)
@pytest.mark.parametrize("period", ["2025-11", "2025-12"])
def test_the_version_follows_from_the_change_since_the_release_before(
    publisher: Publisher, change: Any, version: str, places: list[str], period: str
) -> None:
    publish(publisher, "one")
    later = Publisher(publisher.output, Period(period), "sre@host")

    manifest: Mapping[str, Any] = publish(later, "two", config=config_with(change)).manifest

    assert manifest["version"] == version
    assert [change.partition(":")[0] for change in manifest["configuration"]["changes"]] == places


def test_the_manifest_tells_of_the_releases_before_it(publisher: Publisher) -> None:
    first, second = publish(publisher, "one"), publish(publisher, "two")

    assert second.manifest["previous"] == first.release
    assert [entry["release"] for entry in second.manifest["auditTrail"]] == [first.release, second.release]
    hashes = {entry["hash"] for entry in publisher.trail.entries() if entry}
    assert {entry["hash"] for entry in second.manifest["auditTrail"]} <= hashes
