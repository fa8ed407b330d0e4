"""A file's rows to its operations: ends with their durations, and starts that no end took."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from slo_assets.config import SloConfig
from slo_assets.domain.event_log import FAILURE, FILE_COLUMNS, SUCCESS, UNFINISHED
from slo_assets.logs.pairing import pair
from slo_assets.logs.pieces import ROWS
from slo_assets.logs.rules import FAILURE as FAILED
from slo_assets.logs.rules import START


def operations(tables: Iterable[pa.Table], config: SloConfig) -> pd.DataFrame:
    """The operations of a file.

    Args:
        tables: its rows, in their order; columns of :data:`~slo_assets.logs.pieces.ROWS`.
        config: says whose an event is.

    Returns:
        A frame of :data:`~slo_assets.domain.event_log.FILE_COLUMNS` in the order of the lines, counted from 1.
    """
    frames = list(_ended(tables, config))
    whole = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    return whole.sort_values("line", kind="stable", ignore_index=True).astype(FILE_COLUMNS)


def _ended(tables: Iterable[pa.Table], config: SloConfig) -> Iterator[pd.DataFrame]:
    opened = ROWS.empty_table()
    for table in tables:
        rows = pa.concat_tables([opened, table]).unify_dictionaries().combine_chunks()
        kinds = rows["kind"].to_numpy()
        starts = pair(_codes(rows["key"]), kinds)
        opened = rows.filter(pa.array((kinds == START) & (starts < 0)))
        ends = np.flatnonzero(kinds != START)
        yield _frame(rows.take(pa.array(ends)), _since(rows, ends, starts[ends]), config)
    yield _frame(opened, np.full(len(opened), np.nan), config, unfinished=True)


def _codes(column: pa.ChunkedArray) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.asarray(column.combine_chunks().indices).astype(np.int64)


def _since(rows: pa.Table, ends: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Milliseconds since the start of each end, NaN where it has none.

    None either where the clock went back between the two, and where no line from the start on told a time of
    its own: then the two share one instant, which says nothing about a duration.
    """
    instants, stamps = rows["instant"].to_numpy(), rows["stamp"].to_numpy()
    took = instants[ends] - instants[starts]
    known = (starts >= 0) & (took >= 0) & (stamps[ends] != stamps[starts])
    return np.where(known, took / 1000, np.nan)


def _frame(rows: pa.Table, since: np.ndarray, config: SloConfig, *, unfinished: bool = False) -> pd.DataFrame:
    said = rows["duration_ms"]
    durations = np.where(np.asarray(said.is_null()), since, said.to_numpy())
    kinds = np.where(rows["kind"].to_numpy() == FAILED, FAILURE, SUCCESS)
    event, named = rows["event"].combine_chunks(), rows["component"]
    owners = pa.array([config.component_of(key) for key in event.dictionary.to_pylist()], pa.string())
    component = pc.coalesce(named.cast(pa.string()), owners.take(event.indices))
    return pd.DataFrame(
        {
            "line": rows["line"].to_numpy() + 1,
            "instant": rows["instant"].to_numpy(),
            "kind": pd.Series(UNFINISHED if unfinished else kinds, index=range(len(rows)), dtype="str"),
            "event": event.cast(pa.string()).to_pandas().astype("str"),
            "component": component.to_pandas().astype("str"),
            "duration_ms": np.full(len(rows), np.nan) if unfinished else durations,
        }
    )
