"""The files of a sample: their names, and the oddities on purpose."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from slo_assets_tests.simulate.samples import MONTHS, content_of, instants_of, logs_of

NAMES = (
    r"localhost-\d{13}\.log",
    r"localhost-\d{13}\.log\.gz",
    r"web-variant-localhost-\d{13}\.log",
    r"drop-canvas-component-create-delay-localhost-\d{13}\.log",
    r"startup-and-drop-create-delay-localhost-\d{13}\.log\.zst",
    r"manual-drop-localhost\.log",
    r"component-resize-component-resize\.cy\.ts-\d{13}\.log",
    r"library-drop-library-drop\.cy\.ts-\d{13}\.log",
    r"theme-toggle-theme-toggle\.cy\.ts-\d{13}\.log",
    r"host-sdk-2025-\d\d-\d\d\.log",
    r"slow-timing-between-timestamps\.log",
    r"startup-plugins-\d{13}\.log",
    r"heartbeat-canvas-component-2025-\d\d-\d\d\.log",
)


@pytest.mark.parametrize("form", NAMES)
def test_every_kind_of_name_is_there(form: str, sample: Path) -> None:
    assert any(re.fullmatch(form, path.name) for path in logs_of(sample))


def test_one_file_is_undated(sample: Path) -> None:
    path = sample / "logs" / "sample-telemetry.log"

    assert not re.search(r"\d{4}-\d\d-\d\d|\d{13}", path.name + path.read_text(encoding="utf-8"))


def test_startup_files_and_one_log_are_copies(sample: Path) -> None:
    same = Counter(content_of(path) for path in logs_of(sample))
    copied = [path.name for path in logs_of(sample) if same[content_of(path)] > 1]

    assert [name for name in copied if name.endswith("-copy.log")]
    assert len([name for name in copied if name.startswith("startup-plugins-")]) > MONTHS


def test_one_file_spans_each_month_end_but_the_last(sample: Path) -> None:
    months = [{instant.strftime("%Y-%m") for instant in instants_of(path)} for path in logs_of(sample)]

    assert months.count({"2025-09", "2025-10"}) == 1
    assert months.count({"2025-10", "2025-11"}) == 1
