"""The formulas: pure functions over small frozen dataclasses and data frames; no Dagster, no files, no clock."""
