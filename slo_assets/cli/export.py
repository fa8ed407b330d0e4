"""``slo-assets export``: the published dashboard as pages, pictures and tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from slo_assets.cli.common import PERIOD, print_json

if TYPE_CHECKING:
    from upath import UPath

    from slo_assets.periods import Period

Files = Iterator[tuple[str, bytes]]

_period = click.option("--period", type=PERIOD, help="This month; default: the latest that is published.")
_out = click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder to write to.")
_json = click.option("--json", "as_json", is_flag=True, help="Print the result for machines.")


@click.group()
def export() -> None:
    """Write pages, pictures and tables of what is published."""


@export.command()
@click.option("--period", type=PERIOD, help="This month; default: every month that is published.")
@_out
@_json
def page(period: Period | None, out: Path | None, as_json: bool) -> None:
    """One self-contained HTML file for each month, and an index; by default beside published/, in pages/."""
    from upath import UPath

    from slo_assets.page.site import INDEX, Site

    site = Site(UPath(out) if out else _output() / "pages")
    for month in [period] if period else _published():
        site.publish(_dashboard(month))
    _tell([site.path(period.key) if period else site.folder / INDEX], as_json)


@export.command()
@_period
@_out
@click.option(
    "--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True, help="Colours of the charts."
)
@_json
def charts(period: Period | None, out: Path | None, theme: str, as_json: bool) -> None:
    """PNG and SVG of each chart; by default in exports/<period>/charts/."""
    from slo_assets.page import drawing, pictures, view
    from slo_assets.page.theme import DARK, LIGHT

    colors = DARK if theme == "dark" else LIGHT

    def files(document: dict[str, Any]) -> Files:
        for name, chart in pictures.every_chart(view.Page(document)):
            yield f"{name}.svg", drawing.svg(chart, colors).encode()
            yield f"{name}.png", drawing.png(chart, colors)

    _write("charts", files, period, out, as_json)


@export.command()
@_period
@_out
@_json
def tables(period: Period | None, out: Path | None, as_json: bool) -> None:
    """CSV and Parquet of each table; by default in exports/<period>/tables/."""
    from slo_assets.page.tables import csv_bytes, parquet_bytes
    from slo_assets.page.tables import tables as of

    def files(document: dict[str, Any]) -> Files:
        for name, rows in of(document).items():
            yield f"{name}.csv", csv_bytes(rows)
            yield f"{name}.parquet", parquet_bytes(rows)

    _write("tables", files, period, out, as_json)


def _write(kind: str, files: Any, period: Period | None, out: Path | None, as_json: bool) -> None:
    from upath import UPath

    from slo_assets.storage.files import write_atomic

    month = period or _published()[-1]
    folder = UPath(out) if out else _output() / "exports" / month.key / kind
    written = []
    for name, data in files(_dashboard(month)):
        write_atomic(folder / name, data)
        written.append(folder / name)
    _tell(written, as_json)


def _tell(paths: list[UPath], as_json: bool) -> None:
    if as_json:
        print_json({"files": [str(path) for path in paths]})
    else:
        for path in paths:
            click.echo(str(path))


def _output() -> UPath:
    from upath import UPath

    from slo_assets.settings import Settings

    return UPath(Settings.from_environment().output)


def _published() -> list[Period]:
    from slo_assets.storage.publication import published_periods

    output = _output()
    if periods := published_periods(output):
        return periods
    msg = f"nothing is published in {output}: run `slo-assets run` first"
    raise click.UsageError(msg)


def _dashboard(period: Period) -> dict[str, Any]:
    from slo_assets.resources import Output
    from slo_assets.storage.deliverables import DASHBOARD

    try:
        data = Output(url=str(_output())).publication(period).read(DASHBOARD.file)
    except FileNotFoundError as problem:
        msg = f"{period.key} is not published in {_output()}: run `slo-assets run --period {period.key}` first"
        raise click.UsageError(msg) from problem
    return dict(json.loads(data))
