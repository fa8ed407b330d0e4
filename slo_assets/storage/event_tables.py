"""Frames of events as Parquet bytes, with what else belongs to them as JSON in the file's metadata."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from slo_assets.domain.event_log import COLUMNS, EventLog, Outage
from slo_assets.storage.files import sha256

NOTE, NOTE_CHECKSUM = b"slo_assets", b"slo_assets.sha256"
ARROW_TYPES = {"str": pa.string(), "int64": pa.int64(), "float64": pa.float64(), "bool": pa.bool_()}


def from_event_log(log: EventLog) -> bytes:
    """The bytes of a period's log; the same for the same log."""
    note = {"runs": log.runs, "silences": log.silences, "outages": [vars(o) for o in log.outages], **log.account}
    return _to_parquet(log.events, COLUMNS, note)


def to_event_log(data: bytes) -> EventLog:
    """A period's log from its bytes."""
    events, note = _from_parquet(data, COLUMNS)
    runs, silences = (_intervals(note.pop(name)) for name in ("runs", "silences"))
    return EventLog(events, runs, silences, [Outage(**outage) for outage in note.pop("outages")], note)


def from_rows(rows: pa.Table, note: Mapping[str, Any]) -> bytes:
    """The bytes of a fragment: rows of a log file, and what else belongs to them."""
    return _noted(rows, note)


def to_rows(data: bytes) -> tuple[pa.Table, dict[str, Any]]:
    """A fragment's rows and note from its bytes.

    Raises:
        ValueError: the bytes are no fragment (a damaged cache).
    """
    try:
        return _read(data)
    except (pa.ArrowException, KeyError, TypeError) as problem:
        msg = f"not a fragment of a log file: {problem}"
        raise ValueError(msg) from problem


def _to_parquet(events: pd.DataFrame, columns: Mapping[str, str], note: Mapping[str, Any]) -> bytes:
    arrays = {name: pa.array(events[name], type=ARROW_TYPES[kind], from_pandas=True) for name, kind in columns.items()}
    table = pa.table(arrays)
    instants = table["instant"].cast(pa.timestamp("us", tz="UTC"))
    table = table.set_column(table.schema.get_field_index("instant"), "instant", instants)
    return _noted(table, note)


def _noted(table: pa.Table, note: Mapping[str, Any]) -> bytes:
    text = json.dumps(note, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    buffer = io.BytesIO()
    # Parquet's own checksums cover the pages alone.
    noted = table.replace_schema_metadata({NOTE: text.encode(), NOTE_CHECKSUM: sha256(text.encode()).encode()})
    pq.write_table(noted, buffer, compression="zstd", write_page_checksum=True)
    return buffer.getvalue()


def _from_parquet(data: bytes, columns: Mapping[str, str]) -> tuple[pd.DataFrame, dict[str, Any]]:
    table, note = _read(data)
    instants = table["instant"].cast(pa.int64())
    table = table.set_column(table.schema.get_field_index("instant"), "instant", instants)
    return table.to_pandas().astype(columns), note


def _read(data: bytes) -> tuple[pa.Table, dict[str, Any]]:
    table = pq.read_table(pa.BufferReader(data), page_checksum_verification=True)
    metadata = table.schema.metadata or {}
    if sha256(metadata[NOTE]).encode() != metadata[NOTE_CHECKSUM]:
        msg = "the note beside the rows is damaged"
        raise ValueError(msg)
    return table.replace_schema_metadata(None), json.loads(metadata[NOTE])


def _intervals(by_file: dict[str, list[list[int]]]) -> dict[str, list[tuple[int, int]]]:
    return {file: [(start, end) for start, end in found] for file, found in by_file.items()}
