"""Parts of a file: whatever the shares, chunks and borders, together they are the file."""

from __future__ import annotations

import codecs
import gzip
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from upath import UPath

from slo_assets.config import Dialect, Logs, Reading
from slo_assets.logs import lines as lines_module
from slo_assets.logs import parts as module
from slo_assets.logs import ranges
from slo_assets.logs.files import ChangedWhileReadError
from slo_assets.logs.machine import NEVER
from slo_assets.logs.parts import (
    CHUNK,
    SHARE,
    WORTH,
    Part,
    Read,
    Settings,
    Whole,
    in_order,
    joined,
    share,
    work,
)
from slo_assets.logs.pieces import Piece
from slo_assets.logs.ranges import digest, digests
from slo_assets.logs.workers import Workers
from slo_assets_tests.logs.reading import MARKS, reader, rows_of

LOGS = Logs.model_validate({"profile": "renderx", "maxLineBytes": 1024})
READING = Reading(dialect=Dialect(), rules=MARKS)
SETTINGS = Settings.of(LOGS, READING)


def told(piece: Piece) -> dict[str, Any]:
    """Everything that a piece tells, in a form that can be compared."""
    return {name: value for name, value in vars(piece).items() if name != "rows"} | {"rows": rows_of(piece.rows)}


def whole(data: bytes, until: int = NEVER) -> Piece:
    return reader(until=until, maxLineBytes=1024).read([memoryview(data.removeprefix(codecs.BOM_UTF8))])


def part(path: UPath, start: int, stop: int, *, until: int = NEVER) -> Part:
    """A share of a file as it stands."""
    size = path.stat().st_size
    return Part(path, SETTINGS, start, stop, start, stop, size, start == 0, until)


marks = st.sampled_from(["x", " +a", " -a", " !b", " -b 7ms", "", "2025-11-10T12:00:0", "\r", "é"])
stamps = st.integers(0, 59).map("2025-11-10T12:00:{:02d}Z".format)
lines = st.lists(
    st.tuples(st.just("") | stamps, marks).map("".join).map(str.encode)
    | st.sampled_from([b"\xff", b"y" * 1300, b"y" * 1026]),
    max_size=12,
)
contents = st.tuples(st.sampled_from([b"", b"", codecs.BOM_UTF8]), lines, st.sampled_from([b"", b"\n"])).map(
    lambda drawn: drawn[0] + b"\n".join(drawn[1]) + drawn[2]
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> UPath:
    return UPath(tmp_path_factory.mktemp("parts") / "app.log")


@settings(max_examples=200, deadline=None)
@given(
    contents,
    st.data(),
    st.sampled_from([1, 7, 64, 1 << 16]),
    st.integers(1, 100),
    st.sampled_from([NEVER, 1_762_776_030_000_000]),
)
def test_shares_of_a_file_are_the_file_wherever_their_borders_are(
    path: UPath, content: bytes, data: st.DataObject, beyond: int, size: int, until: int
) -> None:
    path.write_bytes(content)
    # No border lies within the mark of UTF-8, whose three bytes belong to the first line.
    borders = st.integers(4, max(4, len(content))).map(lambda border: min(border, len(content)))
    edges = [0, *sorted(data.draw(st.lists(borders, max_size=6))), len(content)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BEYOND", beyond)
        patch.setattr(lines_module, "SLICE", size)
        read = [part(path, start, stop, until=until).read() for start, stop in pairwise(edges)]

    assert told(joined([one.whole for one in read], SETTINGS, until)) == told(whole(content, until))
    assert sum(one.length for one in read) == len(content)


BORDERS = {
    "within a line": (b"2025-11-10T12:00:00Z -a\n -b\n", 10),
    "before a line feed": (b"2025-11-10T12:00:00Z -a\n -b\n", 23),
    "after a line feed": (b"2025-11-10T12:00:00Z -a\n -b\n", 24),
    "after an empty line": (b"2025-11-10T12:00:00Z -a\n\n\n -b\n", 25),
    "within the last line": (b"2025-11-10T12:00:00Z -a\n -b", 26),
    "between carriage return and line feed": (b"2025-11-10T12:00:00Z -a\r\n -b\r\n", 24),
    "within a character": ("2025-11-10T12:00:00Z 🎼 -a\n -b\n".encode(), 23),
    "within a line that is too long": (b"x" * 5000 + b"\n -b\n", 2000),
    "within a line that is too long and the last": (b" -b\n" + b"x" * 5000, 2000),
}


@pytest.mark.parametrize("beyond", [1, 64])
@pytest.mark.parametrize(("content", "border"), BORDERS.values(), ids=BORDERS)
def test_a_line_belongs_to_the_share_in_which_it_begins(
    path: UPath, monkeypatch: pytest.MonkeyPatch, content: bytes, border: int, beyond: int
) -> None:
    monkeypatch.setattr(module, "BEYOND", beyond)
    path.write_bytes(content)

    first, second = part(path, 0, border).read(), part(path, border, len(content)).read()

    begun = content[: border - 1].count(b"\n") + 1 if border else 0
    assert (first.piece.lines, second.piece.lines) == (begun, whole(content).lines - begun)
    assert told(joined([first.whole, second.whole], SETTINGS)) == told(whole(content))


def test_of_a_line_that_is_too_long_no_more_is_read_than_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    path = UPath("memory://over-long-of-test-parts/app.log")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"y" * 100_000 + b"\n -b\n")
    monkeypatch.setattr(module, "BEYOND", 64)
    asked: list[int] = []
    fetch = type(path.fs).cat_file

    def recording(store: Any, where: str, start: int, end: int) -> bytes:
        asked.append(end - start)
        return fetch(store, where, start=start, end=end)

    monkeypatch.setattr(type(path.fs), "cat_file", recording)

    read = part(path, 0, 10).read()

    assert (read.piece.lines, read.piece.samples[0].reason) == (1, "overLong")
    assert sum(asked) < 5 * 1024


@settings(max_examples=100, deadline=None)
@given(contents, st.data(), st.sampled_from([1, 7, 64, 1 << 16]), st.integers(1, 60))
def test_a_share_of_an_object_is_that_of_a_file_and_asked_for_at_once(
    path: UPath, content: bytes, data: st.DataObject, beyond: int, size: int
) -> None:
    stored = UPath("memory://shares-of-test-parts/app.log")
    stored.parent.mkdir(parents=True, exist_ok=True)
    start = data.draw(st.integers(4, max(4, len(content))).map(lambda border: min(border, len(content))))
    for file in (path, stored):
        file.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BEYOND", beyond)
        patch.setattr(lines_module, "SLICE", size)
        here, there = (part(file, start, len(content)).read() for file in (path, stored))

    assert (told(here.whole), here.chunks, here.length) == (told(there.whole), there.chunks, there.length)


def test_a_share_in_which_no_line_begins_has_none_but_its_digest(path: UPath) -> None:
    path.write_bytes(b"y" * 100 + b"\n -b\n")

    read = part(path, 10, 20).read()

    assert (read.piece.lines, read.chunks, read.length) == (0, (digest(b"y" * 10),), 10)


def test_a_file_that_became_shorter_is_told(path: UPath) -> None:
    path.write_bytes(b"2025-11-10T12:00:00Z -a\n" * 9)
    job = part(path, 24, 100)
    path.write_bytes(b"2025-11-10T12:00:00Z -a\n")

    with pytest.raises(ChangedWhileReadError, match="shorter"):
        job.read()


def test_bytes_that_are_written_to_a_file_meanwhile_are_left_for_the_next_reading(path: UPath) -> None:
    path.write_bytes(b"2025-11-10T12:00:00Z -a\n -b")
    job = part(path, 0, 27)
    path.write_bytes(b"2025-11-10T12:00:00Z -a\n -bcd\n -e\n")

    read = job.read()

    assert [row["event"] for row in rows_of(read.whole.rows)] == ["a", "b"]


# --- how large shares are ------------------------------------------------------------------------------------


@given(st.integers(0, 20 << 30), st.integers(1, 64))
def test_shares_are_whole_chunks_no_larger_than_the_largest(length: int, workers: int) -> None:
    found = share(length, workers)

    assert CHUNK <= found <= SHARE
    assert found % CHUNK == 0


@pytest.mark.parametrize(
    ("length", "workers", "expected"),
    [
        (0, 2, [0]),
        (WORTH, 2, [WORTH]),
        (2 * WORTH, 2, [2 * WORTH]),
        (40 << 20, 2, [20 << 20] * 2),
        (40 << 20, 1, [20 << 20] * 2),
        (3 * SHARE, 2, [24 << 20] * 4),
        ((64 << 20) + 1, 2, [(16 << 20) + CHUNK] * 3 + [(16 << 20) + 1 - 3 * CHUNK]),
    ],
)
def test_the_workers_who_share_a_file_have_the_same_to_do(length: int, workers: int, expected: list[int]) -> None:
    step = share(length, workers)

    assert [min(step, length - start) for start in range(0, max(length, 1), step)] == expected


# --- a file that is one part --------------------------------------------------------------------------------

STORED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "plain": ("app.log", bytes),
    "gzip": ("app.log.gz", gzip.compress),
}


@settings(max_examples=150, deadline=None)
@given(contents, st.integers(3, 200), st.integers(1, 3), st.integers(1, 60), st.sampled_from(list(STORED)))
def test_a_file_that_is_read_slice_by_slice_is_the_file_wherever_slices_and_pieces_end(
    path: UPath, content: bytes, size: int, piece: int, chunk: int, stored: str
) -> None:
    name, store = STORED[stored]
    file = path.parent / name
    file.write_bytes(store(content))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines_module, "SLICE", size)
        patch.setattr(module, "PIECE", piece)
        patch.setattr(ranges, "CHUNK", chunk)
        read = Whole(file, SETTINGS, NEVER).read()
        chunks = digests(memoryview(content))

    assert told(read.whole) == told(whole(content))
    assert (read.chunks, read.length) == (chunks, len(content))


def test_lines_without_a_year_go_on_from_piece_to_piece(path: UPath, monkeypatch: pytest.MonkeyPatch) -> None:
    reading = Reading(dialect=Dialect.model_validate({"time": {"format": "syslog"}}), rules=MARKS, year=2024)
    path.write_bytes(b"Dec 31 23:59:59 -a\nJan  1 00:00:00 -b\n" * 3)
    job = Whole(path, Settings.of(LOGS, reading), NEVER)
    at_once = [row["instant"] for row in rows_of(job.read().whole.rows)]
    monkeypatch.setattr(lines_module, "SLICE", 20)
    monkeypatch.setattr(module, "PIECE", 1)

    assert [row["instant"] for row in rows_of(job.read().whole.rows)] == at_once
    assert len(at_once) == 6
    assert len(set(at_once)) == 2


# --- settings and digests -----------------------------------------------------------------------------------


def test_settings_hold_everything_that_decides_how_a_file_is_read_and_nothing_else() -> None:
    assert SETTINGS.limits.max_line_bytes == 1024
    assert Settings.of(LOGS.model_copy(update={"sources": ()}), READING) == SETTINGS
    others = [
        Settings.of(Logs.model_validate({"profile": "renderx", "maxLineBytes": 1025}), READING),
        Settings.of(Logs.model_validate({"profile": "renderx", "maxLineBytes": 1024, "silenceMinutes": 4.0}), READING),
        Settings.of(LOGS, READING.model_copy(update={"rules": MARKS[:2]})),
        Settings.of(LOGS, READING.model_copy(update={"year": 2024})),
    ]
    assert len({SETTINGS, *others}) == 5


@pytest.mark.parametrize(("form", "sequential"), [("iso", False), ("clf", False), ("syslog", True)])
def test_a_file_whose_times_need_the_line_before_is_one_part(form: str, sequential: bool) -> None:
    reading = Reading(dialect=Dialect.model_validate({"time": {"format": form}}), rules=MARKS)

    assert Settings.of(LOGS, reading).sequential == sequential


# --- side by side -------------------------------------------------------------------------------------------


class Recording(Executor):
    """Begins jobs and ends them when it is told to."""

    def __init__(self) -> None:
        self.begun: list[Any] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **_: Any) -> Future[Any]:
        self.begun.append(args[0])
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args))
        except OSError as problem:
            future.set_exception(problem)
        return future


@pytest.mark.parametrize("ahead", [1, 3])
def test_no_more_parts_are_begun_than_may_wait_for_the_first_result(path: UPath, ahead: int) -> None:
    path.write_bytes(b" -a\n" * 20)
    executor, taken = Recording(), []

    def jobs() -> Iterator[tuple[int, Part]]:
        for number in range(20):
            assert len(executor.begun) - len(taken) <= ahead + 1
            yield number, part(path, 4 * number, 4 * number + 4)

    for tag, job, future in in_order(Workers(executor, ahead), jobs()):
        taken.append((tag, job.start, future.result().piece.lines))

    assert taken == [(number, 4 * number, 1) for number in range(20)]


def test_results_come_in_the_order_of_the_jobs_whichever_is_done_first(path: UPath) -> None:
    path.write_bytes(b"".join(b" -a%d\n" % number * (1 + 50 * (number % 7 == 0)) for number in range(40)))
    size = path.stat().st_size
    borders = [*range(0, size, 37), size]
    with ThreadPoolExecutor(4) as executor:
        jobs = ((start, part(path, start, stop)) for start, stop in pairwise(borders))
        results = [(tag, future.result()) for tag, _, future in in_order(Workers(executor, 3), jobs)]

    assert [tag for tag, _ in results] == borders[:-1]
    assert told(joined([read.whole for _, read in results], SETTINGS)) == told(whole(path.read_bytes()))


def test_a_job_that_fails_costs_no_other(path: UPath) -> None:
    path.write_bytes(b" -a\n" * 3)
    gone = Part(path.parent / "gone.log", SETTINGS, 0, 4, 0, 4, 4, True, NEVER)
    jobs: list[tuple[str, Part]] = [("one", part(path, 0, 4)), ("two", gone), ("three", part(path, 4, 12))]
    with ThreadPoolExecutor(2) as executor:
        futures = [future for _, _, future in in_order(Workers(executor, 1), jobs)]

    assert isinstance(futures[1].exception(), FileNotFoundError)
    assert [future.result().piece.lines for future in (futures[0], futures[2])] == [1, 2]


@pytest.mark.parametrize(
    ("here", "large", "handed_over"),
    [(False, False, 2), (True, False, 0), (True, True, 2)],
    ids=["another machine", "threads, small parts", "threads, large parts"],
)
def test_a_small_part_is_read_by_whoever_asks_where_threads_would_do_it(
    path: UPath, monkeypatch: pytest.MonkeyPatch, here: bool, large: bool, handed_over: int
) -> None:
    path.write_bytes(b" -a\n" * 3)
    gone = Part(path.parent / "gone.log", SETTINGS, 0, 4, 0, 4, 4, True, NEVER)
    monkeypatch.setattr(module, "SMALL", 3 if large else 4)
    executor = Recording()

    jobs: list[tuple[str, Part]] = [("one", part(path, 0, 4)), ("gone", gone)]
    done = [future for _, _, future in in_order(Workers(executor, 1, here=here), jobs)]

    assert len(executor.begun) == handed_over
    assert done[0].result().piece.lines == 1
    with pytest.raises(FileNotFoundError):
        done[1].result()


def test_a_single_part_is_read_by_whoever_asks_however_large_it_is(
    path: UPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(b" -a\n" * 3)
    monkeypatch.setattr(module, "SMALL", 3)
    executor = Recording()

    ((_, _, done),) = in_order(Workers(executor, 1, here=True), [("one", part(path, 0, 12))])

    assert (done.result().piece.lines, executor.begun) == (3, [])


def test_a_part_travels_to_another_process_and_back(path: UPath, tmp_path: Path) -> None:
    import pickle

    path.write_bytes(b"2025-11-10T12:00:00Z -a\n")

    read: Read = pickle.loads(pickle.dumps(work(pickle.loads(pickle.dumps(part(path, 0, 24))))))  # noqa: S301

    assert told(read.whole) == told(whole(path.read_bytes()))
