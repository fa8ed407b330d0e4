"""Event logs as Parquet and back, checked with pyarrow alone."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_assets.domain.event_log import COLUMNS, EventLog, Outage, columns_of, event_frame, stacked
from slo_assets.storage.event_tables import from_event_log, to_event_log

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
            st.fixed_dictionaries({"file": texts, "digest": texts, "lines": st.integers(1, 9), "matched": counts}),
            max_size=2,
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
    """A frame of events as the domain makes it."""
    frame = event_frame({name: [row[n] for row in rows] for n, name in enumerate(columns)}, columns)
    return stacked([columns_of(frame)], columns)


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
    rows = [("a.log", 1, 0, "success", "a", None, None, False), ("a.log", 2, 0, "success", "a", "", 0.0, False)]

    read = to_event_log(from_event_log(EventLog(frame(rows, COLUMNS))))

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


LOG = EventLog(
    frame([("a.log", n, 5, "success", "theme:a", "theme", 1.5, False) for n in range(3)], COLUMNS),
    runs={"a.log": [(5, 5)]},
    account={**EventLog().account, "lines": 3},
)
WRITTEN = from_event_log(LOG)


def with_note(change: Callable[[bytes], bytes]) -> bytes:
    """The log's bytes after a change to the note in the file's metadata."""
    table = pq.read_table(io.BytesIO(WRITTEN))
    note = table.schema.metadata[b"slo_assets"]
    assert change(note) != note
    buffer = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({**table.schema.metadata, b"slo_assets": change(note)}), buffer)
    return buffer.getvalue()


DAMAGED_NOTES: Mapping[str, Callable[[bytes], bytes]] = {
    "another number": lambda note: note.replace(b'"lines":3', b'"lines":8'),
    "cut": lambda note: note[:-5],
    "empty": lambda _: b"",
    "another note": lambda _: json.dumps({"runs": {}, "silences": {}, "outages": []}).encode(),
}


@pytest.mark.parametrize("change", DAMAGED_NOTES.values(), ids=DAMAGED_NOTES)
def test_a_note_that_is_not_the_one_that_was_written_is_refused(change: Callable[[bytes], bytes]) -> None:
    with pytest.raises(ValueError, match="damaged"):
        to_event_log(with_note(change))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, len(WRITTEN) - 1))
def test_a_log_that_was_cut_anywhere_is_refused(length: int) -> None:
    with pytest.raises((ValueError, OSError), match=r"."):
        to_event_log(WRITTEN[:length])


def test_no_wrong_byte_in_the_events_changes_what_is_told() -> None:
    expected = rows_of(LOG.events)
    footer = int.from_bytes(WRITTEN[-8:-4], "little")
    refused = 0
    for place in range(4, len(WRITTEN) - 8 - footer, 7):
        try:
            read = to_event_log(WRITTEN[:place] + bytes([WRITTEN[place] ^ 0xFF]) + WRITTEN[place + 1 :])
        except (ValueError, OSError):
            refused += 1
        else:
            assert rows_of(read.events) == expected, f"byte {place}"
    assert refused > 5
