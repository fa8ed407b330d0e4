"""Logs read by the workers of a cluster, and logs and results in object stores: the same bytes as on one machine."""

from __future__ import annotations

import gc
import json
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem
from upath import UPath

from slo_assets.backfill import Backfill
from slo_assets.definitions import build_defs
from slo_assets.domain.event_log import of_period
from slo_assets.logs import parts
from slo_assets.logs.folder import LogFolder
from slo_assets.logs.parts import CHUNK
from slo_assets.logs.workers import PATIENCE, ClusterError, Workers, dask_workers, local_workers
from slo_assets.periods import Period, parse_instant
from slo_assets.resources import default_resources
from slo_assets.settings import Settings
from slo_assets.storage.deliverables import DELIVERABLES
from slo_assets_tests.conftest import local_instance
from slo_assets_tests.situations import shipped_config

ROOT = Path(__file__).parents[2]
NOW = "2025-11-24T12:00:00Z"
BEAT = "2025-11-{:02d}T12:{:02d}:{:02d}.{:03d}Z BeatExecutor: Beat 1 ({}) completed in {}ms\n"
NO_DASK = "distributed is not installed; the extra dask has it"


def session(lines: int, first: int = 0) -> str:
    events = ("theme:toggle", "canvas:create", "library:load", "sound:play")
    return "".join(
        BEAT.format(1 + n // 3600 % 20, n // 60 % 60, n % 60, n % 1000, events[n % 4], n % 97)
        for n in range(first, first + lines)
    )


def put_logs(folder: UPath) -> None:
    """A log of several parts, a compressed one, a copy, a damaged one, one with lines of the future."""
    import gzip

    folder.mkdir(parents=True, exist_ok=True)
    large = session(50_000)
    assert len(large) > 3 * CHUNK
    (folder / "a.log").write_bytes(large.encode())
    (folder / "b.log.gz").write_bytes(gzip.compress(session(5000, 7).encode()))
    (folder / "copy-of-b.log").write_bytes(session(5000, 7).encode())
    (folder / "bad.log.gz").write_bytes(gzip.compress(b"x" * 999)[:-9])
    (folder / "late.log").write_bytes((session(10) + session(10).replace("2025-11", "2025-12")).encode())


@dataclass
class Told:
    """Everything that a folder tells of November, in a form that can be compared."""

    events: list[tuple[Any, ...]]
    rest: dict[str, Any]
    account: dict[str, Any]


def read(folder: UPath, cache: UPath, workers: Workers | None = None) -> Told:
    config, now = shipped_config(), parse_instant(NOW)
    scans, account = LogFolder(folder, cache, config, now, workers or local_workers()).read()
    log = of_period(scans, Period("2025-11"), config, account)
    columns = log.events.astype(object).where(log.events.notna(), None)
    rest = {"runs": log.runs, "outages": log.outages, "digests": {scan.file: scan.digest for scan in scans}}
    return Told(list(columns.itertuples(index=False, name=None)), rest, log.account)


@pytest.fixture
def small_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of a few megabytes has several parts, as one of gigabytes has in production."""
    monkeypatch.setattr(parts, "SHARE", 4 * CHUNK)


def published(settings: Settings, root: Path) -> dict[str, bytes]:
    """The published files of November, by name, materialized with an instance of its own."""
    with local_instance(root) as instance:
        resources = default_resources(settings)
        definitions = build_defs(resource_overrides=resources)
        result = Backfill(definitions, instance, settings, resources["inputs"]).run(Period("2025-11"))
    assert result.error == ""
    folder = UPath(settings.output) / "published" / "2025-11"
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# --- a cluster ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a scheduler with two workers, each a process of its own."""
    distributed = pytest.importorskip("distributed", reason=NO_DASK)
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": ":0"}
    with distributed.LocalCluster(host="127.0.0.1", silence_logs=50, **options) as cluster:
        yield cluster.scheduler_address
        dask_workers.cache_clear()


@pytest.fixture
def impatient() -> Iterator[None]:
    """Nobody waits half a minute for a scheduler that is not there."""
    dask = pytest.importorskip("dask", reason=NO_DASK)
    pytest.importorskip("distributed", reason=NO_DASK)
    with dask.config.set({PATIENCE: "1s"}):
        yield


@pytest.mark.usefixtures("small_shares")
def test_a_cluster_reads_what_one_machine_reads(tmp_path: Path, scheduler: str) -> None:
    logs = UPath(tmp_path / "logs")
    put_logs(logs)

    alone = read(logs, UPath(tmp_path / "alone"))
    together = read(logs, UPath(tmp_path / "together"), dask_workers(scheduler, logs))

    assert len(alone.events) == 55_010
    assert together == alone
    assert alone.account["duplicates"] == [{"file": "copy-of-b.log", "sameAs": "b.log.gz"}]
    assert [entry["file"] for entry in alone.account["quarantine"]] == ["bad.log.gz"]
    assert alone.account["future"] == {"late.log": 10}


@pytest.mark.usefixtures("small_shares")
def test_what_a_cluster_read_is_kept_as_the_same_bytes(tmp_path: Path, scheduler: str) -> None:
    logs = UPath(tmp_path / "logs")
    put_logs(logs)

    for cache, workers in (("alone", local_workers()), ("together", dask_workers(scheduler, logs))):
        read(logs, UPath(tmp_path / cache), workers)

    kept = [
        {path.name: path.read_bytes() for path in (tmp_path / cache).iterdir() if path.suffix != ".json"}
        for cache in ("alone", "together")
    ]
    assert len(kept[0]) == 6
    assert kept[0] == kept[1]


def test_a_cluster_publishes_the_same_bytes(tmp_path: Path, scheduler: str) -> None:
    put_logs(UPath(tmp_path / "data" / "logs"))
    data = str(tmp_path / "data")

    alone = published(Settings(data, str(tmp_path / "alone"), NOW), tmp_path)
    together = published(Settings(data, str(tmp_path / "together"), NOW, scheduler), tmp_path)

    assert sorted(alone) == sorted(deliverable.file for deliverable in DELIVERABLES.values())
    assert together == alone


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "127.0.0.1", "far://127.0.0.1:8786"])
@pytest.mark.usefixtures("impatient")
def test_a_scheduler_that_does_not_answer_is_named_with_the_remedy(tmp_path: Path, address: str) -> None:
    with pytest.raises(ClusterError, match=rf"No Dask scheduler answers at {address}: .*Remedy: .*SLO_ASSETS_DASK"):
        dask_workers(address, UPath(tmp_path))


@pytest.mark.usefixtures("impatient")
def test_nothing_is_left_of_a_client_that_found_nobody(tmp_path: Path) -> None:
    """It closes itself when Python collects it: within the start of the next one, both would wait for each other."""
    from distributed import Client

    gc.collect()
    before = {id(thing) for thing in gc.get_objects() if isinstance(thing, Client)}
    gc.disable()
    try:
        with pytest.raises(ClusterError) as told:
            dask_workers("127.0.0.1", UPath(tmp_path))
        left = [thing for thing in gc.get_objects() if isinstance(thing, Client) and id(thing) not in before]
    finally:
        gc.enable()

    assert (left, told.value.__cause__, told.value.__context__) == ([], None, None)


@pytest.mark.usefixtures("impatient")
def test_a_scheduler_without_workers_is_told_how_to_get_some(tmp_path: Path) -> None:
    from distributed import LocalCluster

    with LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address=":0", silence_logs=50) as cluster:
        address = cluster.scheduler_address
        with pytest.raises(ClusterError, match=f"{address} has no workers. Remedy: .*dask worker {address}"):
            dask_workers(address, UPath(tmp_path))


def test_workers_that_do_not_find_the_logs_are_refused_before_anything_is_missing(scheduler: str) -> None:
    logs = UPath("memory://only-in-this-process/logs")
    put_logs(logs)

    with pytest.raises(ClusterError, match=r"do not find memory://only-in-this-process/logs: .*Remedy: "):
        dask_workers(scheduler, logs)


def test_workers_with_other_code_are_refused(tmp_path: Path, scheduler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slo_assets.logs.workers.code_version", lambda *_modules: "of a version to come")

    with pytest.raises(ClusterError, match=r"another version: tcp://.*Remedy: install the same"):
        dask_workers(scheduler, UPath(tmp_path))


def test_a_cluster_that_goes_away_stops_the_reading_and_is_not_blamed_on_the_logs(tmp_path: Path) -> None:
    dask = pytest.importorskip("dask", reason=NO_DASK)
    distributed = pytest.importorskip("distributed", reason=NO_DASK)
    logs = UPath(tmp_path / "logs")
    put_logs(logs)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address=":0", silence_logs=50
    ) as cluster:
        address = cluster.scheduler_address
        with dask.config.set({PATIENCE: "5s"}):  # so long it is waited for until it comes back
            workers = dask_workers(address, logs)
        assert read(logs, UPath(tmp_path / "before"), workers).events

    with pytest.raises(ClusterError, match=f"The Dask cluster at {address} lost a part of the logs: .*Remedy: "):
        read(logs, UPath(tmp_path / "after"), workers)


def test_the_command_names_the_scheduler_that_is_away_and_exits_with_1(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason=NO_DASK)
    put_logs(UPath(tmp_path / "data" / "logs"))
    (tmp_path / "home").mkdir()
    shutil.copy(ROOT / "dagster.yaml", tmp_path / "home")
    environment = {
        **os.environ,
        "SLO_ASSETS_DATA": str(tmp_path / "data"),
        "SLO_ASSETS_OUTPUT": str(tmp_path / "out"),
        "SLO_ASSETS_NOW": NOW,
        "SLO_ASSETS_DASK": "tcp://127.0.0.1:9",
        "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "1s",
        "DAGSTER_HOME": str(tmp_path / "home"),
    }
    command = [sys.executable, "-c", "from slo_assets.cli import main; main()", "run"]

    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "No Dask scheduler answers at tcp://127.0.0.1:9" in done.stderr
    assert "unset SLO_ASSETS_DASK" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_dask_the_message_names_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)

    with pytest.raises(ClusterError, match=r"Remedy: pip install distributed, or unset SLO_ASSETS_DASK"):
        dask_workers("tcp://127.0.0.1:8786", UPath(tmp_path))


# --- other file systems -------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["memory://logs-beyond", "file://{root}/by-url"], ids=["an object store", "a URL"])
@pytest.mark.usefixtures("small_shares")
def test_logs_in_another_file_system_tell_the_same(tmp_path: Path, place: str) -> None:
    here, there = UPath(tmp_path / "logs"), UPath(place.format(root=tmp_path))
    put_logs(here)
    put_logs(there / "logs")

    assert read(there / "logs", there / "scans") == read(here, UPath(tmp_path / "scans"))


@pytest.mark.parametrize("place", ["memory://grows-beyond", "file://{root}/by-url"], ids=["an object store", "a URL"])
@pytest.mark.usefixtures("small_shares")
def test_a_log_that_grows_in_another_file_system_is_read_on(tmp_path: Path, place: str) -> None:
    there = UPath(place.format(root=tmp_path))
    path = there / "logs" / "a.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = session(40_000)
    path.write_bytes(text[:-30].encode())
    assert len(read(there / "logs", there / "scans").events) == 39_999

    path.write_bytes((text + session(10, 40_000)).encode())

    assert len(read(there / "logs", there / "scans").events) == 40_010


@pytest.mark.parametrize("place", ["memory://published-beyond", "file://{root}/by-url"], ids=["memory", "a URL"])
def test_a_month_is_published_with_the_same_bytes_from_and_to_another_file_system(tmp_path: Path, place: str) -> None:
    there = place.format(root=tmp_path)
    put_logs(UPath(tmp_path / "data" / "logs"))
    put_logs(UPath(there) / "data" / "logs")

    here = published(Settings(str(tmp_path / "data"), str(tmp_path / "out"), NOW), tmp_path)

    assert published(Settings(f"{there}/data", f"{there}/out", NOW), tmp_path) == here


class Remembering(LocalFileSystem):
    """The local file system as object stores are: what was listed once is not asked for again."""

    protocol = "remembering"
    cachable = False
    listed: ClassVar[dict[str, list[dict[str, Any]]]] = {}

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        return super()._strip_protocol(str(path).removeprefix("remembering://"))

    def ls(self, path: str, detail: bool = False, **kwargs: Any) -> Any:
        path = self._strip_protocol(path)
        if path not in self.listed:
            self.listed[path] = [super(Remembering, self).info(str(entry)) for entry in Path(path).iterdir()]
        return self.listed[path] if detail else [entry["name"] for entry in self.listed[path]]

    def info(self, path: str, **kwargs: Any) -> Any:
        path = self._strip_protocol(path)
        known = [entry for entry in self.listed.get(str(Path(path).parent), []) if entry["name"] == path]
        return known[0] if known else super().info(path, **kwargs)

    def invalidate_cache(self, path: str | None = None) -> None:
        self.listed.clear()


@pytest.fixture
def remembering() -> Callable[[Path], UPath]:
    fsspec.register_implementation(Remembering.protocol, Remembering, clobber=True)
    Remembering.listed.clear()

    def folder(path: Path) -> UPath:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that nobody tested this file system
            return UPath(f"remembering://{path}")

    return folder


def test_what_is_new_is_seen_in_a_file_system_that_remembers_its_listings(
    tmp_path: Path, remembering: Callable[[Path], UPath]
) -> None:
    path = tmp_path / "logs" / "a.log"
    path.parent.mkdir()
    path.write_text(session(100))
    os.utime(path, (1, 1))
    folder, cache = remembering(path.parent), UPath(tmp_path / "scans")
    read(folder, cache)
    assert len(read(folder, cache).events) == 100, "nothing was new, and the listing is remembered"

    with path.open("a") as file:
        file.write(session(1, 100))
    (tmp_path / "logs" / "new.log").write_text(session(2, 99))

    assert len(read(folder, cache).events) == 103


def test_a_change_while_reading_is_seen_in_a_file_system_that_remembers_its_listings(
    tmp_path: Path, remembering: Callable[[Path], UPath]
) -> None:
    path = tmp_path / "logs" / "a.log"
    path.parent.mkdir()
    path.write_text(session(100))
    changes = [lambda: path.write_text(session(100).replace("theme", "canva"))]

    class Changing:
        def submit(self, fn: Callable[..., Any], job: Any) -> Any:
            done = local_workers().executor.submit(fn, job)
            done.exception()
            if changes:
                changes.pop()()
            return done

    told = read(remembering(path.parent), UPath(tmp_path / "scans"), Workers(Changing(), 0))  # type: ignore[arg-type]

    assert json.dumps(told.account["unmapped"]) == '{"canva:toggle": 25, "sound:play": 25}'
