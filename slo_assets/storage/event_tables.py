"""Frames of events as Parquet bytes, with what else belongs to them as JSON in the file's metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from slo_assets.domain.event_log import COLUMNS, EventLog, Outage
from slo_assets.storage.files import sha256

NOTE, NOTE_CHECKSUM = b"slo_assets", b"slo_assets.sha256"
ARROW_TYPES = {
    "category": pa.dictionary(pa.int32(), pa.string()),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
}
INSTANT = pa.timestamp("us", tz="UTC")
#: So many rows are turned to Parquet at once, which bounds the memory.
ROWS = 1 << 17


def from_event_log(log: EventLog) -> bytes:
    """The bytes of a period's log; the same for the same log."""
    note = {"runs": log.runs, "silences": log.silences, "outages": [vars(o) for o in log.outages], **log.account}
    return _to_parquet(log.events, COLUMNS, note)


def to_event_log(data: bytes) -> EventLog:
    """A period's log from its bytes."""
    events, note = _from_parquet(data)
    runs, silences = (_intervals(note.pop(name)) for name in ("runs", "silences"))
    return EventLog(events, runs, silences, [Outage(**outage) for outage in note.pop("outages")], note)


def _to_parquet(events: pd.DataFrame, columns: Mapping[str, str], note: Mapping[str, Any]) -> bytes:
    text = json.dumps(note, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    # Parquet's own checksums cover the pages alone.
    noted = _schema(columns).with_metadata({NOTE: text.encode(), NOTE_CHECKSUM: sha256(text.encode()).encode()})
    deltas = [name for name, kind in columns.items() if kind == "int64"]
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(
        sink,
        noted,
        compression="lz4",
        use_dictionary=[name for name, kind in columns.items() if kind in {"category", "float64"}],
        column_encoding=dict.fromkeys(deltas, "DELTA_BINARY_PACKED"),
        write_page_checksum=True,
        write_statistics=deltas,
    ) as file:
        for start in range(0, max(len(events), 1), ROWS):
            part = events.iloc[start : start + ROWS]
            arrays = [
                pa.array(part[name], type=ARROW_TYPES[kind], from_pandas=True).cast(noted.field(name).type)
                for name, kind in columns.items()
            ]
            file.write_table(pa.Table.from_arrays(arrays, schema=noted), row_group_size=ROWS)
    return bytes(sink.getvalue())


def _schema(columns: Mapping[str, str]) -> pa.Schema:
    return pa.schema({name: ARROW_TYPES[kind] for name, kind in columns.items()} | {"instant": INSTANT})


def _from_parquet(data: bytes) -> tuple[pd.DataFrame, dict[str, Any]]:
    table = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True).read()
    instants = table["instant"].cast(pa.int64())
    table = table.set_column(table.schema.get_field_index("instant"), "instant", instants)
    metadata = table.schema.metadata or {}
    if sha256(metadata[NOTE]).encode() != metadata[NOTE_CHECKSUM]:
        msg = "the note beside the events is damaged"
        raise ValueError(msg)
    return table.replace_schema_metadata(None).to_pandas(), json.loads(metadata[NOTE])


def _intervals(by_file: dict[str, list[list[int]]]) -> dict[str, list[tuple[int, int]]]:
    return {file: [(start, end) for start, end in found] for file, found in by_file.items()}
