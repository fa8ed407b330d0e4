"""One reading of the logs for many months."""

from __future__ import annotations

from pathlib import Path

import pytest
from upath import UPath

from slo_assets.config import SloConfig, parse_config
from slo_assets.logs import memory
from slo_assets.logs.folder import LogFolder
from slo_assets.periods import parse_instant
from slo_assets_tests.conftest import ROOT

LINE = "2025-11-10T10:00:00Z ✅ BeatExecutor: Beat 1 (canvas:component:create) completed in 5ms\n"
NOW = parse_instant("2025-11-24T12:00:00Z")
TEXT = (ROOT / "data" / "slo-config.yaml").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.log").write_text(LINE, encoding="utf-8")
    return tmp_path


def lines(folder: Path, config: SloConfig | None = None, now: int = NOW) -> int:
    config = config or parse_config(TEXT, "slo-config.yaml")
    logs = LogFolder(UPath(folder / "logs"), UPath(folder / "scans"), config, now)
    return sum(scan.lines for scan in memory.read(logs)[0])


def more(folder: Path) -> None:
    with (folder / "logs" / "a.log").open("a", encoding="utf-8") as file:
        file.write(LINE)


def test_what_comes_while_one_reading_is_held_waits_for_the_next(folder: Path) -> None:
    with memory.one_reading():
        assert lines(folder) == 1
        more(folder)
        assert lines(folder, now=NOW + 1) == 1
    assert lines(folder) == 2


def test_without_it_every_reading_is_a_new_one(folder: Path) -> None:
    assert lines(folder) == 1
    more(folder)
    assert lines(folder) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"config": parse_config(TEXT.replace("heartbeat-*", "beat-*"), "slo-config.yaml")},
        {"config": parse_config(TEXT.replace("prefixes: [canvas]", "prefixes: [board]"), "slo-config.yaml")},
        {"now": NOW - 1},
    ],
)
def test_what_would_be_read_in_another_way_is_read(folder: Path, change: dict[str, object]) -> None:
    with memory.one_reading():
        lines(folder)
        more(folder)
        assert lines(folder, **change) == 2  # type: ignore[arg-type]


def test_another_folder_is_read(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other" / "logs").mkdir(parents=True)
    with memory.one_reading():
        assert (lines(folder), lines(tmp_path / "other")) == (1, 0)


def test_a_setting_that_reads_no_line_otherwise_makes_no_second_reading(folder: Path) -> None:
    other = parse_config(TEXT + "\ndashboard: {title: Other}\n", "slo-config.yaml")
    with memory.one_reading():
        lines(folder)
        more(folder)
        assert lines(folder, other) == 1
