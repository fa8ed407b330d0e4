"""The components: who has data in which month, and at which rates."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from slo_assets.simulate import simulate
from slo_assets.simulate.components import COMPONENTS
from slo_assets_tests.simulate.samples import MONTHS, content_of, logs_of, telemetry_of


def test_each_month_has_its_folder_and_every_one_of_its_components(sample: Path) -> None:
    for index, month in enumerate(("2025-09", "2025-10", "2025-11")):
        names = {path.name for path in (sample / "logs" / month).iterdir()}
        beating = {name for name in COMPONENTS if any(file.startswith(f"heartbeat-{name}-") for file in names)}
        assert beating == {name for name, component in COMPONENTS.items() if component.months[index]}


def test_theme_is_silent_in_the_third_month(sample: Path) -> None:
    events = re.compile(r"\((app:ui:theme|theme)[:.]")
    november = [path for path in logs_of(sample) if path.parent.name == "2025-11"]
    named = [document["summary"]["componentsAffected"] for name, document in telemetry_of(sample) if "2025-11" in name]

    assert not [path.name for path in november if events.search(content_of(path).decode())]
    assert not [components for components in named if "theme" in components]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_third_month_spends_most_of_the_control_panels_error_budget(seed: int, tmp_path: Path) -> None:
    simulate(tmp_path, months=MONTHS, lines=42_000, seed=seed)
    form = re.compile(r"BeatExecutor: Beat \d+ \(control:panel:[^()]+\) (failed|completed)")
    rates = []
    for month in ("2025-09", "2025-10", "2025-11"):
        contents = {content_of(path) for path in (tmp_path / "logs" / month).iterdir()}
        outcomes = Counter(outcome for content in contents for outcome in form.findall(content.decode()))
        assert outcomes.total() > 300
        rates.append(outcomes["failed"] / outcomes.total())

    assert 0.8 < rates[2] / (1.5 * (rates[0] + rates[1]) / 2) < 0.99
