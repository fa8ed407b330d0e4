"""Assets to bytes and back: a document that does not fit its schema never becomes bytes at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from upath import UPath

from slo_assets.domain.event_log import EventLog
from slo_assets.periods import Period
from slo_assets.storage.deliverables import DELIVERABLES
from slo_assets.storage.io_manager import Sealed, WorkFiles, seal, unseal
from slo_assets.storage.publisher import Publisher
from slo_assets.storage.schemas import SchemaError
from slo_assets_tests.situations import documents, event_log, shipped_config, telemetry_files

LOG = """\
2025-11-10T12:00:00Z BeatExecutor: Beat 1 (canvas:create) completed in 5.5ms
2025-11-10T12:00:01Z Attempting to mount plugin: 🎼
2025-11-10T12:00:02Z BeatExecutor: Beat 1 (minimap:show) failed
"""
NOW = "2025-12-02T00:00:00Z"


@pytest.fixture(scope="module")
def log() -> EventLog:
    return event_log({"a.log": LOG}, "2025-11", NOW, shipped_config())


@pytest.fixture(scope="module")
def made(log: EventLog) -> dict[str, Any]:
    return documents(log, telemetry_files({}), "2025-11", NOW, shipped_config())


@pytest.mark.parametrize("asset", DELIVERABLES)
def test_a_document_is_sealed_as_json_with_the_checksum_of_its_bytes(made: dict[str, Any], asset: str) -> None:
    document = made[DELIVERABLES[asset].name]

    sealed = seal(asset, document)

    assert sealed.value is document
    assert json.loads(sealed.data) == document == unseal(asset, sealed.data)
    assert sealed.checksum == hashlib.sha256(sealed.data).hexdigest()
    assert seal(asset, unseal(asset, sealed.data)).data == sealed.data


def without_a_key(document: dict[str, Any]) -> None:
    del document["period"]


def with_a_text_for_its_body(document: dict[str, Any]) -> None:
    document[next(key for key in document if key not in ("version", "schemaVersion", "period"))] = "x"


def with_another_period(document: dict[str, Any]) -> None:
    document["period"] = "November"


BREAKING: dict[str, Callable[[dict[str, Any]], None]] = {
    "a key is missing": without_a_key,
    "its body is a text": with_a_text_for_its_body,
    "its period is no month": with_another_period,
}


@pytest.mark.parametrize("breaking", BREAKING.values(), ids=BREAKING)
@pytest.mark.parametrize("asset", DELIVERABLES)
def test_a_document_that_does_not_fit_its_schema_is_never_sealed(
    made: dict[str, Any], asset: str, breaking: Callable[[dict[str, Any]], None]
) -> None:
    document = deepcopy(made[DELIVERABLES[asset].name])
    breaking(document)

    with pytest.raises(SchemaError, match=rf"does not fit {DELIVERABLES[asset].name}\.schema\.json"):
        seal(asset, document)


@pytest.mark.parametrize("asset", DELIVERABLES)
def test_a_document_of_another_asset_is_never_sealed(made: dict[str, Any], asset: str) -> None:
    for other, deliverable in DELIVERABLES.items():
        if other != asset:
            with pytest.raises(SchemaError):
                seal(asset, made[deliverable.name])


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_json_does_not_have_is_never_sealed(made: dict[str, Any], number: float) -> None:
    document = deepcopy(made["sli-metrics"])
    canvas = document["metrics"]["canvas-component"]
    assert canvas["latency"]["p95"] == 5.5
    canvas["latency"]["p95"] = number

    with pytest.raises(ValueError, match=r"not JSON compliant|does not fit"):
        seal("sli_metrics", document)


def test_an_event_log_is_sealed_and_comes_back(log: EventLog) -> None:
    sealed = seal("log_events", log)

    back = unseal("log_events", sealed.data)

    assert isinstance(back, EventLog)
    assert [(row.line, row.kind, row.event) for row in back.events.itertuples()] == [
        (1, "success", "canvas:create"),
        (2, "unfinished", "host:sdk:plugin:mount"),
        (3, "failure", "minimap:show"),
    ]
    assert back.account == log.account
    assert back.account["unmapped"] == {"minimap:show": 1}
    assert sealed.checksum == hashlib.sha256(sealed.data).hexdigest()
    assert seal("log_events", back).data == sealed.data


def test_two_runs_of_a_month_that_write_in_turns_each_begin_once(tmp_path: Path) -> None:
    publisher = Publisher(UPath(tmp_path), Period("2025-11"), "sre@host")
    runs = {run: WorkFiles(UPath(tmp_path) / "work", lambda _: publisher) for run in ("one", "two")}

    for asset in ("log_events", "telemetry", "sli_framework"):
        for run, files in runs.items():
            context = dg.build_output_context(
                asset_key=asset, partition_key="2025-11", step_key=asset, run_id=run, name="result"
            )
            files.handle_output(context, Sealed({}, asset.encode()))

    begun = [entry["runId"] for entry in publisher.trail.entries() if entry and entry["result"] == "begun"]
    assert begun == ["one", "two"]
    failed = [entry["reason"] for entry in publisher.trail.entries() if entry and entry["action"] == "fail"]
    assert failed == ["run one did not come to its end"]
