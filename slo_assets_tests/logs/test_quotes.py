"""Single lines of logs: the very ones, however the file is stored and cut, or none at all."""

from __future__ import annotations

import gzip
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from upath import UPath

from slo_assets.domain.event_log import FileScan
from slo_assets.domain.quotes import Place, Quote
from slo_assets.logs import folder as folder_module
from slo_assets.logs import parts as parts_module
from slo_assets.logs import quotes as module
from slo_assets.logs import ranges
from slo_assets.logs.folder import LogFolder
from slo_assets.logs.quotes import Quotes
from slo_assets.periods import parse_instant
from slo_assets_tests.situations import shipped_config

NOW = "2025-12-24T12:00:00Z"
TIME = "2025-11-10T12:00:00Z"
LINES = [f"{TIME} line {number}" for number in range(1, 8)]
TEXT = "".join(f"{line}\n" for line in LINES)


@dataclass
class Logs:
    """A folder of logs, what is known of it, and the lines that were found before."""

    root: Path

    def put(self, name: str, data: bytes) -> Path:
        if name.endswith(".gz"):
            data = gzip.compress(data)
        elif name.endswith(".zst"):
            data = pa.compress(data, codec="zstd", asbytes=True)
        path = self.root / "logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (1_700_000_000, 1_700_000_000))
        return path

    def scans(self) -> dict[str, FileScan]:
        """Read the folder, as an observation does."""
        config = shipped_config()
        logs = LogFolder(UPath(self.root / "logs"), UPath(self.root / "scans"), config, parse_instant(NOW))
        return {scan.file: scan for scan in logs.read()[0]}

    def content(self, name: str) -> str:
        return self.scans()[name].digest

    def quotes(self, content: str, lines: Iterable[int]) -> dict[int, Quote]:
        found = Quotes(UPath(self.root / "logs"), UPath(self.root / "scans"), UPath(self.kept)).of(
            {Place(content, line) for line in lines}
        )
        assert {place.content for place in found} <= {content}
        return {place.line: quote for place, quote in found.items()}

    def texts(self, content: str, lines: Iterable[int]) -> dict[int, str]:
        return {line: quote.text for line, quote in self.quotes(content, lines).items()}

    @property
    def kept(self) -> Path:
        return self.root / "quotes" / "2025-11.json"


@pytest.fixture
def logs(tmp_path: Path) -> Logs:
    return Logs(tmp_path)


def small_parts(patch: pytest.MonkeyPatch, chunk: int, chunks: int) -> None:
    """Make parts so small that files of some hundred bytes have many."""
    for place in (folder_module, parts_module, ranges, module):
        patch.setattr(place, "CHUNK", chunk, raising=False)
        patch.setattr(place, "SHARE", chunk * chunks, raising=False)
    patch.setattr(parts_module, "BEYOND", 16)


# --- which line it is ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.log", "deep/down/a.log", "a.log.gz", "a.log.zst"])
def test_a_line_is_found_by_its_number_however_the_file_is_stored(name: str, logs: Logs) -> None:
    logs.put(name, TEXT.encode())

    assert logs.texts(logs.content(name), [1, 4, 7]) == {1: LINES[0], 4: LINES[3], 7: LINES[6]}


SEPARATED = st.lists(st.sampled_from(["x", "", f"{TIME} +", "é", "🎼" * 60, "x\r", "\r", "long " * 50]), max_size=14)


@settings(max_examples=60, deadline=None)
@given(SEPARATED, st.booleans(), st.booleans(), st.sampled_from(["a.log", "a.log.gz"]), st.data())
def test_each_line_is_the_one_that_splitting_the_file_gives(
    lines: list[str], marked: bool, ended: bool, name: str, data: st.DataObject
) -> None:
    written = [f"{TIME} first", *lines]
    content = "\n".join(written) + ("\n" if ended else "")
    # A file that ends with a line feed has no empty line after it.
    expected = written if ended or written[-1] else written[:-1]
    with tempfile.TemporaryDirectory() as root, pytest.MonkeyPatch.context() as patch:
        small_parts(patch, data.draw(st.integers(4, 400)), data.draw(st.integers(1, 3)))
        logs = Logs(Path(root))
        logs.put(name, b"\xef\xbb\xbf" * marked + content.encode())
        digest = logs.content(name)
        wanted = data.draw(st.sets(st.integers(1, len(expected) + 2), min_size=1))

        found = logs.quotes(digest, wanted)

    whole = {number: line.removesuffix("\r") for number, line in enumerate(expected, start=1) if number in wanted}
    assert {number: quote.cut for number, quote in found.items()} == {
        number: len(line.encode()) > module.SAMPLE_BYTES for number, line in whole.items()
    }
    assert {number: quote.text for number, quote in found.items()} == {
        number: line.encode()[: module.SAMPLE_BYTES].decode(errors="ignore") for number, line in whole.items()
    }


@pytest.mark.parametrize(
    ("line", "text", "cut"),
    [
        (b"x" * 200, "x" * 200, False),
        (b"x" * 200 + b"\r", "x" * 200, False),
        (b"x" * 201, "x" * 200, True),
        (b"x" * 199 + "é".encode(), "x" * 199, True),
        (b"x" * 3_000_000, "x" * 200, True),
        (b"\xff\x00 caf\xe9", "\\xff\x00 caf\\xe9", False),
        (b"\xc3", "\\xc3", False),
        (b"<script>\x1b[2J\xe2\x80\xae", "<script>\x1b[2J\u202e", False),
    ],
    ids=["full", "full and a return", "over", "half a character", "over-long", "no UTF-8", "an open end", "hostile"],
)
@pytest.mark.parametrize("name", ["a.log", "a.log.gz"])
def test_of_a_line_the_first_bytes_are_told(line: bytes, text: str, cut: bool, name: str, logs: Logs) -> None:
    logs.put(name, f"{TIME} before\n".encode() + line + b"\nafter\n")

    assert logs.quotes(logs.content(name), [2, 3]) == {2: Quote(text, cut), 3: Quote("after", cut=False)}


def test_utf_16_is_told_as_text(logs: Logs) -> None:
    logs.put("a.log", TEXT.encode("utf-16"))

    assert logs.texts(logs.content("a.log"), [2]) == {2: LINES[1]}


def test_a_file_name_that_is_no_utf_8_is_found(logs: Logs) -> None:
    logs.put(os.fsdecode(b"caf\xe9.log"), TEXT.encode())
    (name,) = logs.scans()

    assert logs.texts(logs.content(name), [2]) == {2: LINES[1]}


# --- whether it still is ------------------------------------------------------------------------------------


def test_a_line_is_found_while_its_file_grows(logs: Logs) -> None:
    path = logs.put("a.log", TEXT.encode())
    content = logs.content("a.log")
    with path.open("a") as file:
        file.write("more\n")

    assert logs.texts(content, [7]) == {7: LINES[6]}


@pytest.mark.parametrize("name", ["a.log", "a.log.gz", "a.log.zst"])
def test_a_file_that_is_another_one_by_now_tells_nothing(name: str, logs: Logs) -> None:
    logs.put(name, TEXT.encode())
    content = logs.content(name)
    logs.put(name, TEXT.replace("line 3", "LINE 3").encode())

    assert logs.texts(content, [3]) == {}


@pytest.mark.parametrize(
    "damage",
    [
        lambda logs: (logs.root / "logs" / "a.log").unlink(),
        lambda logs: (logs.root / "logs" / "a.log").write_bytes(TEXT[:50].encode()),
        lambda logs: (logs.root / "scans" / "index.json").write_text("{"),
        lambda logs: (logs.put("a.log", b"\n"), logs.scans()),
    ],
    ids=["gone", "shorter", "nothing is known of it", "read since, as another"],
)
def test_what_cannot_be_found_is_left_out(damage: Any, logs: Logs) -> None:
    logs.put("a.log", TEXT.encode())
    logs.put("b.log", TEXT.replace("line", "other").encode())
    content, other = logs.content("a.log"), logs.content("b.log")
    damage(logs)

    assert logs.texts(content, [3]) == {}
    if (logs.root / "scans" / "index.json").stat().st_size > 1:
        assert logs.texts(other, [3]) == {3: LINES[2].replace("line", "other")}


def test_a_damaged_file_costs_no_other(logs: Logs) -> None:
    path = logs.put("a.log.gz", TEXT.encode())
    logs.put("b.log", TEXT.replace("line", "other").encode())
    contents = {name: scan.digest for name, scan in logs.scans().items()}
    path.write_bytes(path.read_bytes()[:20])

    wanted = {Place(content, 2) for content in contents.values()}
    found = Quotes(UPath(logs.root / "logs"), UPath(logs.root / "scans"), UPath(logs.kept)).of(wanted)

    assert {place.content for place in found} == {contents["b.log"]}


def test_a_copy_tells_as_well(logs: Logs) -> None:
    path = logs.put("a.log", TEXT.encode())
    content = logs.content("a.log")
    logs.put("rotated.log.gz", TEXT.encode())
    path.unlink()
    logs.scans()

    assert logs.texts(content, [3]) == {3: LINES[2]}


# --- what was found before ----------------------------------------------------------------------------------


def test_a_line_that_was_found_stays_when_its_log_is_gone(logs: Logs) -> None:
    path = logs.put("a.log", TEXT.encode())
    content = logs.content("a.log")
    before = logs.quotes(content, [3, 5])
    path.unlink()
    logs.scans()

    assert logs.quotes(content, [3]) == {3: before[3]}
    assert logs.quotes(content, [5]) == {}, "what nobody wants any longer is not kept"


def test_a_line_that_is_kept_is_not_looked_for(logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    logs.put("a.log", TEXT.encode())
    content = logs.content("a.log")
    logs.quotes(content, [3])
    kept = logs.kept.stat()
    monkeypatch.setattr(module, "log_files", lambda _: pytest.fail("the logs were looked for"))

    assert logs.texts(content, [3]) == {3: LINES[2]}
    assert logs.kept.stat() == kept


def _changed(text: str) -> str:
    kept: Mapping[str, Any] = json.loads(text)
    return json.dumps({**kept, "content": [[place, ["invented", False]] for place, _ in kept["content"]]})


@pytest.mark.parametrize("damage", [lambda _: "", lambda text: text[:-1], lambda _: "[]", _changed])
def test_what_was_kept_and_is_damaged_is_found_anew(damage: Any, logs: Logs) -> None:
    logs.put("a.log", TEXT.encode())
    content = logs.content("a.log")
    logs.quotes(content, [3])
    kept = logs.kept.read_text("utf-8")
    logs.kept.write_text(damage(kept), "utf-8")

    assert logs.texts(content, [3]) == {3: LINES[2]}
    assert logs.kept.read_text("utf-8") == kept


def test_nothing_is_written_where_no_line_is_wanted(logs: Logs) -> None:
    assert logs.texts("none", []) == {}
    assert not logs.kept.exists()
