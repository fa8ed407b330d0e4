"""`slo-assets export` and `slo-assets serve`, as people use them."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from slo_assets.cli import cli
from slo_assets.page import html
from slo_assets.storage.canonical import canonical
from slo_assets_tests.page.dashboards import NAME, busy, empty


@pytest.fixture
def output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An output folder in which two months are published."""
    for period, document in (("2025-10", {**empty(), "period": "2025-10"}), ("2025-11", busy())):
        path = tmp_path / "published" / period / f"{NAME}.json"
        path.parent.mkdir(parents=True)
        path.write_bytes(canonical(document))
    monkeypatch.setenv("SLO_ASSETS_OUTPUT", str(tmp_path))
    return tmp_path


def export(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["export", *arguments])


def test_pages_of_every_published_month_and_an_index(output: Path) -> None:
    done = export("page")

    assert (done.exit_code, done.stdout) == (0, f"{output}/pages/index.html\n")
    assert (output / "pages" / "2025-11.html").read_bytes() == html.page(busy())
    assert (output / "pages" / "2025-10.html").exists()


def test_the_page_of_one_month_into_a_folder_of_ones_own(output: Path) -> None:
    done = export("page", "--period", "2025-11", "--out", str(output / "mine"), "--json")

    assert json.loads(done.stdout) == {"files": [f"{output}/mine/2025-11.html"]}
    assert sorted(path.name for path in (output / "mine").glob("*.html")) == ["2025-11.html", "index.html"]


def test_each_chart_as_png_and_svg_of_the_latest_month(output: Path) -> None:
    done = export("charts")

    files = [Path(line) for line in done.stdout.splitlines()]
    assert {file.parent for file in files} == {output / "exports" / "2025-11" / "charts"}
    assert {file.stem for file in files if file.suffix == ".png"} == {f.stem for f in files if f.suffix == ".svg"}
    for file in files:
        assert file.read_bytes().startswith(b"\x89PNG" if file.suffix == ".png" else b"<svg")
    assert "canvas-component-burn-down" in {file.stem for file in files}


def test_each_table_as_csv_and_parquet(output: Path) -> None:
    done = export("tables", "--period", "2025-11", "--out", str(output / "tables"))

    files = [Path(line) for line in done.stdout.splitlines()]
    assert {file.stem for file in files} >= {"components", "objectives", "budgets", "anomalies", "history"}
    for file in files:
        if file.suffix == ".parquet":
            rows = pq.read_table(file).num_rows
            assert len(file.with_suffix(".csv").read_text(encoding="utf-8").splitlines()) == rows + 1


@pytest.mark.parametrize("what", ["page", "charts", "tables"])
def test_a_month_that_is_not_published_is_wrong_use_with_the_remedy(output: Path, what: str) -> None:
    done = export(what, "--period", "2025-12")

    assert done.exit_code == 2
    assert "2025-12 is not published" in done.stderr
    assert "slo-assets run --period 2025-12" in done.stderr


@pytest.mark.parametrize("what", ["page", "charts", "tables"])
def test_where_nothing_is_published_the_remedy_is_named(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLO_ASSETS_OUTPUT", str(tmp_path))
    done = export(what)

    assert done.exit_code == 2
    assert "run `slo-assets run` first" in done.stderr


@contextmanager
def serving(*arguments: str) -> Iterator[str]:
    """The address of a server that is up, until the end of the block."""
    command = [sys.executable, "-c", "from slo_assets.cli import main; main()", "serve", "--port", "0", *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            lines = (re.search(r"running on (http://\S+)", line) for line in process.stderr)
            yield next(found[1] for found in lines if found)
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=20)


def test_serve_shows_the_pages_on_loopback(output: Path) -> None:
    export("page")
    with serving() as address:
        assert address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(f"{address}/pages/2025-11.html") as answer:  # noqa: S310 - our own server
            assert answer.read() == html.page(busy())
