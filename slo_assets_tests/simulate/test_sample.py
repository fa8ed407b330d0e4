"""The whole sample: the same bytes every time, as large as asked for, and nothing of anybody else overwritten."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from slo_assets.simulate import simulate
from slo_assets_tests.simulate.samples import LINES, MONTHS, SEED, digest_of, lines_of, logs_of


def test_the_same_arguments_give_the_same_bytes(sample: Path, tmp_path: Path) -> None:
    simulate(tmp_path, months=MONTHS, lines=LINES, seed=SEED)

    assert digest_of(tmp_path) == digest_of(sample)


def test_another_seed_gives_another_sample(sample: Path, tmp_path: Path) -> None:
    simulate(tmp_path, months=MONTHS, lines=LINES, seed=SEED + 1)

    assert digest_of(tmp_path) != digest_of(sample)


@pytest.mark.parametrize(("months", "lines"), [(1, 1000), (3, 3000), (4, 30_000), (2, 300_000)])
def test_about_as_many_lines_are_written_as_were_asked_for(months: int, lines: int, tmp_path: Path) -> None:
    summary = simulate(tmp_path, months=months, lines=lines, seed=SEED)

    assert summary.lines == pytest.approx(lines, rel=0.1)


def test_a_large_sample_is_more_files_and_not_larger_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slo_assets.simulate.sample.LINES_PER_FILE", 200)
    simulate(tmp_path, months=1, lines=10_000, seed=SEED)

    names = {path.name for path in logs_of(tmp_path)}
    assert {"manual-drop-localhost.log", "manual-drop-localhost_001.log", "manual-drop-localhost_002.log"} <= names
    assert max(len(lines_of(path)) for path in logs_of(tmp_path)) < 400


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"months": 0}, "months is 0. Ask for at least 1."),
        ({"lines": 0}, "lines is 0. Ask for at least 1."),
        ({"first": "2025-13"}, "'2025-13' is no period. Write a calendar month as YYYY-MM"),
    ],
    ids=["months", "lines", "first"],
)
def test_wrong_arguments_are_refused(arguments: dict[str, Any], message: str, tmp_path: Path) -> None:
    given: dict[str, Any] = {"months": MONTHS, "lines": LINES, "seed": SEED} | arguments

    with pytest.raises(ValueError, match=re.escape(message)):
        simulate(tmp_path, **given)
    assert not list(tmp_path.iterdir())


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    mine = tmp_path / "logs" / "mine.log"
    mine.parent.mkdir()
    mine.write_text("mine", encoding="utf-8")

    with pytest.raises(ValueError, match=r"logs is not empty\. Remove it or name another folder"):
        simulate(tmp_path, months=1, lines=1000, seed=SEED)
    assert mine.read_text(encoding="utf-8") == "mine"
