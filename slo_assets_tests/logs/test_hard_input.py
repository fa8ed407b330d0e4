"""What real folders of logs hold besides good lines: damage, odd encodings, files that change, clocks that jump."""

from __future__ import annotations

import codecs
import errno
import gzip
import json
import os
import shutil
import subprocess
import sys
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pyarrow as pa
import pytest
from fsspec.implementations.local import LocalFileSystem
from upath import UPath

from slo_assets.config import SloConfig
from slo_assets.domain.event_log import FileScan
from slo_assets.logs.folder import ATTEMPTS, LogFolder
from slo_assets.logs.parts import CHUNK
from slo_assets.logs.workers import Workers, local_workers
from slo_assets.periods import parse_instant
from slo_assets_tests.situations import config_with, shipped_config

NOW = "2025-12-24T12:00:00Z"
#: What is imported takes 260 MB, a share some times its size: with the whole line it would be more.
OVER_LONG_MEGABYTES, MEMORY_MEGABYTES = 200, 440


def beat(moment: str, milliseconds: float = 5) -> str:
    return f"{moment} BeatExecutor: Beat 1 (theme:toggle) completed in {milliseconds}ms\n"


def second(number: int) -> str:
    return f"2025-11-10T12:{number // 60:02d}:{number % 60:02d}Z"


TWO = beat(second(0), 5) + beat(second(1), 7)
LONG = "".join(beat(second(number), number) for number in range(500))


@dataclass
class Told:
    """What a folder told."""

    scans: dict[str, FileScan]
    quarantine: dict[str, str]
    duplicates: dict[str, str]
    future: dict[str, int]

    @property
    def durations(self) -> dict[str, list[float]]:
        return {name: scan.load()["duration_ms"].tolist() for name, scan in self.scans.items()}

    @property
    def instants(self) -> dict[str, list[int]]:
        return {name: scan.load()["instant"].tolist() for name, scan in self.scans.items()}


@dataclass
class Logs:
    """A folder of logs, and the cache beside it."""

    root: Path
    files: Path = field(init=False)

    def __post_init__(self) -> None:
        self.files = self.root / "logs"
        self.files.mkdir()

    def put(self, name: str, content: str | bytes) -> Path:
        path = self.files / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def read(
        self,
        config: SloConfig | None = None,
        *,
        now: str = NOW,
        workers: Workers | None = None,
        folder: UPath | None = None,
        progress: Callable[[str], None] = lambda _: None,
    ) -> Told:
        scans, account = LogFolder(
            folder or UPath(self.files),
            UPath(self.root / "scans"),
            config or shipped_config(),
            parse_instant(now),
            workers or local_workers(),
        ).read(progress)
        json.dumps(account, ensure_ascii=False).encode()
        for scan in scans:
            lines = sum(month["lines"] for month in scan.months.values())
            assert scan.lines == lines + scan.future, "every line is accounted for"
        return Told(
            {scan.file: scan for scan in scans},
            {entry["file"]: f"{entry['reason']}: {entry['detail']}" for entry in account["quarantine"]},
            {entry["file"]: entry["sameAs"] for entry in account["duplicates"]},
            account["future"],
        )


@pytest.fixture
def logs(tmp_path: Path) -> Logs:
    return Logs(tmp_path)


def counted(scan: FileScan, count: str) -> int:
    return sum(month[count] for month in scan.months.values())


# --- bytes that are no text ---------------------------------------------------------------------------------


def test_a_line_of_broken_utf_8_is_read_all_the_same_and_counted_and_sampled(logs: Logs) -> None:
    broken = b"caf\xe9 " * 100 + beat(second(1), 7).encode()
    logs.put("a.log", beat(second(0)).encode() + broken + beat(second(2), 9).encode())

    told = logs.read()

    scan = told.scans["a.log"]
    assert told.durations == {"a.log": [5, 7, 9]}
    assert counted(scan, "undecodable") == 1
    assert scan.flawed == (
        {"line": 2, "reason": "undecodable", "text": ("caf\\xe9 " * 100)[: 40 * 8], "period": "2025-11"},
    )


def test_a_character_that_two_lines_share_makes_both_undecodable(logs: Logs) -> None:
    logs.put("a.log", (beat(second(0))[:-1] + " é\né " + beat(second(1))).encode().replace(b"\xa9\n\xc3", b"\n"))

    told = logs.read()

    assert [(sample["line"], sample["reason"]) for sample in told.scans["a.log"].flawed] == [
        (1, "undecodable"),
        (2, "undecodable"),
    ]
    assert told.durations == {"a.log": [5, 5]}


def test_a_json_line_of_broken_utf_8_is_read_all_the_same_and_one_that_is_no_json_is_malformed(logs: Logs) -> None:
    config = config_with(lambda settings: settings["logs"].update(profile="json-lines"))
    line = '{"time": "%s", "event": "theme:x", "duration_ms": %d, "user": "%s"}\n'
    text = line % (second(0), 5, "Anna") + line % (second(1), 7, "Zoë") + (line % (second(2), 9, "Zoë"))[:50] + "\n"
    logs.put("a.log", text.encode("latin-1"))

    told = logs.read(config)

    assert told.durations == {"a.log": [5, 7]}
    assert [(sample["line"], sample["reason"]) for sample in told.scans["a.log"].flawed] == [
        (2, "undecodable"),
        (3, "malformed"),
    ]


def test_only_so_many_flawed_lines_are_kept_as_samples_and_all_are_counted(logs: Logs) -> None:
    config = config_with(lambda settings: settings["logs"].update(unreadable={"samples": 3}))
    logs.put("a.log", b"".join(b"\xff " + beat(second(number)).encode() for number in range(50)))

    scan = logs.read(config).scans["a.log"]

    assert counted(scan, "undecodable") == 50
    assert [sample["line"] for sample in scan.flawed] == [1, 2, 3]


NOTE = beat(second(0), 5)[:-1] + " 🎼 café\n" + beat(second(1), 7)
ENCODED = {
    "UTF-8 with a mark": codecs.BOM_UTF8 + NOTE.encode(),
    "UTF-16, little end first": codecs.BOM_UTF16_LE + NOTE.encode("utf-16-le"),
    "UTF-16, big end first": codecs.BOM_UTF16_BE + NOTE.encode("utf-16-be"),
}


@pytest.mark.parametrize("data", ENCODED.values(), ids=ENCODED)
@pytest.mark.parametrize("name", ["a.log", "a.log.gz", "a.zst"])
def test_a_file_with_a_byte_order_mark_is_read_as_what_it_is(logs: Logs, name: str, data: bytes) -> None:
    packed = {".gz": gzip.compress, ".zst": lambda raw: pa.compress(raw, codec="zstd", asbytes=True)}
    logs.put(name, packed.get(Path(name).suffix, bytes)(data))

    told = logs.read()

    assert told.durations == {name: [5, 7]}
    assert counted(told.scans[name], "undecodable") == 0
    assert told.scans[name].load()["line"].tolist() == [1, 2]


@pytest.mark.parametrize("name", ["a.log", "a.log.gz"])
def test_a_single_line_behind_a_mark_needs_no_line_feed(logs: Logs, name: str) -> None:
    data = codecs.BOM_UTF8 + beat(second(0))[:-1].encode()
    logs.put(name, gzip.compress(data) if name.endswith(".gz") else data)

    assert logs.read().durations == {name: [5]}


def test_a_large_file_in_utf_16_and_its_compressed_copy_are_one_content(logs: Logs) -> None:
    data = codecs.BOM_UTF16_LE + ("€" * 60 + "\n" + beat(second(0))).encode("utf-16-le") * (40 << 20 >> 8)
    logs.put("a.log", data)
    logs.put("b.log.gz", gzip.compress(data, 1))

    assert logs.read().duplicates == {"b.log.gz": "a.log"}


def test_half_a_character_of_utf_16_at_the_end_costs_no_line(logs: Logs) -> None:
    logs.put("a.log", codecs.BOM_UTF16_LE + (TWO + beat(second(2), 9)[:-1]).encode("utf-16-le") + b"x")

    assert logs.read().durations == {"a.log": [5, 7, 9]}


def test_nul_bytes_are_bytes_like_others(logs: Logs) -> None:
    # What a crash of the machine leaves behind in a log: a hole, then the next line.
    logs.put("a.log", beat(second(0)).encode() + b"\0" * 5000 + beat(second(1), 7).encode())

    told = logs.read()

    assert told.durations == {"a.log": [5, 7]}
    assert told.scans["a.log"].lines == 2


ENDINGS = {
    "carriage returns and line feeds": TWO.replace("\n", "\r\n"),
    "both": beat(second(0))[:-1] + "\r\n" + beat(second(1), 7),
    "no final line feed": TWO[:-1],
    "a final carriage return": TWO[:-1] + "\r",
}


@pytest.mark.parametrize("text", ENDINGS.values(), ids=ENDINGS)
def test_lines_end_in_line_feeds_with_or_without_carriage_returns(logs: Logs, text: str) -> None:
    rule = {"id": "end", "kind": "success", "event": "theme:x", "pattern": r"in (?P<duration>\d+)ms$"}
    config = config_with(lambda settings: settings["logs"].update(profile=None, rules=[rule]))
    logs.put("a.log", text)

    told = logs.read(config)

    assert told.durations == {"a.log": [5, 7]}
    assert told.scans["a.log"].lines == 2


def test_a_line_of_nothing_but_a_carriage_return_is_an_empty_line(logs: Logs) -> None:
    logs.put("a.log", beat(second(0)) + "\r\n\r\r\n\r" + "\n" + beat(second(1), 7))

    told = logs.read()

    assert told.durations == {"a.log": [5, 7]}
    assert (told.scans["a.log"].lines, counted(told.scans["a.log"], "untimed")) == (5, 3)


def test_millions_of_empty_lines_are_lines(logs: Logs) -> None:
    empty = 3_000_000
    logs.put("a.log", beat(second(0)) + "\n" * empty + beat(second(1), 7))

    told = logs.read()

    assert told.scans["a.log"].lines == empty + 2
    assert counted(told.scans["a.log"], "untimed") == empty
    assert told.scans["a.log"].load()["line"].tolist() == [1, empty + 2]


def test_an_empty_file_tells_nothing_and_is_nothing_to_worry_about(logs: Logs) -> None:
    logs.put("a.log", "")
    logs.put("b.log", codecs.BOM_UTF8)

    told = logs.read()

    assert {name: (scan.lines, scan.runs) for name, scan in told.scans.items()} == {
        "a.log": (0, []),
        "b.log": (0, []),
    }
    assert told.quarantine == {}


# --- lines without measure ----------------------------------------------------------------------------------

WATCHED = r"""
import json, re, resource, sys
from pathlib import Path
from upath import UPath
from slo_assets.logs.folder import LogFolder
from slo_assets.periods import parse_instant
from slo_assets_tests.situations import shipped_config

root = UPath(sys.argv[1])
scans, account = LogFolder(root / "logs", root / "scans", shipped_config(), parse_instant(sys.argv[2])).read()
status = Path("/proc/self/status")
if status.exists():  # Linux counts a parent's memory before exec as its child's in getrusage
    peak = int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text()).group(1)) << 10
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({
    "durations": {scan.file: scan.load()["duration_ms"].tolist() for scan in scans},
    "overLong": {scan.file: sum(month["overLong"] for month in scan.months.values()) for scan in scans},
    "lines": {scan.file: scan.lines for scan in scans},
    "samples": [[sample["line"], sample["reason"], len(sample["text"])] for scan in scans for sample in scan.flawed],
    "quarantine": account["quarantine"],
    "megabytes": peak >> 20,
}))
"""


def watched(root: Path) -> Any:
    """What a folder told in a process of its own, and the most memory that the process had."""
    done = subprocess.run([sys.executable, "-c", WATCHED, str(root), NOW], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("ending", ["\n" + beat(second(2), 9), ""], ids=["between two lines", "never finished"])
@pytest.mark.parametrize("name", ["a.log", "a.log.gz"])
def test_an_endless_line_is_counted_and_its_first_bytes_are_read_in_little_memory(
    logs: Logs, name: str, ending: str
) -> None:
    path = logs.put(name, "")
    with gzip.open(path, "wb", 1) if name.endswith(".gz") else path.open("wb") as file:
        file.write((beat(second(0)) + beat(second(1), 7)[:-1]).encode())
        for _ in range(OVER_LONG_MEGABYTES):
            file.write(b"x" * (1 << 20))
        file.write(ending.encode())

    told = watched(logs.root)

    assert told["quarantine"] == []
    assert told["durations"] == {name: [5, 7, 9] if ending else [5, 7]}
    assert told["lines"] == {name: 3 if ending else 2}
    assert told["overLong"] == {name: 1}
    assert told["samples"] == [[2, "overLong", 200]]
    assert told["megabytes"] < MEMORY_MEGABYTES


def test_what_stands_behind_the_limit_of_a_line_is_not_looked_at(logs: Logs) -> None:
    config = config_with(lambda settings: settings["logs"].update(maxLineBytes=1024))
    logs.put("a.log", second(0) + " " + "x" * 2000 + " " + beat(second(1), 7) + beat(second(2), 9))

    told = logs.read(config)

    assert told.durations == {"a.log": [9]}
    assert counted(told.scans["a.log"], "overLong") == 1


@pytest.mark.parametrize("size", [1 << 20, 2 << 20], ids=["over the end of a slice", "in one slice"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "compressed"])
def test_an_over_long_json_line_is_malformed_wherever_slices_end(
    logs: Logs, monkeypatch: pytest.MonkeyPatch, pack: Callable[[bytes], bytes], size: int
) -> None:
    monkeypatch.setattr("slo_assets.logs.lines.SLICE", size)
    config = config_with(lambda settings: settings["logs"].update(profile="json-lines", maxLineBytes=1 << 16))
    one = '{"time": "%s", "event": "theme:x", "duration_ms": %d, "text": "%s"}\n'
    lines = [one % (second(number), number, "x" * (1 << 17 if number == 950 else 1000)) for number in range(1000)]
    name = "a.log.gz" if pack is gzip.compress else "a.log"
    logs.put(name, pack("".join(lines).encode()))

    told = logs.read(config)

    assert told.durations == {name: [*range(950), *range(951, 1000)]}
    assert (counted(told.scans[name], "overLong"), counted(told.scans[name], "malformed")) == (1, 1)


@pytest.mark.parametrize(("size", "over_long"), [(1024, 0), (1025, 1)], ids=["as long as allowed", "a byte more"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", ""], ids=["line feed", "carriage return", "none"])
def test_a_line_is_over_long_by_the_byte(logs: Logs, size: int, over_long: int, ending: str) -> None:
    config = config_with(lambda settings: settings["logs"].update(maxLineBytes=1024))
    logs.put("a.log", beat(second(0))[:-1].ljust(size, "x") + ending)

    assert counted(logs.read(config).scans["a.log"], "overLong") == over_long


# --- archives -----------------------------------------------------------------------------------------------

GZIPPED = gzip.compress(LONG.encode(), mtime=0)


def zstd(text: str, *, checksum: bool = False) -> bytes:
    """A Zstandard frame; with a checksum it holds what it is given as it is, since pyarrow writes no checksums."""
    if not checksum:
        return bytes(pa.compress(text.encode(), codec="zstd", asbytes=True))
    data = text.encode()
    assert len(data) < 1 << 16, "one block"
    # Magic number, descriptor (single segment, checksum, two bytes of size less 256), size, one last raw block.
    frame = b"\x28\xb5\x2f\xfd" + bytes([0x64]) + (len(data) - 256).to_bytes(2, "little")
    block = (len(data) << 3 | 1).to_bytes(3, "little") + data
    import xxhash

    return frame + block + xxhash.xxh64_intdigest(data).to_bytes(8, "little")[:4]


ZSTANDARD, CHECKED = zstd(LONG), zstd(LONG, checksum=True)
WHOLE = {
    "a gzip file": ("a.log.gz", GZIPPED),
    "several gzip members": (
        "a.log.gz",
        b"".join(gzip.compress(LONG.encode()[at : at + 9999]) for at in range(0, len(LONG), 9999)),
    ),
    "gzip members with zeros behind": ("a.log.gz", GZIPPED + bytes(512)),
    "a Zstandard frame": ("a.log.zst", ZSTANDARD),
    "a Zstandard frame with a checksum": ("a.log.zst", CHECKED),
    "several Zstandard frames": ("a.zst", b"".join(zstd(LONG[at : at + 9999]) for at in range(0, len(LONG), 9999))),
}


@pytest.mark.parametrize(("name", "data"), WHOLE.values(), ids=WHOLE)
def test_an_archive_is_read_to_its_last_member(logs: Logs, name: str, data: bytes) -> None:
    logs.put(name, data)

    told = logs.read()

    assert told.quarantine == {}
    assert told.durations == {name: list(range(500))}


DAMAGED = {
    "a gzip file cut in the middle": ("bad.log.gz", GZIPPED[: len(GZIPPED) // 2]),
    "a gzip file of which only the head is there": ("bad.log.gz", GZIPPED[:10]),
    "a gzip file cut before its checksum": ("bad.log.gz", GZIPPED[:-8]),
    "a gzip file of which the second member is cut": ("bad.log.gz", GZIPPED + GZIPPED[:100]),
    "a gzip file with a wrong checksum": ("bad.log.gz", GZIPPED[:-5] + bytes([GZIPPED[-5] ^ 255]) + GZIPPED[-4:]),
    "a gzip file with other bytes in it": ("bad.log.gz", GZIPPED[:10] + b"\xff" * 30 + GZIPPED[40:]),
    "a gzip file with text behind it": ("bad.log.gz", GZIPPED + TWO.encode()),
    "text that is called gzip": ("bad.log.gz", LONG.encode()),
    "a Zstandard file cut in the middle": ("bad.log.zst", ZSTANDARD[: len(ZSTANDARD) // 2]),
    "a Zstandard file with a checksum, cut in the middle": ("bad.log.zst", CHECKED[: len(CHECKED) // 2]),
    "a Zstandard file cut in its checksum": ("bad.log.zst", CHECKED[:-2]),
    "a Zstandard file with a wrong checksum": ("bad.log.zst", CHECKED[:-1] + bytes([CHECKED[-1] ^ 255])),
    "a Zstandard file of which the second frame is cut": ("bad.log.zst", ZSTANDARD + ZSTANDARD[:20]),
    "a Zstandard file with other bytes in it": ("bad.log.zst", ZSTANDARD[:6] + b"\xff" * 30 + ZSTANDARD[36:]),
    "text that is called Zstandard": ("bad.log.zst", LONG.encode()),
}


@pytest.mark.parametrize(("name", "data"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_archive_is_set_aside_with_the_reason_and_costs_no_other_file(
    logs: Logs, name: str, data: bytes
) -> None:
    logs.put("a.log", TWO)
    logs.put(name, data)
    logs.put("z.log", beat(second(9), 9))

    told = logs.read()

    assert list(told.quarantine) == [name]
    assert told.quarantine[name].startswith("unreadable: ")
    assert len(told.quarantine[name]) > len("unreadable: ")
    assert told.durations == {"a.log": [5, 7], "z.log": [9]}


def test_an_empty_archive_is_a_file_that_was_not_finished_or_an_empty_log(logs: Logs) -> None:
    logs.put("empty.log.gz", gzip.compress(b""))
    logs.put("nothing.log.gz", b"")

    told = logs.read()

    assert {name: scan.lines for name, scan in told.scans.items()} == {"empty.log.gz": 0}
    assert told.duplicates == {"nothing.log.gz": "empty.log.gz"}


def test_an_archive_is_read_once_it_is_complete(logs: Logs) -> None:
    logs.put("a.log.gz", GZIPPED[:1000])
    assert list(logs.read().quarantine) == ["a.log.gz"]

    logs.put("a.log.gz", GZIPPED)

    told = logs.read()
    assert (told.quarantine, told.scans["a.log.gz"].lines) == ({}, 500)


# --- files that change while they are read ------------------------------------------------------------------


class Acting(Executor):
    """Does the work at once, in this thread, and acts before it; told how often it was asked."""

    def __init__(self, before: Callable[[int], None]) -> None:
        self.before, self.asked = before, 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.asked += 1
        future: Future[Any] = Future()
        try:
            self.before(self.asked)
            future.set_result(fn(*args, **kwargs))
        except Exception as problem:
            future.set_exception(problem)
        return future


def acting(before: Callable[[int], None]) -> Workers:
    return Workers(Acting(before), 0)


def on_first(act: Callable[[], Any]) -> Workers:
    return acting(lambda asked: act() if asked == 1 else None)


def test_a_file_that_grows_while_it_is_read_tells_what_it_held_and_the_rest_next_time(logs: Logs) -> None:
    path = logs.put("a.log", TWO)

    def grow() -> None:
        with path.open("a") as file:
            file.write(beat(second(2), 9))

    assert logs.read(workers=on_first(grow)).durations == {"a.log": [5, 7]}
    assert logs.read().durations == {"a.log": [5, 7, 9]}


def test_a_line_that_is_being_written_is_read_anew_when_it_is_complete(logs: Logs) -> None:
    path = logs.put("a.log", beat(second(0)) + beat(second(1), 77)[:-4])
    assert logs.read().durations == {"a.log": [5]}

    with path.open("a") as file:
        file.write("7ms\n" + beat(second(2), 9))

    told = logs.read()
    assert told.durations == {"a.log": [5, 77, 9]}
    assert told.scans["a.log"].lines == 3


CHANGES: dict[str, Callable[[Path], Any]] = {
    "truncated": lambda path: os.truncate(path, len(LONG) // 2),
    "emptied": lambda path: os.truncate(path, 0),
    "rotated": lambda path: (path.rename(path.with_name("rotated.txt")), path.write_text(beat(second(8), 8))),
    "replaced by one as long": lambda path: (
        path.with_name("new").write_text(LONG.replace("toggle", "change")),
        path.with_name("new").rename(path),
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_file_that_changes_while_it_is_read_is_read_again(logs: Logs, change: Callable[[Path], Any]) -> None:
    path = logs.put("a.log", LONG)

    told = logs.read(workers=on_first(lambda: change(path)))

    assert told.quarantine == {}
    assert told.scans["a.log"].lines == len(path.read_text().splitlines())
    assert told.scans["a.log"].digest == logs.read().scans["a.log"].digest


@pytest.mark.parametrize("name", ["a.log", "a.log.gz"])
def test_a_file_that_never_stands_still_is_set_aside_after_three_attempts_with_the_reason(
    logs: Logs, name: str
) -> None:
    pack = gzip.compress if name.endswith(".gz") else bytes
    path = logs.put(name, pack(LONG.encode()))
    logs.put("b.log", TWO)

    def rotate(asked: int) -> None:
        path.with_name("new").write_bytes(pack((beat(second(asked), asked) * (100 + asked)).encode()))
        path.with_name("new").rename(path)

    workers = acting(rotate)
    told = logs.read(workers=workers)

    assert list(told.quarantine) == [name]
    assert "while it was being read" in told.quarantine[name]
    assert "next run" in told.quarantine[name]
    assert told.durations == {"b.log": [5, 7]}
    assert isinstance(workers.executor, Acting)
    assert workers.executor.asked == ATTEMPTS + 1
    assert list(logs.read().quarantine) == []


def test_a_file_that_disappears_before_it_is_read_is_not_there(logs: Logs) -> None:
    path = logs.put("a.log", TWO)
    logs.put("b.log", beat(second(9), 9))

    told = logs.read(workers=on_first(path.unlink))

    assert (told.durations, told.quarantine) == ({"b.log": [9]}, {})


def test_a_file_that_is_here_and_that_others_do_not_find_is_set_aside(logs: Logs) -> None:
    logs.put("a.log", TWO)

    def miss(_asked: int) -> None:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", "/elsewhere/a.log")

    told = logs.read(workers=acting(miss))

    assert told.scans == {}
    assert "No such file or directory" in told.quarantine["a.log"]


def test_a_file_of_the_future_that_changes_before_it_is_read_up_to_the_clock_is_set_aside(logs: Logs) -> None:
    path = logs.put("a.log", TWO + beat("2026-01-01T00:00:00Z"))

    def change(asked: int) -> None:
        if asked == 2:  # its second reading, up to the clock
            path.write_text(path.read_text().replace("in 7ms", "in 8ms"))

    told = logs.read(workers=acting(change))

    assert told.scans == {}
    assert "while it was being read" in told.quarantine["a.log"]


def test_events_that_were_lost_from_the_cache_are_never_taken_from_another_content(logs: Logs) -> None:
    path = logs.put("a.log", TWO)
    scan = logs.read().scans["a.log"]
    shutil.rmtree(logs.root / "scans")

    path.write_text(TWO + beat(second(2), 9))
    assert scan.load()["duration_ms"].tolist() == [5, 7]

    shutil.rmtree(logs.root / "scans")
    path.write_text(TWO.replace("in 7ms", "in 8ms"))
    with pytest.raises(OSError, match="while it was being read"):
        scan.load()


# --- file systems that refuse -------------------------------------------------------------------------------


class Obstructed(LocalFileSystem):
    """The local file system with mishaps: what is called before something is done with a name."""

    protocol = "obstructed"
    cachable = False
    mishaps: ClassVar[dict[tuple[str, str], Callable[[], None]]] = {}

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        return super()._strip_protocol(str(path).removeprefix("obstructed://"))

    def ls(self, path: str, detail: bool = False, **kwargs: Any) -> Any:
        self._mishap("ls", path)
        return super().ls(path, detail, **kwargs)

    def info(self, path: str, **kwargs: Any) -> Any:
        self._mishap("info", path)
        return super().info(path, **kwargs)

    def open(self, path: str, mode: str = "rb", **kwargs: Any) -> Any:
        self._mishap("open", path)
        return super().open(path, mode, **kwargs)

    def _mishap(self, what: str, path: str) -> None:
        self.mishaps.get((what, Path(path).name), lambda: None)()


def failing(problem: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise problem

    return fail


@pytest.fixture
def obstructed(logs: Logs) -> Iterator[Callable[[Mapping[tuple[str, str], Callable[[], None]]], UPath]]:
    fsspec.register_implementation(Obstructed.protocol, Obstructed, clobber=True)

    def folder(mishaps: Mapping[tuple[str, str], Callable[[], None]]) -> UPath:
        Obstructed.mishaps = dict(mishaps)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that nobody tested this file system
            return UPath(f"obstructed://{logs.files}")

    yield folder
    Obstructed.mishaps = {}


Obstruct = Callable[[Mapping[tuple[str, str], Callable[[], None]]], UPath]
DENIED = PermissionError(errno.EACCES, "Permission denied")


def test_a_file_that_may_not_be_read_is_set_aside_and_costs_no_other(logs: Logs, obstructed: Obstruct) -> None:
    logs.put("a.log", TWO)
    logs.put("b.log", TWO)

    told = logs.read(folder=obstructed({("open", "a.log"): failing(DENIED)}))

    assert list(told.quarantine) == ["a.log"]
    assert "Permission denied" in told.quarantine["a.log"]
    assert told.durations == {"b.log": [5, 7]}


def test_a_folder_that_may_not_be_listed_is_set_aside_and_costs_no_other(logs: Logs, obstructed: Obstruct) -> None:
    logs.put("closed/a.log", TWO)
    logs.put("open/b.log", TWO)

    told = logs.read(folder=obstructed({("ls", "closed"): failing(DENIED)}))

    assert list(told.quarantine) == ["closed"]
    assert "Permission denied" in told.quarantine["closed"]
    assert told.durations == {"open/b.log": [5, 7]}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_what_the_system_does_not_let_us_read_is_set_aside(logs: Logs) -> None:
    logs.put("a.log", TWO).chmod(0)
    closed = logs.put("closed/b.log", TWO).parent
    closed.chmod(0)

    told = logs.read()
    closed.chmod(0o700)

    assert list(told.quarantine) == ["a.log", "closed"]


def test_a_folder_that_disappears_while_it_is_looked_through_has_no_files(logs: Logs, obstructed: Obstruct) -> None:
    gone = logs.put("gone/a.log", TWO).parent
    logs.put("stays/b.log", TWO)

    def remove() -> None:
        for path in gone.iterdir():
            path.unlink()
        gone.rmdir()

    told = logs.read(folder=obstructed({("ls", "gone"): remove}))

    assert (told.durations, told.quarantine) == ({"stays/b.log": [5, 7]}, {})


def test_a_file_that_disappears_between_the_listing_and_the_reading_is_not_there(
    logs: Logs, obstructed: Obstruct
) -> None:
    path = logs.put("a.log", TWO)
    logs.put("b.log", beat(second(9), 9))

    told = logs.read(folder=obstructed({("open", "a.log"): lambda: path.unlink(missing_ok=True)}))

    assert (told.durations, told.quarantine) == ({"b.log": [9]}, {})


def test_a_file_that_is_truncated_before_its_first_byte_is_read_is_read_again(logs: Logs, obstructed: Obstruct) -> None:
    path = logs.put("a.log", LONG)
    opened: list[int] = []

    def truncate() -> None:
        opened.append(path.stat().st_size)
        if len(opened) == 2:  # the first time it was looked at what it is
            path.write_text(TWO)

    told = logs.read(folder=obstructed({("open", "a.log"): truncate}))

    assert (told.durations, told.quarantine) == ({"a.log": [5, 7]}, {})


def test_a_device_that_fails_while_it_is_read_is_told_in_its_own_words(logs: Logs, obstructed: Obstruct) -> None:
    logs.put("a.log", TWO)
    broken = OSError(errno.EIO, "Input/output error")

    told = logs.read(folder=obstructed({("open", "a.log"): failing(broken)}))

    assert "Input/output error" in told.quarantine["a.log"]


def test_a_file_that_was_left_alone_is_not_opened_again(logs: Logs, obstructed: Obstruct) -> None:
    os.utime(logs.put("a.log", TWO), (1, 1))
    assert logs.read(folder=obstructed({})).durations == {"a.log": [5, 7]}

    told = logs.read(folder=obstructed({("open", "a.log"): failing(DENIED)}))

    assert (told.durations, told.quarantine) == ({"a.log": [5, 7]}, {})


def test_a_full_disk_under_the_cache_stops_the_reading_and_is_not_blamed_on_the_logs(logs: Logs) -> None:
    logs.put("a.log", TWO)
    (logs.root / "scans").write_text("no folder")

    with pytest.raises(OSError, match="scans"):
        logs.read()


# --- what is called a log and is none -----------------------------------------------------------------------


def test_links_are_followed_and_those_that_lead_nowhere_or_in_circles_hold_nothing(logs: Logs, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "linked.log").write_text(TWO)
    logs.put("2025/b.log", beat(second(9), 9))
    (logs.files / "folder").symlink_to(outside)
    (logs.files / "again").symlink_to(outside)
    (logs.files / "file.log").symlink_to(outside / "linked.log")
    (logs.files / "2025" / "up").symlink_to(logs.files)
    (logs.files / "self.log").symlink_to(logs.files / "self.log")
    (logs.files / "here.log").symlink_to(logs.files / "there.log")
    (logs.files / "there.log").symlink_to(logs.files / "here.log")
    (logs.files / "dangling.log").symlink_to(logs.files / "nowhere.log")

    told = logs.read()

    assert told.quarantine == {}
    assert sorted([*told.scans, *told.duplicates]) in (
        ["2025/b.log", "again/linked.log", "file.log"],
        ["2025/b.log", "file.log", "folder/linked.log"],
    )
    assert len(told.scans) == 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipes_and_devices_are_no_files_and_nobody_waits_for_them(logs: Logs) -> None:
    os.mkfifo(logs.files / "pipe.log")
    (logs.files / "zero.log").symlink_to("/dev/zero")
    (logs.files / "folder.log").mkdir()
    logs.put("a.log", TWO)

    told = logs.read()

    assert (told.durations, told.quarantine) == ({"a.log": [5, 7]}, {})


NAMES = {
    "a line feed": b"two\nlines.log",
    "markup": b"<script>alert(1)&amp;.log",
    "quotes and backslashes": b'"it\'s"\\n.log',
    "blanks and a percent sign": b" 100% real #1?.log",
    "an asterisk and brackets": b"[a*]{b}.log",
    "no UTF-8": b"caf\xe9.log",
    "200 characters": b"x" * 196 + b".log",
    "a name of nothing but the suffix": b".log",
    "a colon": b"c:d.log",
    "other scripts": "журнал-日誌-🎼.log".encode(),
}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow other names")
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("url", ["", "file://"], ids=["a path", "a URL"])
def test_a_file_may_have_any_name(logs: Logs, url: str, name: bytes) -> None:
    (logs.files / os.fsdecode(name)).write_text(TWO)
    (logs.files / os.fsdecode(b"copy-of-" + name)[:200]).with_suffix(".log").write_text(TWO)
    shown: list[str] = []

    told = logs.read(folder=UPath(f"{url}{logs.files}"), progress=shown.append)

    (scan,) = told.scans.values()
    assert scan.load()["duration_ms"].tolist() == [5, 7]
    assert len(told.duplicates) == 1
    assert len({*told.scans, *told.duplicates}) == 2
    assert all(text.encode() for text in shown)
    assert logs.read().scans[scan.file].lines == 2


# --- times --------------------------------------------------------------------------------------------------


def test_a_clock_that_goes_back_loses_no_line_and_gives_no_negative_duration(logs: Logs) -> None:
    logs.put(
        "a.log",
        f"{second(50)} Attempting to mount plugin: A\n{second(10)} Plugin mounted successfully: A\n{beat(second(60))}",
    )

    told = logs.read()

    durations = told.durations["a.log"]
    assert durations[0] != durations[0], "the clock went back: no duration"
    assert durations[1:] == [5]
    assert told.scans["a.log"].runs == [(parse_instant(second(10)), parse_instant(second(60)))]


AGES = {
    "year 1": ("0001-01-01T00:00:00Z", "0001-01"),
    "1970": ("1970-01-01T00:00:00Z", "1970-01"),
    "before 1970": ("1969-12-31T23:59:59.999999Z", "1969-12"),
    "1900, which was no leap year": ("1900-02-28T23:59:59Z", "1900-02"),
}


@pytest.mark.parametrize(("moment", "month"), AGES.values(), ids=AGES)
def test_a_line_of_another_age_belongs_to_its_own_month(logs: Logs, moment: str, month: str) -> None:
    logs.put("a.log", TWO + beat(moment, 9))

    told = logs.read()

    assert {key: counts["lines"] for key, counts in told.scans["a.log"].months.items()} == {month: 1, "2025-11": 2}
    assert told.instants["a.log"][2] == parse_instant(moment)


FUTURES = {
    "a second after the clock": "2025-12-24T12:00:01Z",
    "in another century": "2999-06-01T00:00:00Z",
    "the last instant of all": "9999-12-31T23:59:59.999999Z",
}


@pytest.mark.parametrize("moment", FUTURES.values(), ids=FUTURES)
def test_a_line_later_than_the_clock_is_set_aside_with_those_that_take_its_time(logs: Logs, moment: str) -> None:
    logs.put("a.log", beat(second(0)) + beat(moment, 8) + "no time of its own\n" + beat(second(1), 7))

    told = logs.read()

    assert told.durations == {"a.log": [5, 7]}
    assert told.future == {"a.log": 2}
    assert told.scans["a.log"].runs == [(parse_instant(second(0)), parse_instant(second(1)))]


NO_INSTANTS = {
    "29 February of a common year": "2025-02-29T12:00:00Z",
    "29 February 1900": "1900-02-29T12:00:00Z",
    "31 April": "2025-04-31T12:00:00Z",
    "month 13": "2025-13-01T12:00:00Z",
    "hour 24": "2025-11-10T24:00:00Z",
    "second 60": "2025-11-10T12:00:60Z",
    "year 0": "0000-01-01T00:00:00Z",
    "before year 1, by its offset": "0001-01-01T00:00:00+01:00",
    "after year 9999, by its offset": "9999-12-31T23:59:59-01:00",
}


@pytest.mark.parametrize("moment", NO_INSTANTS.values(), ids=NO_INSTANTS)
def test_a_line_with_a_time_that_no_calendar_has_takes_the_time_of_the_line_before(logs: Logs, moment: str) -> None:
    logs.put("a.log", beat(second(0)) + beat(moment, 7))

    told = logs.read()

    assert told.instants == {"a.log": [parse_instant(second(0))] * 2}
    assert counted(told.scans["a.log"], "untimed") == 1


def test_29_february_of_a_leap_year_is_a_day(logs: Logs) -> None:
    logs.put("a.log", beat("2024-02-29T23:59:59.999Z"))

    assert logs.read().instants == {"a.log": [parse_instant("2024-02-29T23:59:59.999Z")]}


EDGES = {
    "milliseconds": ("2025-10-31T23:59:59.999Z", "2025-11-01T00:00:00.000Z"),
    "microseconds": ("2025-10-31T23:59:59.999999Z", "2025-11-01T00:00:00.000000Z"),
    "nanoseconds, which are cut": ("2025-10-31T23:59:59.999999999Z", "2025-11-01T00:00:00.000000000Z"),
    "another zone": ("2025-11-01T01:59:59.999+02:00", "2025-11-01T02:00:00+02:00"),
}


@pytest.mark.parametrize(("before", "after"), EDGES.values(), ids=EDGES)
def test_the_last_instant_of_a_month_and_the_next_one_are_in_two_months(logs: Logs, before: str, after: str) -> None:
    logs.put("a.log", beat(before) + beat(after, 7))

    scan = logs.read().scans["a.log"]

    assert {key: counts["lines"] for key, counts in scan.months.items()} == {"2025-10": 1, "2025-11": 1}
    assert len(scan.runs) == 1


def test_two_time_zones_in_one_file_are_one_time(logs: Logs) -> None:
    moments = ("2025-11-10 13:00:00.000 +01:00", "2025-11-10T12:00:01Z", "2025-11-10T07:00:02-0500")
    logs.put("a.log", "".join(map(beat, moments)))

    assert logs.read().instants == {"a.log": [parse_instant(second(number)) for number in range(3)]}


WALL_CLOCKS = {
    "before the hour that is left out": ("2025-03-30 01:59:59", "2025-03-30T00:59:59Z"),
    "in the hour that is left out": ("2025-03-30 02:30:00", "2025-03-30T01:30:00Z"),
    "after the hour that is left out": ("2025-03-30 03:00:00", "2025-03-30T01:00:00Z"),
    "before the hour that comes twice": ("2025-10-26 01:59:59", "2025-10-25T23:59:59Z"),
    "in the hour that comes twice": ("2025-10-26 02:30:00", "2025-10-26T00:30:00Z"),
    "after the hour that comes twice": ("2025-10-26 03:00:00", "2025-10-26T02:00:00Z"),
    "with an offset in the hour that comes twice": ("2025-10-26 02:30:00+01:00", "2025-10-26T01:30:00Z"),
}


@pytest.mark.parametrize(("wall", "instant"), WALL_CLOCKS.values(), ids=WALL_CLOCKS)
def test_a_time_without_an_offset_is_that_of_the_zone_also_when_clocks_change(
    logs: Logs, wall: str, instant: str
) -> None:
    config = config_with(lambda settings: settings["logs"].update(dialect={"time": {"zone": "Europe/Berlin"}}))
    logs.put("a.log", beat(wall))

    assert logs.read(config).instants == {"a.log": [parse_instant(instant)]}


# --- copies -------------------------------------------------------------------------------------------------


def test_one_file_under_several_names_counts_once_also_compressed(logs: Logs) -> None:
    logs.put("a.log", LONG)
    logs.put("archive/a-2025-11-10.log", LONG)
    logs.put("b.log.gz", GZIPPED)
    logs.put("c.log.zst", CHECKED)

    told = logs.read()

    assert list(told.scans) == ["archive/a-2025-11-10.log"]
    assert sorted(told.duplicates) == ["a.log", "b.log.gz", "c.log.zst"]


def test_a_copy_is_a_copy_also_when_one_of_them_grew_into_it(logs: Logs) -> None:
    path = logs.put("a.log", LONG * 60)
    logs.put("b.log", LONG * 60 + TWO)
    assert path.stat().st_size > CHUNK
    assert logs.read().duplicates == {}

    with path.open("a") as file:
        file.write(TWO)

    assert logs.read().duplicates == {"b.log": "a.log"}


def test_a_stream_that_ends_in_the_middle_of_a_block_is_damaged_however_little_is_missing(logs: Logs) -> None:
    packed = zlib.compressobj(wbits=31)
    data = packed.compress(LONG.encode()) + packed.flush(zlib.Z_SYNC_FLUSH)
    logs.put("a.log.gz", data)

    assert "unreadable" in logs.read().quarantine["a.log.gz"]
