"""Killed runs and runs at the same time: a short version of ``slo-assets bench faults``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from slo_assets.bench.faults import NOW, PERIOD, Trials

ROOT = Path(__file__).parents[2]


def test_killed_runs_and_runs_at_the_same_time_leave_what_is_published_whole(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from slo_assets.cli import main; main()", "bench", "faults", "--json"]
    command += ["--kills", "5", "--pairs", "1", "--seed", "5", "--keep", str(tmp_path / "kept")]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    outcome = json.loads(done.stdout)
    assert outcome["broken"] == []
    assert sum(outcome["states"].values()) == 5


@pytest.fixture
def spoilt(tmp_path: Path) -> Trials:
    """Trials whose published set somebody has spoilt, since a judge that finds nothing wrong is worth nothing."""
    import random

    from upath import UPath

    from slo_assets.config import Releases
    from slo_assets.domain.release import Origin
    from slo_assets.storage.canonical import canonical
    from slo_assets.storage.publisher import Publisher
    from slo_assets_tests.domain.telling import done, month
    from slo_assets_tests.situations import shipped_config

    publisher = Publisher(UPath(tmp_path / "out"), PERIOD)
    documents = {f"{name}.json": canonical(document) for name, document in month([done(0)]).items()}
    publisher.begin("run 1")
    publisher.publish(documents, [], Origin("run 1", {}, {}, shipped_config()), Releases())
    trials = Trials(tmp_path, random.Random(1))
    trials._references[0] = documents
    assert trials._faults() == []
    return trials


def test_a_published_set_that_is_a_mixture_is_found(spoilt: Trials) -> None:
    path = spoilt.folder / "out" / "published" / PERIOD.key / "sli-metrics.json"
    path.write_bytes(path.read_bytes() + b" ")

    assert spoilt._faults() == ["what is published is no release"]


def test_a_published_document_that_is_cut_off_is_found(spoilt: Trials) -> None:
    path = spoilt.folder / "out" / "published" / PERIOD.key / "sli-metrics.json"
    path.write_bytes(path.read_bytes()[:100])

    first, second = spoilt._faults()
    assert first == "what is published is no release"
    assert second.startswith("sli-metrics.json: ")


def test_a_broken_audit_trail_is_found(spoilt: Trials) -> None:
    path = spoilt.folder / "out" / "audit" / f"{PERIOD.key}.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))

    assert spoilt._faults() == ["entry 1 was removed"]


def test_the_clock_of_the_trials_has_closed_their_month() -> None:
    from slo_assets.periods import parse_instant

    assert parse_instant(NOW) > PERIOD.end
