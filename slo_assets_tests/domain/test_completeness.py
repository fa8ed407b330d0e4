"""How far the logs of each source have come."""

from __future__ import annotations

import pytest

from slo_assets.config import SloConfig, parse_config
from slo_assets.domain.completeness import GRACE, last_lines, late
from slo_assets.domain.event_log import FileScan
from slo_assets.periods import MINUTE, parse_instant
from slo_assets_tests.conftest import ROOT

SOURCES = """  sources:
    - {name: web, files: "web-*", expectedEvery: 15min}
    - {name: batch, files: "batch-*", expectedEvery: 1d}
    - {name: talk, files: "talk-*"}
"""
NOON = parse_instant("2025-11-24T12:00:00Z")


@pytest.fixture(scope="module")
def config() -> SloConfig:
    text = (ROOT / "data" / "slo-config.yaml").read_text(encoding="utf-8")
    before, _, rest = text.partition("  sources:\n")
    return parse_config(before + SOURCES + "components:" + rest.partition("components:")[2], "slo-config.yaml")


def scan(file: str, **latest: str) -> FileScan:
    """A file with the instant of its latest line in each month, written as ``m2025_11``."""
    return FileScan(
        load=dict,
        runs=[],
        months={month[1:].replace("_", "-"): {"latest": parse_instant(at)} for month, at in latest.items()},
        lines=1,
        future=0,
        flawed=(),
        file=file,
        digest=file,
    )


def test_the_last_line_of_a_source_is_that_of_all_its_files_and_months(config: SloConfig) -> None:
    scans = [
        scan("deep/web-1.log", m2025_11="2025-11-02T00:00:00Z"),
        scan("web-2.log", m2025_10="2025-10-31T00:00:00Z", m2025_11="2025-11-01T00:00:00Z"),
        scan("talk-1.log", m2025_11="2025-11-20T00:00:00Z"),
        scan("other.log", m2025_11="2025-11-20T00:00:00Z"),
    ]

    assert last_lines(scans, config) == {"web": parse_instant("2025-11-02T00:00:00Z"), "batch": None}


@pytest.mark.parametrize(
    ("age", "found"),
    [
        (0, []),
        (15 * MINUTE + GRACE, []),
        (
            15 * MINUTE + GRACE + 1,
            ["web: the last line is of 2025-11-24T11:39:59.999999Z, one is expected every 15min: 5 min late"],
        ),
        (
            (24 * 60 + 15) * MINUTE + 1,
            ["web: the last line is of 2025-11-23T11:44:59.999999Z, one is expected every 15min: 1 d late"],
        ),
    ],
)
def test_a_source_is_late_once_its_interval_and_some_grace_are_over(
    config: SloConfig, age: int, found: list[str]
) -> None:
    assert late({"web": NOON - age, "batch": NOON}, config, NOON) == found


def test_a_source_without_a_line_is_late(config: SloConfig) -> None:
    assert late({"web": NOON, "batch": None}, config, NOON) == [
        "batch: no line has ever come, one is expected every 1d"
    ]


def test_a_source_that_is_gone_from_the_configuration_is_late_no_more(config: SloConfig) -> None:
    assert late({"old": 0, "talk": 0}, config, NOON) == []
