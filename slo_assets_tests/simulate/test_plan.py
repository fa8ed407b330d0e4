"""The plan of a month: where it ends, and which row of the tables it takes."""

from __future__ import annotations

from pathlib import Path

from slo_assets.simulate import simulate
from slo_assets_tests.simulate.samples import LAST_INSTANT, SEED, instants_of, logs_of


def test_the_last_month_stops_at_noon_of_the_24th_but_for_the_skewed_clock(sample: Path) -> None:
    late = {path.name: sum(instant > LAST_INSTANT for instant in instants_of(path)) for path in logs_of(sample)}
    marked = {name: count for name, count in late.items() if name.startswith("skewed-clock-")}

    assert {name: count for name, count in late.items() if count} == marked
    assert len(marked) == 1
    assert 0 < sum(marked.values()) < 50


def test_another_first_month_may_be_chosen_and_the_tables_repeat(tmp_path: Path) -> None:
    simulate(tmp_path, months=5, lines=5000, seed=SEED, first="2023-11")

    months = sorted(path.name for path in (tmp_path / "logs").iterdir() if path.is_dir())
    assert months == ["2023-11", "2023-12", "2024-01", "2024-02", "2024-03"]
    themed = [month for month in months if list((tmp_path / "logs" / month).glob("theme-toggle-*"))]
    assert themed == ["2023-11", "2023-12", "2024-02", "2024-03"]
