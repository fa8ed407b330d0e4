"""A folder of logs: every content read once, whatever its name and compression; what cannot be read is told."""

from __future__ import annotations

import base64
import errno
import gzip
import hashlib
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from upath import UPath

from slo_assets.config import SloConfig
from slo_assets.domain.event_log import FileScan
from slo_assets.logs import fragments
from slo_assets.logs.fragments import LogFolder
from slo_assets.periods import parse_instant
from slo_assets_tests.situations import config_with, shipped_config

REAL_LOGS = Path(__file__).parents[3] / "shared" / "data" / "renderx" / "logs"
NOW = "2025-12-24T12:00:00Z"


def beat(moment: str, event: str = "theme:toggle", milliseconds: int = 5) -> str:
    return f"{moment} BeatExecutor: Beat 1 ({event}) completed in {milliseconds}ms\n"


NOVEMBER = beat("2025-11-10T12:00:00Z") + beat("2025-11-10T12:00:01Z", "canvas:create", 7)
OCTOBER = beat("2025-10-10T12:00:00Z", milliseconds=9)
UNDATED = " BeatExecutor: Beat 1 (theme:toggle) completed in 5ms\n"


@dataclass
class Reading:
    """What a folder told, and of which files it said that they had to be parsed."""

    scans: dict[str, FileScan]
    quarantine: dict[str, str]
    duplicates: dict[str, str]
    future: dict[str, int]
    parsed: list[str]
    details: dict[str, str] = field(default_factory=dict)

    @property
    def told(self) -> dict[str, Any]:
        """Everything about the files that were read, in a form that can be compared."""
        return {
            name: (rows(scan), scan.runs, scan.months, scan.lines, scan.future, scan.undecodable, scan.digest)
            for name, scan in self.scans.items()
        }

    @property
    def durations(self) -> dict[str, list[float]]:
        return {name: scan.events["duration_ms"].tolist() for name, scan in self.scans.items()}


def rows(scan: FileScan) -> list[tuple[Any, ...]]:
    return [
        tuple(None if pd.isna(cell) else cell for cell in row) for row in scan.events.itertuples(index=False, name=None)
    ]


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
        return path

    def read(self, config: SloConfig | None = None, now: str = NOW) -> Reading:
        parsed: list[str] = []
        folder = LogFolder(
            UPath(self.root / "logs"), UPath(self.root / "scans"), config or shipped_config(), parse_instant(now)
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
        )

    def read_afresh(self, config: SloConfig | None = None, now: str = NOW) -> Reading:
        """Read as a new process would, which has nothing in memory and finds the cache on the disk alone."""
        fragments._read.cache_clear()
        return self.read(config, now)

    @property
    def kept(self) -> list[Path]:
        """The files of the cache."""
        return sorted((self.root / "scans").glob("*"))


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Logs]:
    fragments._read.cache_clear()
    yield Logs(tmp_path)
    fragments._read.cache_clear()


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


def test_a_file_is_told_with_the_sha_256_of_its_content_after_decompression(logs: Logs) -> None:
    logs.put("a.log.gz", NOVEMBER)

    assert logs.read().scans["a.log.gz"].digest == hashlib.sha256(NOVEMBER.encode()).hexdigest()


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
    assert len(reading.parsed) == 1


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
    assert reading.scans["z-2025-11-05.log"].events["instant"].tolist() == [parse_instant("2025-11-05T00:00:00Z")]
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

    assert (scan.events["duration_ms"].tolist(), scan.lines) == (durations, lines)


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

    assert scan.events["instant"].tolist() == [parse_instant(instant)] * 2
    assert list(scan.months) == ["2025-11"]


def test_a_time_in_the_lines_counts_more_than_the_name(logs: Logs) -> None:
    logs.put("a-2024-01-01.log", UNDATED + NOVEMBER)

    assert logs.read().scans["a-2024-01-01.log"].events["instant"].tolist() == [
        parse_instant(f"2025-11-10T12:00:0{second}Z") for second in (0, 0, 1)
    ]


@pytest.mark.parametrize("content", [UNDATED, "", "\n\n"], ids=["lines without a time", "nothing", "empty lines"])
def test_a_file_without_any_time_under_a_name_without_a_date_is_quarantined_as_undated(
    logs: Logs, content: str
) -> None:
    logs.put("2025-11-05/manual-drop.log", content)
    logs.put("good.log", NOVEMBER)

    reading = logs.read()

    assert reading.quarantine == {"2025-11-05/manual-drop.log": "undated"}
    assert "time" in reading.details["2025-11-05/manual-drop.log"]
    assert reading.durations == {"good.log": [5, 7]}
    assert reading.parsed == ["good.log"]


def test_the_real_log_without_a_time_is_undated_and_the_real_one_with_a_time_is_read(logs: Logs) -> None:
    if not REAL_LOGS.exists():
        pytest.skip("the real logs are not part of the repository")
    for path in REAL_LOGS.iterdir():
        logs.put(path.name, path.read_bytes())

    reading = logs.read()

    assert reading.quarantine == {"sample-telemetry.log": "undated"}
    scan = reading.scans["web-variant-localhost-1762811808902.log"]
    assert Counter(scan.events["kind"]) == {"success": 25 + 48, "unfinished": 3}


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
    def full(_path: UPath, _data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(fragments, "write_atomic", full)
    logs.put("a.log", NOVEMBER)

    with pytest.raises(OSError, match="No space left"):
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

    later = logs.read_afresh()

    assert (early.durations, early.parsed) == ({"a.log": [9]}, ["a.log"])
    assert (later.durations, later.parsed, later.future) == ({"a.log": [9, 5, 7]}, [], {})


# --- the cache ----------------------------------------------------------------------------------------------


@pytest.fixture
def count_scans(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The first instant of each file that was really gone through, beside what the progress says."""
    counted: list[int] = []
    scan = fragments.Scanner.scan

    def counting(self: fragments.Scanner, lines: Iterator[bytes], first: int) -> FileScan:
        counted.append(first)
        return scan(self, lines, first)

    monkeypatch.setattr(fragments.Scanner, "scan", counting)
    return counted


def test_a_file_is_parsed_once(logs: Logs, count_scans: list[int]) -> None:
    logs.put("a.log", NOVEMBER)
    logs.put("2025/b.log.gz", OCTOBER)

    first, again, in_a_new_process = logs.read(), logs.read(), logs.read_afresh()

    assert (first.parsed, again.parsed, in_a_new_process.parsed) == (["a.log", "b.log.gz"], [], [])
    assert len(count_scans) == 2
    assert first.told == again.told == in_a_new_process.told


def test_a_file_that_grew_is_parsed_again_and_no_other(logs: Logs) -> None:
    logs.put("a.log", NOVEMBER)
    logs.put("b.log", OCTOBER)
    logs.read()

    logs.put("b.log", OCTOBER + beat("2025-10-10T12:00:05Z", milliseconds=11))

    reading = logs.read()
    assert reading.parsed == ["b.log"]
    assert reading.durations == {"a.log": [5, 7], "b.log": [9, 11]}


@pytest.mark.parametrize("name", ["z.log", "2025/11/a.log", "a.log.gz", "b.log.zst"])
def test_the_same_content_under_another_name_is_not_parsed_again(logs: Logs, name: str) -> None:
    before = logs.put("a.log", NOVEMBER)
    first = logs.read()
    before.unlink()

    logs.put(name, NOVEMBER)

    reading = logs.read_afresh()
    assert reading.parsed == []
    assert reading.told == {name: first.told["a.log"]}


def test_a_content_without_a_time_is_judged_anew_under_a_name_with_another_date(logs: Logs) -> None:
    before = logs.put("a-2025-11-05.log", UNDATED)
    logs.read()
    before.unlink()

    logs.put("a-2025-10-05.log", UNDATED)

    assert list(logs.read_afresh().scans["a-2025-10-05.log"].months) == ["2025-10"]


DAMAGE: Mapping[str, Callable[[Path], Any]] = {
    "deleted": Path.unlink,
    "emptied": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "overwritten": lambda path: path.write_bytes(b"PAR1" * 100),
    "another table": lambda path: pd.DataFrame({"a": [1]}).to_parquet(path),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_lost_or_damaged_cache_is_made_again_with_the_same_result(logs: Logs, damage: Callable[[Path], Any]) -> None:
    logs.put("a.log", OCTOBER + NOVEMBER + UNDATED)
    logs.put("b.log", beat("2025-11-10T12:00:00Z", "minimap:show"))
    first = logs.read()
    kept = [(path, path.read_bytes()) for path in logs.kept]
    assert len(kept) == 2

    for path, _ in kept:
        damage(path)

    reading = logs.read_afresh()
    assert reading.parsed == ["a.log", "b.log"]
    assert reading.told == first.told
    assert [(path, path.read_bytes()) for path in logs.kept] == kept


def test_no_single_wrong_byte_in_the_cache_changes_what_is_told(logs: Logs) -> None:
    assert_told_whatever_byte_is_wrong(logs, lambda data: range(0, len(data), 61), 0xFF)


def test_no_single_wrong_bit_in_the_caches_note_changes_what_is_told(logs: Logs) -> None:
    def near_the_number_of_lines(data: bytes) -> list[int]:
        """Where the note stands as it is, and in the copy of the schema that Arrow adds in base64."""
        found = [place.start() for place in re.finditer(rb'"lines":', data)]
        for payload in re.finditer(rb"[A-Za-z0-9+/]{300,}={0,2}", data):
            note = base64.b64decode(payload[0]).index(b'"lines":')
            found.append(payload.start() + note * 4 // 3)
        return [place + step for place in found for step in range(16)]

    assert_told_whatever_byte_is_wrong(logs, near_the_number_of_lines, 0x01)


def assert_told_whatever_byte_is_wrong(logs: Logs, positions: Callable[[bytes], Iterable[int]], flip: int) -> None:
    logs.put("a.log", NOVEMBER)
    first = logs.read()
    (kept,) = logs.kept
    data = kept.read_bytes()
    tried = 0
    for position in positions(data):
        tried += 1
        kept.write_bytes(data[:position] + bytes([data[position] ^ flip]) + data[position + 1 :])
        assert logs.read_afresh().told == first.told, f"byte {position} of {len(data)}"
    assert tried > 5


def without_beats(settings: dict[str, Any]) -> None:
    settings["logs"]["rules"] = [rule for rule in settings["logs"]["rules"] if rule["id"] != "beat-completed"]


def with_other_prefixes(settings: dict[str, Any]) -> None:
    settings["components"]["theme"]["prefixes"] = ["app:ui:theme"]
    settings["components"]["canvas-component"]["prefixes"] = ["canvas", "theme"]


def with_shorter_silence(settings: dict[str, Any]) -> None:
    settings["logs"]["silenceMinutes"] = 0.01


CHANGES: Mapping[str, tuple[Callable[[dict[str, Any]], None], Callable[[FileScan], Any], Any]] = {
    "rules": (without_beats, lambda scan: len(scan.events), 0),
    "prefixes": (with_other_prefixes, lambda scan: set(scan.events["component"]), {"canvas-component"}),
    "silence": (with_shorter_silence, lambda scan: len(scan.runs), 2),
}


@pytest.mark.parametrize(("change", "figure", "expected"), CHANGES.values(), ids=CHANGES)
def test_a_file_is_parsed_again_when_what_decides_its_events_changed(
    logs: Logs, change: Callable[[dict[str, Any]], None], figure: Callable[[FileScan], Any], expected: object
) -> None:
    as_it_was = config_with(lambda _: None)  # written and read in the same way as the changed one
    logs.put("a.log", NOVEMBER)
    before = logs.read(as_it_was)

    after = logs.read(config_with(change))

    assert after.parsed == ["a.log"]
    assert figure(after.scans["a.log"]) == expected != figure(before.scans["a.log"])
    back = logs.read_afresh(as_it_was)
    assert (back.parsed, back.told) == ([], before.told)


def test_a_file_is_not_parsed_again_for_a_setting_that_events_do_not_depend_on(logs: Logs) -> None:
    logs.put("a.log", NOVEMBER)
    logs.read(config_with(lambda _: None))

    def change(settings: dict[str, Any]) -> None:
        settings["targets"] = {"latencyMargin": 1.2}
        settings["components"]["theme"]["objectives"] = {"availability": 99.0}
        settings["logs"]["sources"] = []

    assert logs.read_afresh(config_with(change)).parsed == []


def test_a_file_is_parsed_again_when_the_code_that_reads_it_changed(
    logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs.put("a.log", NOVEMBER)
    logs.read()

    monkeypatch.setattr(fragments, "code_version", lambda *_: "another")

    assert logs.read_afresh().parsed == ["a.log"]


def test_the_cache_holds_nothing_but_one_file_for_each_content(logs: Logs) -> None:
    for name in ("a.log", "b.log.gz", "c.log"):
        logs.put(name, NOVEMBER)
    logs.put("d.log", OCTOBER)
    logs.put("e.log", UNDATED)

    logs.read()
    logs.read_afresh()

    assert len(logs.kept) == 2
    assert all(re.fullmatch(r"[0-9a-f]{64}\.parquet", path.name) for path in logs.kept)
