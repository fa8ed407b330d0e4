"""Event logs and scans as Parquet and back, checked with pyarrow alone."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_assets.domain.event_log import COLUMNS, FILE_COLUMNS, EventLog, FileScan, Outage, event_frame
from slo_assets.storage.event_tables import from_event_log, from_scan, to_event_log, to_scan

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
instants = st.integers(-(10**15), 4 * 10**15)
durations = st.none() | st.floats(0, 1e9)
file_rows = st.tuples(
    st.integers(1, 10**7),
    instants,
    st.sampled_from(["success", "failure", "unfinished"]),
    texts,
    st.none() | texts,
    durations,
)
log_rows = st.tuples(texts, file_rows, st.booleans()).map(lambda row: (row[0], *row[1], row[2]))
spans = st.lists(st.tuples(instants, instants).map(lambda pair: (min(pair), max(pair))), max_size=3)
by_file = st.dictionaries(texts, spans, max_size=3)
outages = st.builds(Outage, component=texts, file=texts, line=st.integers(1, 99), start=instants, end=instants)
counts = st.dictionaries(texts, st.integers(1, 9), max_size=2)
accounts = st.fixed_dictionaries(
    {
        "files": st.lists(
            st.fixed_dictionaries({"file": texts, "sha256": texts, "lines": st.integers(1, 9)}), max_size=2
        ),
        "lines": st.integers(0, 99),
        "latest": st.none() | instants,
        "matched": counts,
        "unmapped": counts,
        "quarantine": st.lists(st.fixed_dictionaries({"file": texts, "reason": texts}), max_size=2),
        "duplicates": st.lists(st.fixed_dictionaries({"file": texts, "sameAs": texts}), max_size=2),
        "future": counts,
    }
)


def frame(rows: list[tuple[Any, ...]], columns: dict[str, str]) -> pd.DataFrame:
    return event_frame({name: [row[n] for row in rows] for n, name in enumerate(columns)}, columns)


def rows_of(events: pd.DataFrame) -> list[tuple[Any, ...]]:
    return [tuple(None if pd.isna(cell) else cell for cell in row) for row in events.itertuples(index=False, name=None)]


def types_of(events: pd.DataFrame) -> dict[str, str]:
    return {str(name): str(kind) for name, kind in events.dtypes.items()}


logs = st.builds(
    lambda rows, runs, silences, found, account: (rows, EventLog(frame(rows, COLUMNS), runs, silences, found, account)),
    st.lists(log_rows, max_size=6),
    by_file,
    by_file,
    st.lists(outages, max_size=2),
    accounts,
)
scans = st.builds(
    lambda rows, runs, months, lines, undecodable: (
        rows,
        FileScan(frame(rows, FILE_COLUMNS), runs, months, lines, undecodable=undecodable),
    ),
    st.lists(file_rows, max_size=6),
    spans,
    st.dictionaries(
        st.sampled_from(["2025-10", "2025-11"]),
        st.fixed_dictionaries({"lines": st.integers(1, 9), "latest": instants, "matched": counts, "unmapped": counts}),
        max_size=2,
    ),
    st.integers(0, 99),
    st.integers(0, 9),
)


@settings(max_examples=30, deadline=None)
@given(logs)
def test_an_event_log_survives_being_written_and_read(made: tuple[list[tuple[Any, ...]], EventLog]) -> None:
    rows, log = made

    read = to_event_log(from_event_log(log))

    assert rows_of(read.events) == rows
    assert types_of(read.events) == COLUMNS == types_of(log.events)
    assert (read.runs, read.silences, read.outages, read.account) == (log.runs, log.silences, log.outages, log.account)
    assert from_event_log(read) == from_event_log(log)


@settings(max_examples=30, deadline=None)
@given(scans)
def test_a_scan_survives_being_written_and_read(made: tuple[list[tuple[Any, ...]], FileScan]) -> None:
    rows, scan = made

    read = to_scan(from_scan(scan))

    assert rows_of(read.events) == rows
    assert types_of(read.events) == FILE_COLUMNS
    assert (read.runs, read.months, read.lines, read.undecodable) == (
        scan.runs,
        scan.months,
        scan.lines,
        scan.undecodable,
    )
    assert (read.file, read.digest, read.future) == ("", "", 0)


@settings(max_examples=30, deadline=None)
@given(st.lists(log_rows, min_size=1, max_size=5))
def test_other_tools_read_the_events_as_they_are_with_instants_in_utc(rows: list[tuple[Any, ...]]) -> None:
    table = pq.read_table(io.BytesIO(from_event_log(EventLog(frame(rows, COLUMNS)))))

    assert table.column_names == list(COLUMNS)
    assert table.schema.field("instant").type == pa.timestamp("us", tz="UTC")
    place = list(COLUMNS).index("instant")
    told = [(*row[:place], EPOCH + timedelta(microseconds=row[place]), *row[place + 1 :]) for row in rows]
    assert [tuple(row.values()) for row in table.to_pylist()] == told


def test_an_empty_log_keeps_its_columns_and_types() -> None:
    read = to_event_log(from_event_log(EventLog()))

    assert rows_of(read.events) == []
    assert types_of(read.events) == COLUMNS
    assert read.account == EventLog().account


def test_an_unknown_duration_is_neither_zero_nor_lost() -> None:
    rows = [(1, 0, "success", "a", None, None), (2, 0, "success", "a", "", 0.0)]

    read = to_scan(from_scan(FileScan(frame(rows, FILE_COLUMNS), [], {}, 2)))

    assert read.events["duration_ms"].isna().tolist() == [True, False]
    assert read.events["component"].isna().tolist() == [True, False]


def test_the_bytes_do_not_depend_on_the_order_in_which_files_were_found() -> None:
    runs = {"b.log": [(1, 2)], "a.log": [(3, 4)]}
    account = EventLog().account

    one = EventLog(runs=runs, account=account)
    other = EventLog(runs=dict(reversed(runs.items())), account=dict(reversed(account.items())))

    assert from_event_log(one) == from_event_log(other)


def test_the_log_that_is_read_does_not_share_anything_with_the_next_reading() -> None:
    data = from_event_log(EventLog(runs={"a.log": [(1, 2)]}))

    to_event_log(data).runs.clear()

    assert to_event_log(data).runs == {"a.log": [(1, 2)]}


SCAN = from_scan(
    FileScan(frame([(1, 5, "success", "theme:a", "theme", 1.5)] * 3, FILE_COLUMNS), [(5, 5)], {"1970-01": {}}, 3)
)


def parquet(note: Any, columns: dict[str, list[Any]]) -> bytes:
    table = pa.table(columns)
    buffer = io.BytesIO()
    text = json.dumps(note).encode()
    checksum = hashlib.sha256(text).hexdigest().encode()
    metadata = {} if note is None else {b"slo_assets": text, b"slo_assets.sha256": checksum}
    pq.write_table(table.replace_schema_metadata(metadata), buffer)
    return buffer.getvalue()


WHOLE_NOTE = {"runs": [], "months": {}, "lines": 0, "undecodable": 0}
WHOLE = {
    "line": [1],
    "instant": [EPOCH],
    "kind": ["success"],
    "event": ["theme:a"],
    "component": ["theme"],
    "duration_ms": [1.5],
}
NO_SCANS = {
    "nothing": b"",
    "text": b"hello",
    "the two ends of a Parquet file": b"PAR1PAR1",
    "half": SCAN[: len(SCAN) // 2],
    "another table": parquet(WHOLE_NOTE, {"a": [1]}),
    "a column too few": parquet(WHOLE_NOTE, {name: cells for name, cells in WHOLE.items() if name != "event"}),
    "no note": parquet(None, WHOLE),
    "a note that is a list": parquet([], WHOLE),
    "a note without runs": parquet({name: value for name, value in WHOLE_NOTE.items() if name != "runs"}, WHOLE),
    "a note with something more": parquet({**WHOLE_NOTE, "colour": "red"}, WHOLE),
    "runs that are none": parquet({**WHOLE_NOTE, "runs": [7]}, WHOLE),
}


def test_the_tables_in_which_mistakes_are_made_have_none() -> None:
    assert rows_of(to_scan(parquet(WHOLE_NOTE, WHOLE)).events) == [(1, 0, "success", "theme:a", "theme", 1.5)]


@pytest.mark.parametrize("data", NO_SCANS.values(), ids=NO_SCANS)
def test_bytes_that_are_no_scan_are_refused_as_a_wrong_value(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        to_scan(data)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, len(SCAN) - 1))
def test_a_scan_that_was_cut_anywhere_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        to_scan(SCAN[:length])
