"""The writer counts what it writes."""

from __future__ import annotations

from pathlib import Path

from slo_assets.simulate import Summary, simulate
from slo_assets_tests.simulate.samples import LINES, MONTHS, SEED, lines_of, logs_of


def test_the_summary_counts_what_is_on_disk(tmp_path: Path) -> None:
    summary = simulate(tmp_path, months=MONTHS, lines=LINES, seed=SEED)
    telemetry = list((tmp_path / "telemetry").iterdir())

    assert summary == Summary(
        files=len(logs_of(tmp_path)),
        lines=sum(len(lines_of(path)) for path in logs_of(tmp_path)),
        bytes=sum(path.stat().st_size for path in [*logs_of(tmp_path), *telemetry]),
        telemetry_files=len(telemetry),
    )
