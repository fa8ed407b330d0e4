"""What ``slo-assets bench logs`` shows: a table and the requirements, or JSON."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from slo_assets.bench.contenders import GROWN
from slo_assets.bench.logs import MB, Requirement, Result, Size
from slo_assets.bench.ours import READ

NONE = "–"
COLUMNS = ("MB", "s", "MB/s", "peak MB", "we are × as fast")
COLORS = {"met": "green", "missed": "red", "not measured": "dim"}
Row = tuple[str, ...]


def closing(sizes: Sequence[Size], requirements: Sequence[Requirement]) -> RenderableType:
    """A row for each contender in a block for each size, and the requirements."""
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("contender", no_wrap=True)
    for heading in COLUMNS:
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("")
    for size in sizes:
        for result in size.results:
            for row in _rows(size, result):
                table.add_row(*map(Text, row))
        table.add_section()
    return Group(table, *map(_line, requirements))


def _rows(size: Size, result: Result) -> Iterator[Row]:
    name = result.contender.label
    empty = (NONE,) * len(COLUMNS)
    if result.version is None:
        yield name, *empty, "not installed"
    elif result.problem:
        yield name, *empty, "failed" if result.error else "counts differently"
    elif result.contender.key == GROWN:
        yield _grown(size, result, READ, f"{name}, extraction")
        yield _grown(size, result, "", f"{name}, everything")
    else:
        faster = size.times_as_fast(result.contender.key)
        sliced = "a slice" if result.bytes < size.log.bytes else ""
        note = ", ".join(filter(None, (result.version, sliced)))
        yield name, *_figures(result, result.seconds), _number(faster, 1, 2), note


def _figures(result: Result, seconds: float | None) -> Row:
    decimals = 1 if result.bytes >= MB else 3
    size, peak = _number(result.bytes, MB, decimals), _number(result.peak_bytes, MB, 0)
    return size, _number(seconds, 1, 3), _number(result.speed, MB), peak


def _grown(size: Size, result: Result, lap: str, name: str) -> Row:
    share = size.grown_share(lap)
    note = "" if share is None else f"{100 * share:.1f} % of the whole"
    return name, *_figures(result, result.lap(lap) if lap else result.seconds), NONE, note


def _number(figure: float | None, unit: float, decimals: int = 1) -> str:
    return NONE if figure is None else f"{figure / unit:,.{decimals}f}"


def _line(requirement: Requirement) -> Text:
    sign = "≥" if requirement.at_least else "≤"
    figure = "" if requirement.figure is None else f" ({requirement.figure:.3g} {requirement.unit})"
    text = Text(f"{requirement.name}, {sign} {requirement.limit:g} {requirement.unit}: ")
    return text.append(requirement.verdict, style=COLORS[requirement.verdict]).append(figure)


def as_json(sizes: Sequence[Size], requirements: Sequence[Requirement]) -> dict[str, Any]:
    """All numbers for machines."""
    return {
        "machine": {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()},
        "sizes": [
            {
                "bytes": size.log.bytes,
                "completedBeats": size.log.beats,
                "contenders": [_contender(size, result) for result in size.results],
            }
            for size in sizes
        ],
        "requirements": [
            {
                "name": requirement.name,
                "limit": requirement.limit,
                "atLeast": requirement.at_least,
                "unit": requirement.unit,
                "measured": requirement.figure,
                "verdict": requirement.verdict,
            }
            for requirement in requirements
        ],
    }


def _contender(size: Size, result: Result) -> dict[str, Any]:
    return {
        "contender": result.contender.key,
        "name": result.contender.label,
        "installed": result.version is not None,
        "version": result.version or None,
        "problem": result.problem or None,
        "bytes": result.bytes,
        "expectedBeats": result.expected,
        "seconds": result.seconds,
        "bytesPerSecond": result.speed,
        "peakBytes": result.peak_bytes,
        "weAreTimesAsFast": size.times_as_fast(result.contender.key),
        "shareOfWhole": size.grown_share() if result.contender.key == GROWN else None,
        "shareOfWholeExtraction": size.grown_share(READ) if result.contender.key == GROWN else None,
        "rounds": [
            {"seconds": run.seconds, "peakBytes": run.peak_bytes, "beats": run.beats, "laps": run.laps}
            for run in result.runs
        ],
    }
