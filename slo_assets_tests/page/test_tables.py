"""Tables for spreadsheets and data tools."""

import csv
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_assets.page.tables import csv_bytes, defused, parquet_bytes, tables
from slo_assets_tests.page.dashboards import busy, empty, hostile


def read(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_a_spreadsheet_would_run_gets_an_apostrophe(begin: str) -> None:
    attack = f"{begin}cmd|' /C calc'!A0"

    assert read(csv_bytes([{"event": attack}])) == [{"event": f"'{attack}"}]


@pytest.mark.parametrize("number", [-28.0635, 0, 1e-9, 12, -5])
def test_numbers_stay_numbers_also_negative_ones(number: float) -> None:
    assert [float(row["left"]) for row in read(csv_bytes([{"left": number}]))] == [number]


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0")))
def test_whatever_a_text_is_no_cell_begins_like_a_formula_and_nothing_of_it_is_lost(text: str) -> None:
    (row,) = read(csv_bytes([{"event": text, "last": "x"}]))

    assert not row["event"].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert row["event"] in (text, f"'{text}")


def test_what_is_unknown_is_an_empty_cell() -> None:
    assert csv_bytes([{"a": None, "b": 0}, {"b": None}]) == b"a,b\r\n,0\r\n,\r\n"


@pytest.mark.parametrize("name", tables(busy()))
def test_every_table_is_the_same_as_csv_and_as_parquet(name: str) -> None:
    rows = tables(busy())[name]
    stored = pq.read_table(pa.BufferReader(parquet_bytes(rows)))

    assert stored.num_rows == len(rows) == len(read(csv_bytes(rows)))
    assert stored.to_pylist()[0] == {column: rows[0].get(column) for column in stored.column_names}
    assert stored.column_names[0] == "period"


def test_tables_hold_the_document_s_figures() -> None:
    document = busy()
    found = tables(document)
    sections = document["dashboard"]["sections"]

    assert [row["latencyP95"] for row in found["components"]] == [
        card["latencyP95"] for card in sections["sliMetrics"]["cards"]
    ]
    assert len(found["objectives"]) == 4 * 5
    assert len(found["days"]) == 30 * 5
    assert [row["remaining"] for row in found["budgets"] if row["objective"] == "availability"] == [
        budget["remaining"] for budget in sections["errorBudgets"]["burndown"]
    ]
    assert [row["source"] for row in found["anomalies"]] == [a["source"] for a in sections["anomalies"]["found"]]
    assert {row["notify"] for row in found["alerts"]} >= {"owning-team"}


def test_an_empty_month_has_tables_without_rows_that_can_be_read() -> None:
    found = tables(empty())

    assert found["anomalies"] == found["alerts"] == found["burn-down"] == []
    assert pq.read_table(pa.BufferReader(parquet_bytes([]))).num_rows == 0
    assert csv_bytes([]) == b"\r\n"


def test_a_formula_from_a_log_is_defused_in_csv_and_text_in_parquet() -> None:
    rows = tables(hostile("=HYPERLINK(1)"))["anomalies"]

    assert {row["description"] for row in read(csv_bytes(rows))} == {"'=HYPERLINK(1)"}
    assert set(pq.read_table(pa.BufferReader(parquet_bytes(rows)))["description"].to_pylist()) == {"=HYPERLINK(1)"}


def test_defusing_leaves_other_texts_alone() -> None:
    assert [defused(cell) for cell in ("canvas", "", None, True, -1.5)] == ["canvas", "", None, True, -1.5]
