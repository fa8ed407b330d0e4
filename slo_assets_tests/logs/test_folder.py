"""A folder of logs: every file read once, then only what is new of it; what cannot be read is told."""

from __future__ import annotations

import errno
import gzip
import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from upath import UPath

from slo_assets.config import SloConfig, profile
from slo_assets.domain.event_log import FileScan
from slo_assets.logs import folder as module
from slo_assets.logs import fragments, lines, parts, ranges
from slo_assets.logs.files import ChangedWhileReadError, Version
from slo_assets.logs.folder import LogFolder, last_line
from slo_assets.logs.parts import Part, Whole
from slo_assets.logs.workers import Workers
from slo_assets.periods import parse_instant
from slo_assets_tests.situations import config_with, events_of, shipped_config

REAL_LOGS = Path(__file__).parents[3] / "shared" / "data" / "renderx" / "logs"
NOW = "2025-12-24T12:00:00Z"


def beat(moment: str, event: str = "theme:toggle", milliseconds: int = 5) -> str:
    return f"{moment} BeatExecutor: Beat 1 ({event}) completed in {milliseconds}ms\n"


NOVEMBER = beat("2025-11-10T12:00:00Z") + beat("2025-11-10T12:00:01Z", "canvas:create", 7)
OCTOBER = beat("2025-10-10T12:00:00Z", milliseconds=9)
UNDATED = " BeatExecutor: Beat 1 (theme:toggle) completed in 5ms\n"


class Recording(Executor):
    """Does each job at once, and remembers it."""

    def __init__(self) -> None:
        self.jobs: list[Part | Whole] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **_: Any) -> Future[Any]:
        self.jobs.append(args[0])
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args))
        except Exception as problem:
            future.set_exception(problem)
        return future


@dataclass
class Reading:
    """What a folder told, of which files it said that they had to be read, and the parts that it read."""

    scans: dict[str, FileScan]
    quarantine: dict[str, str]
    duplicates: dict[str, str]
    future: dict[str, int]
    parsed: list[str]
    details: dict[str, str] = field(default_factory=dict)
    jobs: list[Part | Whole] = field(default_factory=list)

    @property
    def told(self) -> dict[str, Any]:
        """Everything about the files that were read, in a form that can be compared."""
        return {
            name: (rows(scan), scan.runs, scan.months, scan.lines, scan.future, scan.flawed, scan.digest)
            for name, scan in self.scans.items()
        }

    @property
    def durations(self) -> dict[str, list[float]]:
        return {name: scan.load()["duration_ms"].tolist() for name, scan in self.scans.items()}


def rows(scan: FileScan) -> list[tuple[Any, ...]]:
    events = events_of(scan).itertuples(index=False, name=None)
    return [tuple(None if pd.isna(cell) else cell for cell in row) for row in events]


#: Each file is written to at a time of its own, so long ago that nobody writes to it any more.
LONG_AGO = (1_700_000_000 + number for number in count())


@dataclass
class Logs:
    """A folder of logs and the cache beside it."""

    root: Path

    def put(self, name: str, content: str | bytes) -> Path:
        """Write a log; its name says how it is compressed."""
        data = content.encode() if isinstance(content, str) else content
        if name.endswith(".gz"):
            data = gzip.compress(data)
        elif name.endswith(".zst"):
            data = pa.compress(data, codec="zstd", asbytes=True)
        return self.put_raw(name, data)

    def put_raw(self, name: str, data: bytes) -> Path:
        path = self.root / "logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return self.left_alone(path)

    def append(self, name: str, content: str | bytes) -> Path:
        path = self.root / "logs" / name
        path.parent.mkdir(exist_ok=True)
        with path.open("ab") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        return self.left_alone(path)

    @staticmethod
    def left_alone(path: Path) -> Path:
        moment = next(LONG_AGO)
        os.utime(path, (moment, moment))
        return path

    def read(self, config: SloConfig | None = None, now: str = NOW) -> Reading:
        parsed: list[str] = []
        executor = Recording()
        folder = LogFolder(
            UPath(self.root / "logs"),
            UPath(self.root / "scans"),
            config or shipped_config(),
            parse_instant(now),
            Workers(executor, 3),
        )
        scans, account = folder.read(parsed.append)
        assert [scan.file for scan in scans] == sorted(scan.file for scan in scans)
        return Reading(
            {scan.file: scan for scan in scans},
            {entry["file"]: entry["reason"] for entry in account["quarantine"]},
            {entry["file"]: entry["sameAs"] for entry in account["duplicates"]},
            account["future"],
            sorted(parsed),
            {entry["file"]: entry["detail"] for entry in account["quarantine"]},
            list(executor.jobs),
        )

    def read_without_cache(self, config: SloConfig | None = None, now: str = NOW) -> Reading:
        """Read as if for the first time."""
        for path in self.kept:
            path.unlink()
        return self.read(config, now)

    @property
    def index(self) -> Path:
        return self.root / "scans" / "index.json"

    @property
    def kept(self) -> list[Path]:
        """The files of the cache."""
        return sorted((self.root / "scans").glob("*"))

    @property
    def fragments(self) -> list[Path]:
        return [path for path in self.kept if path != self.index]


@pytest.fixture
def logs(tmp_path: Path) -> Logs:
    return Logs(tmp_path)


WORDS = ["x", "", "Attempting to mount plugin: A", "Plugin mounted successfully: A", "Failed to mount plugin A: no"]
moments_and_words = st.tuples(
    st.just("") | st.integers(0, 59).map("2025-11-10T12:00:{:02d}Z ".format) | st.just("2025-10-10T12:00:00Z "),
    st.sampled_from([*WORDS, "BeatExecutor: Beat 1 (theme:a) completed in 5ms", "é", "🎼" * 30, "x\r"]),
).map("".join)


class fresh_logs:  # noqa: N801
    """A folder of logs for one example."""

    def __enter__(self) -> Logs:
        import tempfile

        self._folder = tempfile.TemporaryDirectory()
        return Logs(Path(self._folder.name))

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()


def sizes(patch: pytest.MonkeyPatch, chunk: int, chunks: int = 2, beyond: int = 16) -> None:
    """Make parts so small that files of some hundred bytes have many."""
    for name, value in (("CHUNK", chunk), ("SHARE", chunk * chunks)):
        for place in (module, parts, ranges):
            patch.setattr(place, name, value, raising=False)
    patch.setattr(parts, "WORTH", chunk)
    patch.setattr(parts, "BEYOND", beyond)
    # The mark of UTF-8 lies in one slice.
    patch.setattr(lines, "SLICE", max(chunk, 3))


# --- which files are read -----------------------------------------------------------------------------------


def test_a_folder_that_is_not_there_tells_nothing(logs: Logs) -> None:
    reading = logs.read()

    assert reading == Reading({}, {}, {}, {}, [])


def test_logs_are_read_at_any_depth_plain_gzip_and_zstandard(logs: Logs) -> None:
    for number, name in enumerate(("a.log", "2025/b.log.gz", "2025/11/c.log.zst", "2025/11/d.gz")):
        logs.put(name, beat("2025-11-10T12:00:00Z", milliseconds=number))

    reading = logs.read()

    assert reading.durations == {"a.log": [0], "2025/b.log.gz": [1], "2025/11/c.log.zst": [2], "2025/11/d.gz": [3]}
    assert reading.quarantine == {}


@pytest.mark.parametrize("name", ["a.log.gz", "a.log.zst", "2025/a.log"])
def test_a_file_is_told_with_the_digest_of_its_content_however_it_is_stored(logs: Logs, name: str) -> None:
    plain = logs.put("a.log", NOVEMBER)
    digest = logs.read().scans["a.log"].digest
    plain.unlink()

    logs.put(name, NOVEMBER)
    logs.put("other.log", OCTOBER)

    reading = logs.read_without_cache()
    assert reading.scans[name].digest == digest != reading.scans["other.log"].digest


COPIES = {
    "two names": ("a.log", "b.log"),
    "two folders": ("2025/a.log", "2026/a.log"),
    "one compressed with gzip": ("a.log", "b.log.gz"),
    "one compressed with Zstandard": ("a.log", "b.log.zst"),
    "both compressed": ("a.log.gz", "b.log.zst"),
}


@pytest.mark.parametrize("names", COPIES.values(), ids=COPIES)
def test_copies_of_one_content_count_once(logs: Logs, names: tuple[str, str]) -> None:
    for name in names:
        logs.put(name, NOVEMBER)

    reading = logs.read()

    assert list(reading.scans) == [names[0]]
    assert reading.duplicates == {names[1]: names[0]}
    assert logs.read().duplicates == reading.duplicates


def test_three_copies_are_two_duplicates_of_the_same_file(logs: Logs) -> None:
    for name in ("c.log", "a.log.gz", "b.log"):
        logs.put(name, NOVEMBER)

    reading = logs.read()

    assert reading.duplicates == {"b.log": "a.log.gz", "c.log": "a.log.gz"}


def test_of_two_copies_without_a_time_the_one_with_a_dated_name_is_read(logs: Logs) -> None:
    logs.put("a.log", UNDATED)
    logs.put("z-2025-11-05.log", UNDATED)

    reading = logs.read()

    assert reading.duplicates == {"a.log": "z-2025-11-05.log"}
    assert reading.scans["z-2025-11-05.log"].load()["instant"].tolist() == [parse_instant("2025-11-05T00:00:00Z")]
    assert reading.quarantine == {}


def test_files_with_the_same_lines_but_other_line_ends_are_no_copies(logs: Logs) -> None:
    logs.put("a.log", NOVEMBER)
    logs.put("b.log", NOVEMBER.replace("\n", "\r\n"))

    reading = logs.read()

    assert rows(reading.scans["a.log"]) == rows(reading.scans["b.log"])
    assert reading.duplicates == {}


SHAPES = {
    "line feeds": (NOVEMBER, [5, 7], 2),
    "carriage returns": (NOVEMBER.replace("\n", "\r\n"), [5, 7], 2),
    "no final line end": (NOVEMBER.removesuffix("\n"), [5, 7], 2),
    "an empty last line": (NOVEMBER + "\n", [5, 7], 3),
    "a time in the last line alone": (UNDATED * 2 + NOVEMBER, [5, 5, 5, 7], 4),
    "nothing": ("", [], 0),
}


@pytest.mark.parametrize(("content", "durations", "lines"), SHAPES.values(), ids=SHAPES)
def test_a_file_of_any_shape_is_read_whole(logs: Logs, content: str, durations: list[float], lines: int) -> None:
    logs.put("a-2025-11-05.log", content)

    scan = logs.read().scans["a-2025-11-05.log"]

    assert (scan.load()["duration_ms"].tolist(), scan.lines) == (durations, lines)


# --- which time a file tells --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "instant"),
    [
        ("localhost-1762811808902.log", "2025-11-10T21:56:48.902Z"),
        ("host-sdk-2025-11-05.log", "2025-11-05T00:00:00Z"),
        ("app_20251105.log.gz", "2025-11-05T00:00:00Z"),
    ],
    ids=["epoch milliseconds", "an ISO date", "a compact date"],
)
def test_a_file_without_any_time_takes_the_instant_of_its_name(logs: Logs, name: str, instant: str) -> None:
    logs.put(f"2024-01-01/{name}", UNDATED * 2)

    scan = logs.read().scans[f"2024-01-01/{name}"]

    assert scan.load()["instant"].tolist() == [parse_instant(instant)] * 2
    assert list(scan.months) == ["2025-11"]


def test_a_time_in_the_lines_counts_more_than_the_name(logs: Logs) -> None:
    logs.put("a-2024-01-01.log", UNDATED + NOVEMBER)

    assert logs.read().scans["a-2024-01-01.log"].load()["instant"].tolist() == [
        parse_instant(f"2025-11-10T12:00:0{second}Z") for second in (0, 0, 1)
    ]


@pytest.mark.parametrize("content", [UNDATED, "\n\n"], ids=["lines without a time", "empty lines"])
def test_a_file_without_any_time_under_a_name_without_a_date_is_quarantined_as_undated(
    logs: Logs, content: str
) -> None:
    logs.put("2025-11-05/manual-drop.log", content)
    logs.put("good.log", NOVEMBER)

    reading = logs.read()

    assert reading.quarantine == {"2025-11-05/manual-drop.log": "undated"}
    assert "time" in reading.details["2025-11-05/manual-drop.log"]
    assert reading.durations == {"good.log": [5, 7]}


def test_an_empty_file_has_nothing_to_date(logs: Logs) -> None:
    logs.put("manual-drop.log", "")

    reading = logs.read()

    scan = reading.scans["manual-drop.log"]
    assert (reading.quarantine, scan.lines, scan.runs, scan.months, rows(scan)) == ({}, 0, [], {}, [])


def test_the_real_log_without_a_time_is_undated_and_the_real_one_with_a_time_is_read(logs: Logs) -> None:
    if not REAL_LOGS.exists():
        pytest.skip("the real logs are not part of the repository")
    for path in REAL_LOGS.iterdir():
        logs.put(path.name, path.read_bytes())

    reading = logs.read()

    assert reading.quarantine == {"sample-telemetry.log": "undated"}
    scan = reading.scans["web-variant-localhost-1762811808902.log"]
    assert Counter(events_of(scan)["kind"]) == {"success": 25 + 48, "unfinished": 3}


# --- what cannot be read ------------------------------------------------------------------------------------

LONG = "".join(beat(f"2025-11-10T12:{n // 60:02d}:{n % 60:02d}Z", f"theme:{n * n}", n) for n in range(500))
GZIPPED = gzip.compress(LONG.encode(), mtime=0)
ZSTANDARD = pa.compress(LONG.encode(), codec="zstd", asbytes=True)
DAMAGED = {
    "a truncated gzip file": ("bad.log.gz", GZIPPED[: len(GZIPPED) // 2]),
    "a gzip file without its checksum": ("bad.log.gz", GZIPPED[:-4]),
    "a gzip file with a wrong checksum": ("bad.log.gz", GZIPPED[:-5] + bytes([GZIPPED[-5] ^ 255]) + GZIPPED[-4:]),
    "text that is called gzip": ("bad.log.gz", LONG.encode()),
    "a gzip file with other bytes in it": ("bad.log.gz", GZIPPED[:10] + b"\xff" * 30 + GZIPPED[40:]),
    "a truncated Zstandard file": ("bad.log.zst", ZSTANDARD[: len(ZSTANDARD) // 2]),
    "text that is called Zstandard": ("bad.log.zst", LONG.encode()),
    "a Zstandard file with other bytes in it": ("bad.log.zst", ZSTANDARD[:6] + b"\xff" * 30 + ZSTANDARD[36:]),
}


@pytest.mark.parametrize(("name", "data"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_quarantined_and_costs_no_other(logs: Logs, name: str, data: bytes) -> None:
    logs.put("a.log", NOVEMBER)
    logs.put_raw(name, data)
    logs.put("z.log", OCTOBER)

    reading = logs.read()

    assert reading.quarantine == {name: "unreadable"}
    assert reading.details[name]
    assert reading.durations == {"a.log": [5, 7], "z.log": [9]}


def test_a_damaged_file_that_was_mended_is_read(logs: Logs) -> None:
    logs.put_raw("a.log.gz", GZIPPED[:100])
    assert logs.read().quarantine == {"a.log.gz": "unreadable"}

    logs.put_raw("a.log.gz", GZIPPED)

    reading = logs.read()
    assert reading.quarantine == {}
    assert reading.scans["a.log.gz"].lines == 500


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("{DateTime: 0001-01-01T00:00:00}", id="the first instant of .NET"),
        pytest.param("valid until 9999-12-31T23:59:59.999Z", id="the last instant of .NET"),
    ],
)
def test_a_line_with_an_instant_of_another_age_does_not_cost_the_file(logs: Logs, line: str) -> None:
    logs.put("a.log", f"{NOVEMBER}{line}\n{NOVEMBER}")

    reading = logs.read()

    assert reading.quarantine == {}
    assert [d for d in reading.durations["a.log"] if d > 0] == [5, 7, 5, 7]


LINUX = pytest.mark.skipif(sys.platform != "linux", reason="other systems keep names in Unicode")


@LINUX
def test_a_file_name_that_is_no_utf_8_can_be_written_into_documents(logs: Logs) -> None:
    name = os.fsdecode(b"caf\xe9-2025-11-05.log")
    logs.put(name, NOVEMBER)
    logs.put(f"copy-of-{name}", NOVEMBER)
    logs.put(f"undated-{name}".replace("2025-11-05", ""), UNDATED)

    reading = logs.read()

    names = [*reading.scans, *reading.quarantine, *reading.duplicates, *reading.duplicates.values()]
    assert len(names) == 4
    assert json.dumps(names, ensure_ascii=False).encode()


@LINUX
def test_a_file_name_that_is_no_utf_8_can_be_shown_while_it_is_parsed(logs: Logs) -> None:
    logs.put(os.fsdecode(b"caf\xe9-2025-11-05.log"), NOVEMBER)

    (shown,) = logs.read().parsed

    assert shown.encode()


@LINUX
def test_two_file_names_that_are_no_utf_8_stay_two_names(logs: Logs) -> None:
    logs.put(os.fsdecode(b"caf\xe8.log"), NOVEMBER)
    logs.put(os.fsdecode(b"caf\xe9.log"), OCTOBER)

    assert len(logs.read().scans) == 2


def test_a_cache_that_cannot_be_written_stops_the_reading_and_is_not_blamed_on_the_logs(
    logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: UPath, _data: bytes, *, flushed: bool) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(fragments, "write_atomic", full)
    logs.put("a.log", NOVEMBER)

    with pytest.raises(Exception, match="No space left"):
        logs.read()


# --- the clock ----------------------------------------------------------------------------------------------


def test_a_file_that_spans_two_months_tells_of_both(logs: Logs) -> None:
    logs.put("a.log", OCTOBER + NOVEMBER + beat("2025-10-10T12:00:01Z"))

    scan = logs.read().scans["a.log"]

    assert {month: told["lines"] for month, told in scan.months.items()} == {"2025-10": 2, "2025-11": 2}
    assert len(scan.runs) == 2


@pytest.mark.parametrize(
    ("now", "durations", "future"),
    [
        ("2025-11-10T12:00:01Z", [9, 5, 7], 0),
        ("2025-11-10T12:00:00.999999Z", [9, 5], 1),
        ("2025-11-10T12:00:00Z", [9, 5], 1),
        ("2025-11-01T00:00:00Z", [9], 2),
        ("2025-10-01T00:00:00Z", [], 3),
    ],
    ids=["at the last line", "just before the last line", "in the middle", "between the months", "before the first"],
)
def test_lines_later_than_the_clock_are_set_aside(logs: Logs, now: str, durations: list[float], future: int) -> None:
    logs.put("a.log", OCTOBER + NOVEMBER)

    reading = logs.read(now=now)

    assert reading.durations == {"a.log": durations}
    assert reading.future == ({"a.log": future} if future else {})
    assert reading.scans["a.log"].lines == 3


def test_a_line_of_the_future_in_the_middle_of_a_file_hides_no_other(logs: Logs) -> None:
    logs.put("a.log", OCTOBER + beat("2026-11-10T12:00:00Z") + UNDATED + NOVEMBER)

    reading = logs.read()

    assert reading.durations == {"a.log": [9, 5, 7]}
    assert reading.future == {"a.log": 2}


def test_what_was_future_counts_once_the_clock_is_there_without_parsing_again(logs: Logs) -> None:
    logs.put("a.log", OCTOBER + NOVEMBER)
    early = logs.read(now="2025-11-01T00:00:00Z")

    later = logs.read()

    assert (early.durations, early.parsed) == ({"a.log": [9]}, ["a.log"])
    assert (later.durations, later.parsed, later.future) == ({"a.log": [9, 5, 7]}, [], {})


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_at_any_time_a_file_tells_what_it_will_tell_later_without_the_later_lines(data: st.DataObject) -> None:
    lines = [line.encode() for line in data.draw(st.lists(moments_and_words, min_size=1, max_size=12))]
    content = b"2025-11-10T12:00:00Z x\n" + b"".join(line + b"\n" for line in lines)
    second = data.draw(st.integers(0, 59))
    now = f"2025-11-10T12:00:{second:02d}Z"
    with fresh_logs() as logs:
        logs.put("a.log", content)
        now_at_once, later = without_digest(logs.read(now=now)), logs.read()
        told_later = rows(later.scans["a.log"])
        with pytest.MonkeyPatch.context() as patch:
            sizes(patch, data.draw(st.integers(1, 40)))
            in_parts = logs.read_without_cache(now=now)

            assert without_digest(in_parts) == now_at_once
            # A start that is hidden now takes no end from another one, so durations may differ.
            ended = [row[:5] for row in rows(in_parts.scans["a.log"]) if row[2] != "unfinished"]
            assert ended == [row[:5] for row in told_later if row[1] <= parse_instant(now) and row[2] != "unfinished"]
            assert in_parts.scans["a.log"].lines == later.scans["a.log"].lines == len(lines) + 1
            assert logs.read().scans["a.log"].future == 0


def without_digest(reading: Reading) -> dict[str, Any]:
    """What was told but the digest, which depends on the size of a chunk."""
    return {name: told[:-1] for name, told in reading.told.items()}


# --- the cache ----------------------------------------------------------------------------------------------


def test_a_file_is_read_once(logs: Logs) -> None:
    logs.put("a.log", NOVEMBER)
    logs.put("2025/b.log.gz", OCTOBER)

    first, again = logs.read(), logs.read()

    assert (first.parsed, again.parsed) == (["2025/b.log.gz", "a.log"], [])
    assert (len(first.jobs), len(again.jobs)) == (2, 0)
    assert first.told == again.told
    assert again.jobs == []


def test_a_file_that_was_just_written_is_looked_at_again_and_not_read_again(logs: Logs) -> None:
    path = logs.put("a.log", NOVEMBER)
    path.touch()
    first = logs.read()

    again = logs.read()

    assert (first.parsed, again.parsed, again.jobs) == (["a.log"], [], [])
    assert first.told == again.told


@pytest.mark.parametrize(("age", "durations"), [(0, [5, 8]), (60, [5, 7])], ids=["just written", "left alone"])
def test_an_equal_version_is_an_equal_file_once_the_file_was_left_alone(
    logs: Logs, monkeypatch: pytest.MonkeyPatch, age: float, durations: list[float]
) -> None:
    """A clock so coarse that two versions of a file have one time stamp is simulated."""
    real = module.version

    def coarse(path: UPath, *, anew: bool = False) -> Version:
        return replace(real(path, anew=anew), key="the same")

    monkeypatch.setattr(module, "version", coarse)
    moment = time.time() - age
    path = logs.put("a.log", NOVEMBER)
    os.utime(path, (moment, moment))
    logs.read()

    path.write_text(NOVEMBER.replace("in 7ms", "in 8ms"))
    os.utime(path, (moment, moment))

    assert logs.read().durations == {"a.log": durations}


def test_a_file_that_grew_is_read_on_and_no_other(logs: Logs) -> None:
    logs.put("a.log", NOVEMBER)
    before, new = OCTOBER * 2, beat("2025-10-10T12:00:05Z", milliseconds=11)
    logs.put("b.log", before)
    logs.read()

    logs.append("b.log", new)

    reading = logs.read()
    assert reading.parsed == ["b.log"]
    assert reading.durations == {"a.log": [5, 7], "b.log": [9, 9, 11]}
    assert [(job.begin, job.end) for job in reading.jobs if isinstance(job, Part)] == [
        (len(before), len(before) + len(new))
    ]


def test_a_file_that_grows_all_day_has_a_few_parts_and_most_of_it_is_not_read_again(logs: Logs) -> None:
    step = beat("2025-11-10T12:00:00Z")
    logs.put("a.log", "")
    lengths = []
    for _ in range(128):
        logs.append("a.log", step)
        (part,) = (job for job in logs.read().jobs if isinstance(job, Part))
        lengths.append((part.end - part.begin) // len(step))

    (file,) = fragments.Fragments(UPath(logs.root / "scans")).index().files.values()
    assert lengths[:8] == [1, 2, 1, 4, 1, 2, 1, 8]
    assert len(file.fragments) == 1
    assert logs.read().told == logs.read_without_cache().told


def test_what_would_be_more_than_a_share_together_is_not_read_again(
    logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes(monkeypatch, 64, chunks=8)
    assert len(NOVEMBER) * 4 > 64 * 8
    begins = []
    for _ in range(4):
        logs.append("a.log", NOVEMBER * 2)
        begins.append([job.begin // len(NOVEMBER) for job in logs.read().jobs if isinstance(job, Part)])

    assert begins == [[0], [2], [4], [6]]


def test_of_a_file_that_grew_only_the_new_part_is_read(logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes(monkeypatch, 64)
    logs.put("a.log", LONG)
    first = logs.read()
    assert len(first.jobs) > 100

    logs.append("a.log", beat("2025-11-10T13:00:00Z", milliseconds=501))

    reading = logs.read()
    new = range(len(LONG), len(LONG) + len(beat("2025-11-10T13:00:00Z", milliseconds=501)))
    assert len(reading.jobs) <= 2
    for job in reading.jobs:
        assert isinstance(job, Part)
        assert new.start <= job.begin <= job.end <= new.stop
        assert job.start >= new.start // 64 * 64
    assert reading.durations["a.log"] == [*range(500), 501]
    assert reading.told == logs.read_without_cache().told


def test_an_unfinished_last_line_is_told_and_read_anew_once_it_goes_on(logs: Logs) -> None:
    before = NOVEMBER * 2
    logs.put("a.log", before + beat("2025-11-10T12:00:02Z", milliseconds=1)[:-3])
    first = logs.read()

    logs.append("a.log", "00ms\n" + beat("2025-11-10T12:00:03Z", milliseconds=4))

    second = logs.read()
    assert (first.scans["a.log"].lines, first.durations) == (5, {"a.log": [5, 7, 5, 7]})
    assert (second.scans["a.log"].lines, second.durations) == (6, {"a.log": [5, 7, 5, 7, 100, 4]})
    assert [job.begin for job in second.jobs if isinstance(job, Part)] == [len(before)]
    assert second.told == logs.read_without_cache().told


def test_an_unfinished_last_line_of_one_byte_is_no_line_of_its_own_later(logs: Logs) -> None:
    logs.put("a.log", NOVEMBER + "B")
    assert logs.read().scans["a.log"].lines == 3

    logs.append("a.log", "eatExecutor: Beat 1 (theme:a) completed in 3ms\n")

    reading = logs.read()
    assert (reading.scans["a.log"].lines, reading.durations) == (3, {"a.log": [5, 7, 3]})


def test_a_last_line_without_a_line_feed_may_be_complete(logs: Logs) -> None:
    logs.put("a.log", NOVEMBER.removesuffix("\n"))
    first = logs.read()

    logs.append("a.log", "\n" + beat("2025-11-10T12:00:03Z", milliseconds=4))

    assert first.durations == {"a.log": [5, 7]}
    assert logs.read().durations == {"a.log": [5, 7, 4]}


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["no mark", "a mark of UTF-8"])
def test_a_file_of_one_unfinished_line_is_one_line(logs: Logs, mark: str) -> None:
    logs.put("a.log", mark + OCTOBER.removesuffix("\n"))
    first = logs.read()

    logs.append("a.log", "\n" + NOVEMBER)

    assert (first.durations, first.scans["a.log"].lines) == ({"a.log": [9]}, 1)
    assert logs.read().durations == {"a.log": [9, 5, 7]}


CHANGED: Mapping[str, Callable[[str], str]] = {
    "a byte in the middle": lambda text: text[:9_000] + "X" + text[9_001:],
    "the first byte": lambda text: "X" + text[1:],
    "the last byte": lambda text: text[:-2] + "X\n",
    "a shorter file": lambda text: text[:9_000],
    "an empty file": lambda _: "",
    "another beginning, and more at the end": lambda text: "X" + text[1:] + OCTOBER,
    "another end, and more": lambda text: text[:-3] + "x\n" + OCTOBER,
    "a line more at the beginning": lambda text: OCTOBER + text,
}


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED)
def test_a_file_that_changed_otherwise_is_read_anew(
    logs: Logs, monkeypatch: pytest.MonkeyPatch, change: Callable[[str], str]
) -> None:
    sizes(monkeypatch, 512)
    logs.put("a.log", LONG)
    logs.read()

    logs.put("a.log", change(LONG))

    reading = logs.read()
    assert reading.parsed == ["a.log"]
    assert reading.told == logs.read_without_cache().told


def test_a_file_that_another_took_the_place_of_is_read_anew(logs: Logs) -> None:
    path = logs.put("a.log", OCTOBER)
    logs.read()
    path.rename(path.with_name("a.log.1"))

    logs.put("a.log", NOVEMBER)

    assert logs.read().durations == {"a.log": [5, 7]}


@pytest.mark.parametrize("name", ["z.log", "2025/11/a.log"])
def test_a_file_that_was_renamed_is_not_read_again(logs: Logs, name: str) -> None:
    before = logs.put("a.log", NOVEMBER)
    first = logs.read()
    before.unlink()

    logs.put(name, NOVEMBER)

    reading = logs.read()
    assert (reading.parsed, reading.jobs) == ([], [])
    assert reading.told == {name: first.told["a.log"]}


@pytest.mark.parametrize("name", ["a.log.gz", "b.log.zst"])
def test_a_file_that_was_compressed_tells_the_same(logs: Logs, name: str) -> None:
    before = logs.put("a.log", NOVEMBER)
    first = logs.read()
    before.unlink()

    logs.put(name, NOVEMBER)

    assert logs.read().told == {name: first.told["a.log"]}


def test_a_content_without_a_time_is_judged_anew_under_a_name_with_another_date(logs: Logs) -> None:
    before = logs.put("a-2025-11-05.log", UNDATED)
    logs.read()
    before.unlink()

    logs.put("a-2025-10-05.log", UNDATED)

    assert list(logs.read().scans["a-2025-10-05.log"].months) == ["2025-10"]


def test_of_two_copies_without_years_under_names_of_two_years_one_is_told_with_its_own_year(logs: Logs) -> None:
    def without_years(settings: dict[str, Any]) -> None:
        settings["logs"]["dialect"] = {"time": {"format": "syslog"}}

    config = config_with(without_years)
    line = beat("Nov 10 12:00:00")
    logs.put("a-2024.log", line)
    logs.put("b-2023.log", line)

    scan = logs.read(config).scans["a-2024.log"]

    assert list(scan.months) == ["2024-11"]
    assert scan.load()["instant"].tolist() == [parse_instant("2024-11-10T12:00:00Z")]


DAMAGE: Mapping[str, Callable[[Path], Any]] = {
    "deleted": Path.unlink,
    "emptied": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "overwritten": lambda path: path.write_bytes(b"PAR1" * 100),
    "another table": lambda path: pd.DataFrame({"a": [1]}).to_parquet(path),
    "JSON of another kind": lambda path: path.write_bytes(b"[]"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_lost_or_damaged_cache_is_made_again_with_the_same_result(logs: Logs, damage: Callable[[Path], Any]) -> None:
    logs.put("a.log", OCTOBER + NOVEMBER + UNDATED)
    logs.put("b.log", beat("2025-11-10T12:00:00Z", "minimap:show"))
    first = logs.read()
    kept = [(path, path.read_bytes()) for path in logs.kept]
    assert len(kept) == 3

    for path, _ in kept:
        damage(path)

    reading = logs.read()
    assert reading.parsed == ["a.log", "b.log"]
    assert reading.told == first.told
    assert [(path, path.read_bytes()) for path in logs.kept] == kept


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_index_costs_a_reading_and_nothing_else(logs: Logs, damage: Callable[[Path], Any]) -> None:
    logs.put("a.log", OCTOBER + NOVEMBER)
    first = logs.read()
    told = first.told

    damage(logs.index)

    reading = logs.read()
    assert (reading.parsed, reading.told) == (["a.log"], told)
    assert logs.read().parsed == []


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_fragment_is_read_again_when_its_rows_are_asked_for(
    logs: Logs, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Path], Any]
) -> None:
    sizes(monkeypatch, 64)
    logs.put("a.log", LONG[:3000])
    told = logs.read().told
    kept = [(path, path.read_bytes()) for path in logs.kept]
    assert len(kept) > 5

    damage(logs.fragments[len(kept) // 2])

    reading = logs.read()
    assert (reading.parsed, reading.jobs) == ([], [])
    assert reading.told == told
    assert [(path, path.read_bytes()) for path in logs.kept] == kept


@pytest.mark.parametrize("end", ["\n", ""], ids=["a whole last line", "an open last line"])
def test_a_lost_fragment_of_a_file_that_grew_is_read_again_where_it_was(
    logs: Logs, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    sizes(monkeypatch, 64)
    logs.put("a.log", "")
    for part in (LONG[:700], LONG[700:1100], LONG[1100:1500].rstrip("\n") + end):
        logs.append("a.log", part)
        told = logs.read().told
    for path in logs.fragments:
        path.unlink()
    assert logs.read().told == told
    kept = [(path, path.read_bytes()) for path in logs.kept]
    assert len(kept) > 5

    for lost in logs.fragments:
        lost.unlink()

        assert logs.read().told == told
        assert [(path, path.read_bytes()) for path in logs.kept] == kept


def test_rows_of_a_file_that_was_rewritten_since_are_not_those_of_another(
    logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes(monkeypatch, 64)
    logs.put("a.log", LONG[:1000])
    scan = logs.read().scans["a.log"]
    logs.put("a.log", LONG[:1000].replace("9ms", "8ms").replace("1ms", "3ms").replace("5ms", "7ms"))
    for path in logs.fragments:
        path.unlink()

    with pytest.raises(ChangedWhileReadError, match="rewritten"):
        scan.load()


def test_a_fragment_that_is_lost_between_two_readings_of_its_rows_is_read_again(logs: Logs) -> None:
    logs.put("a.log", OCTOBER + NOVEMBER)
    scan = logs.read().scans["a.log"]
    before = rows(scan)

    logs.fragments[0].unlink()

    assert rows(scan) == before == rows(scan)


def test_the_rows_of_a_file_that_grew_in_between_are_those_it_had(logs: Logs) -> None:
    logs.put("a.log", OCTOBER)
    scan = logs.read().scans["a.log"]

    logs.append("a.log", NOVEMBER)
    logs.fragments[0].unlink()

    assert scan.load()["duration_ms"].tolist() == [9]
    assert logs.read().durations == {"a.log": [9, 5, 7]}


def test_rows_that_are_lost_with_their_file_are_told_as_lost(logs: Logs) -> None:
    path = logs.put("a.log", OCTOBER)
    scan = logs.read().scans["a.log"]

    logs.fragments[0].unlink()
    path.unlink()

    with pytest.raises(OSError, match=r"a\.log"):
        scan.load()


@pytest.mark.parametrize("which", ["index", "fragment"])
def test_no_single_wrong_byte_in_the_cache_changes_what_is_told(logs: Logs, which: str) -> None:
    logs.put("a.log", NOVEMBER)
    told = logs.read().told
    kept = logs.index if which == "index" else logs.fragments[0]
    data = kept.read_bytes()
    for place in range(0, len(data), 61):
        for flip in (0xFF, 0x01):
            kept.write_bytes(data[:place] + bytes([data[place] ^ flip]) + data[place + 1 :])
            assert logs.read().told == told, f"byte {place} of {len(data)}"


def without_beats(settings: dict[str, Any]) -> None:
    settings["logs"]["profile"] = None
    settings["logs"]["rules"] = [
        rule.model_dump(by_alias=True, exclude_none=True, exclude_defaults=True)
        for rule in profile("renderx").rules
        if rule.id != "beat-completed"
    ]


def with_other_prefixes(settings: dict[str, Any]) -> None:
    settings["components"]["theme"]["prefixes"] = ["app:ui:theme"]
    settings["components"]["canvas-component"]["prefixes"] = ["canvas", "theme"]


def with_shorter_silence(settings: dict[str, Any]) -> None:
    settings["logs"]["silenceMinutes"] = 0.01


CHANGES: Mapping[str, tuple[Callable[[dict[str, Any]], None], list[str], Callable[[FileScan], Any], Any]] = {
    "rules": (without_beats, ["a.log"], lambda scan: len(events_of(scan)), 0),
    "silence": (with_shorter_silence, ["a.log"], lambda scan: len(scan.runs), 2),
    "prefixes": (with_other_prefixes, [], lambda scan: set(events_of(scan)["component"]), {"canvas-component"}),
}


@pytest.mark.parametrize(("change", "parsed", "figure", "expected"), CHANGES.values(), ids=CHANGES)
def test_what_decides_a_files_events_decides_them_when_it_changes(
    logs: Logs,
    change: Callable[[dict[str, Any]], None],
    parsed: list[str],
    figure: Callable[[FileScan], Any],
    expected: object,
) -> None:
    as_it_was = config_with(lambda _: None)  # written and read in the same way as the changed one
    logs.put("a.log", NOVEMBER)
    before = logs.read(as_it_was)
    told = before.told

    after = logs.read(config_with(change))

    assert after.parsed == parsed
    assert figure(after.scans["a.log"]) == expected != figure(before.scans["a.log"])
    assert logs.read(as_it_was).told == told


def test_a_file_is_not_read_again_for_a_setting_that_events_do_not_depend_on(logs: Logs) -> None:
    logs.put("a.log", NOVEMBER)
    logs.read(config_with(lambda _: None))

    def change(settings: dict[str, Any]) -> None:
        settings["targets"] = {"latencyMargin": 1.2}
        settings["components"]["theme"]["objectives"] = {"availability": 99.0}
        settings["logs"]["sources"] = []

    assert logs.read(config_with(change)).parsed == []


def test_only_the_files_of_a_source_are_read_again_when_its_rules_change(logs: Logs) -> None:
    logs.put("a.log", NOVEMBER)
    logs.put("jobs/b.log", OCTOBER)
    logs.read(config_with(lambda _: None))

    def change(settings: dict[str, Any]) -> None:
        rule = {"id": "own", "kind": "failure", "contains": "Beat", "event": "theme:x"}
        settings["logs"]["sources"] = [{"name": "jobs", "files": "jobs/*", "rules": [rule]}]

    reading = logs.read(config_with(change))

    assert reading.parsed == ["jobs/b.log"]
    assert {name: events_of(scan)["kind"].tolist() for name, scan in reading.scans.items()} == {
        "a.log": ["success", "success"],
        "jobs/b.log": ["failure"],
    }


def test_a_file_is_read_again_when_the_code_that_reads_it_changed(logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    logs.put("a.log", NOVEMBER)
    logs.read()

    monkeypatch.setattr(fragments, "code_version", lambda *_: "another")

    assert logs.read().parsed == ["a.log"]


def test_the_cache_holds_nothing_but_an_index_and_a_fragment_for_each_content(logs: Logs) -> None:
    for name in ("a.log", "b.log.gz", "c.log"):
        logs.put(name, NOVEMBER)
    logs.put("d.log", OCTOBER)
    logs.put("e.log", UNDATED)

    logs.read()
    logs.read()

    assert len(logs.fragments) == 3
    assert all(re.fullmatch(r"[0-9a-f]{32}\.arrow", path.name) for path in logs.fragments)


# --- parts and histories ------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_file_tells_the_same_whatever_its_history_and_whatever_the_size_of_parts(data: st.DataObject) -> None:
    lines = data.draw(st.lists(moments_and_words, max_size=9))
    content = "\n".join(["2025-11-10T12:00:00Z x", *lines]).encode() + data.draw(st.sampled_from([b"", b"\n"]))
    states = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=6)))
    with fresh_logs() as logs, pytest.MonkeyPatch.context() as patch:
        logs.put("a.log", content)
        usual = without_digest(logs.read())
        sizes(
            patch,
            data.draw(st.sampled_from([5, 8, 23, 64])),
            data.draw(st.integers(1, 3)),
            data.draw(st.sampled_from([1, 16])),
        )
        told = logs.read_without_cache().told
        assert {name: scan[:-1] for name, scan in told.items()} == usual
        (logs.root / "logs" / "a.log").unlink()
        for path in logs.kept:
            path.unlink()

        logs.put("a.log", content[: states[0]] if states else content)
        for start, stop in pairwise([*states, len(content)]):
            logs.read()
            logs.append("a.log", content[start:stop])

        assert logs.read().told == told


def test_a_line_that_is_longer_than_a_share_is_one_line(logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    long = "2025-11-10T12:00:02Z " + "y" * 1000 + " BeatExecutor: Beat 1 (theme:a) completed in 3ms\n"
    sizes(monkeypatch, 16)
    logs.put("a.log", NOVEMBER + long + NOVEMBER)

    reading = logs.read()

    assert reading.durations == {"a.log": [5, 7, 3, 5, 7]}
    assert [row[0] for row in rows(reading.scans["a.log"])] == [1, 2, 3, 4, 5]
    assert len(reading.jobs) > 30


def test_a_start_and_its_end_meet_across_parts_and_fragments(logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes(monkeypatch, 32, 1)
    start = "2025-11-10T12:00:00Z Attempting to mount plugin: A\n"
    logs.put("a.log", start + "".join(f"line {number}\n" for number in range(99)))
    logs.read()

    logs.append("a.log", "2025-11-10T12:00:07Z Plugin mounted successfully: A\n")

    assert rows(logs.read().scans["a.log"]) == [
        (101, parse_instant("2025-11-10T12:00:07Z"), "success", "host:sdk:plugin:mount", "host-sdk", 7000)
    ]


@settings(max_examples=60, deadline=None)
@given(st.text("ab\n", max_size=60).map(str.encode), st.integers(1, 9))
def test_the_last_line_begins_after_the_last_line_feed(data: bytes, chunk: int) -> None:
    path = UPath("memory://last-lines-of-test-folder/a.log")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHUNK", chunk)

        assert last_line(path, len(data)) == data.rfind(b"\n") + 1
