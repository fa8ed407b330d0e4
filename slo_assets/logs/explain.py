"""What the rules make of each line at a file's beginning: how one sees which rules to write next.

Each line is read as a piece of its own, and the pieces are joined like those of any file: what is told here is
what a run counts.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
from upath import UPath

from slo_assets.config import Dialect, SloConfig
from slo_assets.logs.files import UNREADABLE, UTF8_MARK, blocks, open_log, readable_name
from slo_assets.logs.machine import NONE
from slo_assets.logs.names import name_instant
from slo_assets.logs.operations import operations
from slo_assets.logs.pieces import FLAWS, SAMPLE_BYTES, Month, Piece, PieceReader, dated, join
from slo_assets.logs.rules import KINDS, START
from slo_assets.periods import format_instant

#: So many lines are looked at, and so many shapes of lines are told.
LINES, SHAPES = 1_000, 10
DIGITS = re.compile(r"[0-9]+")
#: What a character of UTF-8 has at most beyond its first byte.
CHARACTER = 4
WRITTEN, PAIRED = "written", "paired"


class ExplainError(OSError):
    """The file cannot be read; the message says why."""


@dataclass(frozen=True)
class Told:
    """What a rule took of a line.

    Attributes:
        kind: start, success or failure.
        component: None where the event belongs to none.
        ms: the duration; None where it is unknown.
        known: whether the duration is written in the line, or paired: the time since its start.
    """

    rule: str
    kind: str
    event: str
    component: str | None
    ms: float | None
    known: str | None


@dataclass(frozen=True)
class Line:
    """One line, and what became of it.

    Attributes:
        number: counted from 1.
        instant: when it was written, in microseconds; None where nothing says it.
        own: whether the line tells that itself.
        flaws: why it cannot be read as it should.
        told: what rules took; several where one line holds several records.
        left: how many of its records no rule took: 1 or 0 of a line of text.
        text: its first bytes.
    """

    number: int
    instant: int | None
    own: bool
    flaws: tuple[str, ...]
    told: tuple[Told, ...]
    left: int
    text: str


@dataclass(frozen=True)
class How:
    """What of the configuration decides how the file is read.

    Attributes:
        source: the name of the source that fits it; None for what stands directly under ``logs``.
        profile: None without one.
        dialect: in words.
        rules: their ids, in their order.
    """

    source: str | None
    profile: str | None
    dialect: str
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Explanation:
    """What the rules make of a file's beginning.

    Attributes:
        file: its path below the log folder, or its name.
        whole: whether the file ends with the last of the lines.
        sums: of the lines, as a run counts them.
        shapes: the most frequent shapes of lines that no rule took, with digits as 0, and how many there are.
    """

    file: str
    how: How
    whole: bool
    lines: tuple[Line, ...]
    sums: Month
    shapes: tuple[tuple[str, int], ...]

    @property
    def unmatched(self) -> int:
        """How many lines no rule took."""
        return self.sums.lines - sum(self.sums.matched.values())

    @property
    def unmapped(self) -> int:
        """How many lines tell of an event of no component."""
        return sum(told.component is None for line in self.lines for told in line.told)


def explain(path: UPath, name: str, config: SloConfig, most: int = LINES) -> Explanation:
    """Read a file's first lines, and tell of each what became of it.

    Args:
        path: the file, compressed or not.
        name: its path below the log folder, or its name: which source reads it.
        config: sources, rules and components.
        most: no more lines are read.

    Raises:
        ExplainError: the file cannot be read.
    """
    reader = PieceReader(config.logs, config.logs.reading(name), path.name)
    texts: list[str] = []
    pieces: list[Piece] = []
    beginning = _beginning(path, reader.limit)
    for line in islice(beginning, most):
        texts.append(_shortened(line, SAMPLE_BYTES).rstrip(b"\r\n").decode(errors="backslashreplace"))
        pieces.append(reader.read([memoryview(line)]))
    first = _first(pieces, path.name)
    whole = join([dated(first), *pieces], 0, 1)
    sums = Month()
    for month in whole.months.values():
        sums.add(month)
    lines = tuple(_lines(texts, pieces, first, _told(whole.rows, config), whole.rows["line"].to_pylist()))
    return Explanation(name, _how(name, config), next(beginning, None) is None, lines, sums, _shapes(lines))


def _first(pieces: Sequence[Piece], name: str) -> int:
    """The instant of lines before the first that tells its time, as a run takes it."""
    told = next((piece.first for piece in pieces if piece.first != NONE), None)
    instant = name_instant(name) if told is None else told
    return NONE if instant is None else instant


def find(file: str, folder: UPath) -> tuple[UPath, str]:
    """A file that a user names, and its path below the log folder, or its name where it lies elsewhere.

    What is not there is looked for below the log folder, as checks name files.

    Raises:
        ExplainError: there is no such file.
    """
    for path in (UPath(file), folder / file):
        if path.is_file():
            return path, _name_below(path, folder)
    msg = f"there is no file {file}, neither here nor below {folder}"
    raise ExplainError(msg)


def _name_below(path: UPath, folder: UPath) -> str:
    # As it is written first: below a linked folder, files have the names that a run gives them.
    for place, root in ((path.absolute(), folder.absolute()), (path.resolve(), folder.resolve())):
        if ".." not in place.parts and place.is_relative_to(root):
            return readable_name(place, root)
    return readable_name(path, path.parent)


def _beginning(path: UPath, limit: int) -> Iterator[bytes]:
    """The lines of a file, one after another, with their line feeds; over-long ones as far as they show as such."""
    try:
        with open_log(path) as stream:
            rest, first = b"", True
            for block in blocks(stream, max(limit, 1 << 16)):
                parts = (rest + block).split(b"\n")
                if first and parts[0].startswith(UTF8_MARK):
                    parts[0] = parts[0][len(UTF8_MARK) :]
                first = False
                rest = _shortened(parts.pop(), limit)
                yield from (_shortened(part, limit) + b"\n" for part in parts)
            if rest:
                yield rest
    except UNREADABLE as problem:
        msg = f"{path} cannot be read: {problem}"
        raise ExplainError(msg) from problem


def _shortened(line: bytes, limit: int) -> bytes:
    """An over-long line as far as it shows as one, without a part of a character at its end."""
    most = limit + 2 + CHARACTER
    if len(line) < most:
        return line
    return line[: next((stop for stop in range(limit + 2, most) if line[stop] & 0xC0 != 0x80), most)]  # noqa: PLR2004


def _told(rows: pa.Table, config: SloConfig) -> list[Told]:
    """What was taken, in the order of the rows."""
    # With its place for its line, each row is found again among the operations.
    numbered = rows.set_column(rows.schema.get_field_index("line"), "line", pa.array(np.arange(len(rows))))
    whats = rows["what"].to_pylist()
    starts = numbered.filter(pa.array([what["kind"] == START for what in whats], pa.bool_()))
    known: dict[int, tuple[str | None, float]] = {}
    for part in (starts, numbered):
        found = operations([part], config)
        names = (*found["component"].names, None)
        entries = zip(found["line"], found["component"].codes, found["duration_ms"], strict=True)
        known |= {int(place) - 1: (names[code], float(ms)) for place, code, ms in entries}
    kinds = {number: kind for kind, number in KINDS.items()}
    return [_entry(what, kinds[what["kind"]], *known[place]) for place, what in enumerate(whats)]


def _entry(what: dict[str, Any], kind: str, owner: str | None, ms: float) -> Told:
    known = None if math.isnan(ms) else PAIRED if what["duration_ms"] is None else WRITTEN
    return Told(what["rule"], kind, what["event"], owner, None if known is None else ms, known)


def _lines(
    texts: Sequence[str], pieces: Sequence[Piece], first: int, told: Sequence[Told], of: Sequence[int]
) -> Iterator[Line]:
    taken: dict[int, list[Told]] = {}
    for number, entry in zip(of, told, strict=True):
        taken.setdefault(number, []).append(entry)
    for number, (text, piece) in enumerate(zip(texts, pieces, strict=True)):
        own = piece.first != NONE
        instant = piece.first if own else first
        yield Line(
            number=number + 1,
            instant=None if instant == NONE else instant,
            own=own,
            flaws=tuple(sample.reason for sample in piece.samples),
            told=tuple(taken.get(number, ())),
            left=sum(month.lines for month in piece.months.values()) - len(piece.rows),
            text=text,
        )
        first = piece.last if own else first


def _shapes(lines: Sequence[Line]) -> tuple[tuple[str, int], ...]:
    shapes: Counter[str] = Counter()
    for line in lines:
        if line.left:
            shapes[DIGITS.sub("0", line.text)] += line.left
    return tuple(shapes.most_common(SHAPES))


def _how(name: str, config: SloConfig) -> How:
    source, reading = config.logs.source(name), config.logs.reading(name)
    decides = source if source and source.says_how else config.logs
    return How(
        source=source.name if source else None,
        profile=decides.profile,
        dialect=_in_words(reading.dialect),
        rules=tuple(rule.id for rule in reading.rules),
    )


def _in_words(dialect: Dialect) -> str:
    time = dialect.time
    place = "at the line's start" if time.at == "start" else "anywhere in the line"
    place = f"after {time.after!r}" if time.after else f"in {', '.join(time.field)}" if time.field else place
    records = f", records in {dialect.records}" if dialect.records else ""
    zone = "" if time.format == "epoch" else f", {time.zone} where they name no offset"
    return f"{dialect.format}{records}, {time.format} times {place}{zone}"


def document(found: Explanation) -> dict[str, Any]:
    """An explanation for machines."""
    return {
        "file": found.file,
        **{name: value for name, value in asdict(found.how).items() if name != "rules"},
        "whole": found.whole,
        "lines": [_line(line) for line in found.lines],
        "summary": {
            "lines": found.sums.lines,
            "matched": {rule: found.sums.matched[rule] for rule in found.how.rules},
            "unmatched": found.unmatched,
            "untimed": found.sums.untimed,
            **{flaw: found.sums.flaws[flaw] for flaw in FLAWS},
            "unmapped": found.unmapped,
        },
        "unmatchedShapes": [{"shape": shape, "lines": count} for shape, count in found.shapes],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "line": line.number,
        "instant": None if line.instant is None else format_instant(line.instant),
        "time": None if line.instant is None else "own" if line.own else "inherited",
        "flaws": list(line.flaws),
        "taken": [
            {
                "rule": told.rule,
                "kind": told.kind,
                "event": told.event,
                "component": told.component,
                "durationMs": told.ms,
                "duration": told.known or "unknown",
            }
            for told in line.told
        ],
        "notTaken": line.left,
        "text": line.text,
    }
