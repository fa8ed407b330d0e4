"""A file's rows to its operations: ends with their durations, and starts that no end took."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from slo_assets.config import SloConfig
from slo_assets.domain.event_log import FAILURE, SUCCESS, UNFINISHED, stacked
from slo_assets.logs.pairing import pair
from slo_assets.logs.pieces import ROWS
from slo_assets.logs.rules import FAILURE as FAILED
from slo_assets.logs.rules import START
from slo_assets.logs.timestamps import Ints

Floats = npt.NDArray[np.float64]


def operations(tables: Iterable[pa.Table], config: SloConfig) -> pd.DataFrame:
    """The operations of a file.

    Args:
        tables: its rows, in their order; columns of :data:`~slo_assets.logs.pieces.ROWS`.
        config: says whose an event is.

    Returns:
        A frame of :data:`~slo_assets.domain.event_log.FILE_COLUMNS` in the order of the lines, counted from 1.
    """
    # An empty frame costs as much as a small one, and most logs are small.
    whole = stacked(list(_ended(tables, config)))
    if whole["line"].is_monotonic_increasing:
        return whole
    return whole.sort_values("line", kind="stable", ignore_index=True)


def _ended(tables: Iterable[pa.Table], config: SloConfig) -> Iterator[pd.DataFrame]:
    opened = ROWS.empty_table()
    for table in tables:
        rows = pa.concat_tables([opened, table]).unify_dictionaries().combine_chunks()
        kinds = rows["kind"].to_numpy()
        starts = pair(_codes(rows["key"]), kinds)
        opened = rows.filter(pa.array((kinds == START) & (starts < 0)))
        ends = np.flatnonzero(kinds != START)
        if len(ends):
            yield _frame(rows.take(pa.array(ends)), _since(rows, ends, starts[ends]), config)
    if len(opened):
        yield _frame(opened, np.full(len(opened), np.nan), config, unfinished=True)


def _codes(column: pa.ChunkedArray) -> Ints:
    return np.asarray(column.combine_chunks().indices).astype(np.int64)


def _since(rows: pa.Table, ends: Ints, starts: Ints) -> Floats:
    """Milliseconds since the start of each end, NaN where it has none.

    None either where the clock went back between the two, and where no line from the start on told a time of
    its own: then the two share one instant, which says nothing about a duration.
    """
    instants, stamps = rows["instant"].to_numpy(), rows["stamp"].to_numpy()
    took = instants[ends] - instants[starts]
    known = (starts >= 0) & (took >= 0) & (stamps[ends] != stamps[starts])
    return np.where(known, took / 1000, np.nan)


def _frame(rows: pa.Table, since: Floats, config: SloConfig, *, unfinished: bool = False) -> pd.DataFrame:
    said = rows["duration_ms"]
    durations = np.where(np.asarray(said.is_null()), since, said.to_numpy())
    kinds = np.full(len(rows), 2) if unfinished else (rows["kind"].to_numpy() == FAILED).astype(np.int8)
    event, named = rows["event"].combine_chunks(), rows["component"].combine_chunks()
    return pd.DataFrame(
        {
            "line": rows["line"].to_numpy() + 1,
            "instant": rows["instant"].to_numpy(),
            "kind": pd.Categorical.from_codes(kinds, pd.Index([SUCCESS, FAILURE, UNFINISHED])),
            "event": pd.Categorical.from_codes(
                np.asarray(event.indices), pd.Index(event.dictionary.to_pylist(), dtype="str")
            ),
            "component": _owners(event, named, config),
            "duration_ms": np.full(len(rows), np.nan) if unfinished else durations,
        }
    )


def _owners(event: pa.DictionaryArray, named: pa.DictionaryArray, config: SloConfig) -> pd.Categorical:
    """Whose each event is: the component that its rule names, else the one that its key says."""
    by_key = [config.component_of(key) for key in event.dictionary.to_pylist()]
    components = sorted({*by_key, *named.dictionary.to_pylist()} - {None, ""})
    place = {component: code for code, component in enumerate(components)}
    codes = np.array([place.get(component, -1) for component in by_key], np.int32)[np.asarray(event.indices)]
    if named.null_count < len(named):
        own = np.array([place.get(name, -1) for name in named.dictionary.to_pylist()], np.int32)
        codes = np.where(np.asarray(named.is_valid()), own[named.indices.fill_null(0).to_numpy()], codes)
    return pd.Categorical.from_codes(codes, pd.Index(components, dtype="str"))
