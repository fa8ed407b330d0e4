"""A file's rows to its operations: ends with their durations, and starts that no end took."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from slo_assets.config import SloConfig
from slo_assets.domain.event_log import FAILURE, FILE_COLUMNS, SUCCESS, UNFINISHED, Columns, Labels
from slo_assets.logs.pairing import pair
from slo_assets.logs.pieces import texts_of
from slo_assets.logs.rules import FAILURE as FAILED
from slo_assets.logs.rules import START
from slo_assets.logs.timestamps import Ints

Codes = npt.NDArray[np.signedinteger[Any]]
Floats = npt.NDArray[np.float64]
#: The place of a kind among the categories of events.
KINDS = (SUCCESS, FAILURE, UNFINISHED)
#: The columns of a file's events while they grow; a name is its number.
TYPES = FILE_COLUMNS | dict.fromkeys(("kind", "event", "component"), "int8")


class Names(dict[str, int]):
    """Numbers for names, from 0 on in the order in which they are met."""

    def __missing__(self, name: str) -> int:
        """The next number."""
        self[name] = len(self)
        return self[name]

    def codes(self, names: pa.Array) -> Codes:
        """The number of each name, -1 for none, as narrow as they are."""
        encoded = names if isinstance(names, pa.DictionaryArray) else names.dictionary_encode()
        numbers = [*(self[name] for name in encoded.dictionary.to_pylist()), -1]
        found: Codes = np.array(numbers, np.min_scalar_type(-len(self) - 1))[encoded.indices.fill_null(-1).to_numpy()]
        return found


@dataclass
class _Rows:
    """Rows of a file, by column; those of names hold their numbers."""

    line: Ints
    instant: Ints
    stamp: Ints
    kind: npt.NDArray[np.int8]
    key: Ints
    event: Codes
    component: Codes
    said: Floats  # infinite where the line says no duration

    def of(self, chosen: npt.NDArray[Any]) -> _Rows:
        """Some of the rows."""
        return _Rows(*(column[chosen] for column in vars(self).values()))

    def and_then(self, others: _Rows) -> _Rows:
        """These rows, and others after them."""
        return _Rows(*map(np.concatenate, zip(vars(self).values(), vars(others).values(), strict=True)))


def operations(tables: Iterable[pa.Table], config: SloConfig) -> Columns:
    """The operations of a file.

    Args:
        tables: its rows, in their order; columns of :data:`~slo_assets.logs.pieces.ROWS`.
        config: says whose an event is.

    Returns:
        The columns of :data:`~slo_assets.domain.event_log.FILE_COLUMNS` in the order of the lines, counted from 1.
    """
    found = _Operations(config)
    for table in tables:
        if len(table):
            found.add(table)
    return found.columns()


class _Column:
    """Values that grow in number, and names' numbers also in width; room that is not used yet costs nothing."""

    def __init__(self, kind: str) -> None:
        self._room, self._count = np.empty(1 << 16, kind), 0

    def extend(self, values: npt.NDArray[Any]) -> None:
        """Add some at the end."""
        count, kind = self._count + len(values), self._room.dtype
        if kind.kind == "i":
            kind = np.promote_types(kind, np.min_scalar_type(-1 - int(values.max(initial=0))))
        if count > len(self._room) or kind != self._room.dtype:
            room = np.empty(max(count, len(self._room) * (4 if count > len(self._room) else 1)), kind)
            room[: self._count] = self.values
            self._room = room
        self._room[self._count : count] = values
        self._count = count

    @property
    def values(self) -> npt.NDArray[Any]:
        """All of them, shape (values,)."""
        return self._room[: self._count]


class _Operations:
    """Turns the rows of a file to operations, table by table: columns that grow, and starts that wait."""

    def __init__(self, config: SloConfig) -> None:
        self._keys, self._events, self._components = Names(), Names(), Names()
        self._component_of = cache(config.component_of)
        self._columns = {name: _Column(kind) for name, kind in TYPES.items()}
        self._opened: _Rows | None = None

    def add(self, table: pa.Table) -> None:
        """Take the next rows in: an end is an operation, a start waits for its end."""
        rows = self._rows(table)
        if self._opened:
            rows = self._opened.and_then(rows)
        starts = pair(rows.key, rows.kind)
        self._opened = rows.of((rows.kind == START) & (starts < 0))
        ends = np.flatnonzero(rows.kind != START)
        since, said = _since(rows, ends, starts[ends]), rows.said[ends]
        self._keep(rows, ends, (rows.kind[ends] == FAILED).astype(np.int8), np.where(np.isinf(said), since, said))

    def columns(self) -> Columns:
        """All operations, with the starts that no end took."""
        if self._opened:
            every = np.arange(len(self._opened.line))
            kinds = np.full(len(every), KINDS.index(UNFINISHED), np.int8)
            self._keep(self._opened, every, kinds, np.full(len(every), np.nan))
        columns: Columns = {name: column.values for name, column in self._columns.items()}
        lines = columns["line"]
        if (lines[1:] < lines[:-1]).any():
            order = np.argsort(lines, kind="stable")
            for name in columns:
                columns[name] = columns[name][order]
        for name, names in (("kind", KINDS), ("event", self._events), ("component", self._components)):
            columns[name] = Labels(columns[name], tuple(names))
        return columns

    def _keep(self, rows: _Rows, places: Ints, kinds: npt.NDArray[np.int8], durations: Floats) -> None:
        taken = (column[places] for column in (rows.line, rows.instant, rows.event, rows.component))
        line, instant, event, component = taken
        kept: tuple[npt.NDArray[Any], ...] = (line + 1, instant, kinds, event, component, durations)
        for column, values in zip(self._columns.values(), kept, strict=True):
            column.extend(values)

    def _rows(self, table: pa.Table) -> _Rows:
        whats, told = texts_of(table)
        event, said = told.field("event").dictionary_encode(), told.field("duration_ms")
        owned = pa.array([self._component_of(key) for key in event.dictionary.to_pylist()], pa.string())
        owners = pc.coalesce(told.field("component"), owned.take(event.indices))
        return _Rows(
            line=table["line"].to_numpy(),
            instant=table["instant"].to_numpy(),
            stamp=table["stamp"].to_numpy(),
            kind=told.field("kind").to_numpy()[whats],
            key=self._keys.codes(told.field("key")).astype(np.int64)[whats],
            event=self._events.codes(event)[whats],
            component=self._components.codes(owners)[whats],
            said=np.where(np.asarray(said.is_null()), np.inf, said.fill_null(0).to_numpy())[whats],
        )


def _since(rows: _Rows, ends: Ints, starts: Ints) -> Floats:
    """Milliseconds since the start of each end, NaN where it has none.

    None either where the clock went back between the two, and where no line from the start on told a time of
    its own: then the two share one instant, which says nothing about a duration.
    """
    took = rows.instant[ends] - rows.instant[starts]
    known = (starts >= 0) & (took >= 0) & (rows.stamp[ends] != rows.stamp[starts])
    return np.where(known, took / 1000, np.nan)
