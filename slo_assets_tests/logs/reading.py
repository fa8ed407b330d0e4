"""Lines, dialects and rules in a few words, and what pieces of files tell in a form that can be compared."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from slo_assets.config import Dialect, Logs, Reading, Rule
from slo_assets.logs.machine import NEVER, NONE
from slo_assets.logs.pieces import Piece, PieceReader
from slo_assets.logs.rules import FAILURE, START, SUCCESS

KINDS = {START: "start", SUCCESS: "success", FAILURE: "failure"}
#: Rules for `` +a`` (a start), `` -a`` (a success, perhaps with a duration: `` -a 5ms``) and `` !a`` (a failure).
MARKS = (
    Rule(id="in", kind="start", contains="+", pattern=r" \+(?P<event>\w+)"),
    Rule(id="out", kind="success", contains="-", pattern=r" -(?P<event>\w+)(?: (?P<duration>\d+)ms)?"),
    Rule(id="no", kind="failure", contains="!", pattern=r" !(?P<event>\w+)"),
)


def reader(
    rules: Iterable[Rule] = MARKS,
    dialect: Dialect | None = None,
    *,
    name: str = "app.log",
    year: int | None = None,
    until: int = NEVER,
    **logs: Any,
) -> PieceReader:
    """A reader of lines by these rules; ``logs`` are limits as the configuration writes them."""
    limits = Logs.model_validate({"profile": "renderx", **logs})
    return PieceReader(limits, Reading(dialect=dialect or Dialect(), rules=tuple(rules), year=year), name, until)


def rows_of(rows: pa.Table) -> list[dict[str, Any]]:
    """Rows as dictionaries; kinds in words, and None for no instant."""
    return [
        {**row, **what, "kind": KINDS[what["kind"]], "instant": None if row["instant"] == NONE else row["instant"]}
        for row in rows.to_pylist()
        for what in [row.pop("what")]
    ]


def read(data: bytes, rules: Iterable[Rule] = MARKS, dialect: Dialect | None = None, **others: Any) -> Piece:
    """A piece from its bytes."""
    return reader(rules, dialect, **others).read([memoryview(data)])


def taken(lines: Iterable[bytes | str], rules: Iterable[Rule], dialect: Dialect | None = None) -> list[dict[str, Any]]:
    """What rules take of lines: line (from 0), rule, kind, event, component, key and duration."""
    data = b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines)
    rows = rows_of(read(data, rules, dialect).rows)
    return [{name: value for name, value in row.items() if name not in ("instant", "stamp")} for row in rows]
