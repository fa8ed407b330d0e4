"""The dialects of the log lines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from slo_assets_tests.simulate.samples import ISO, lines_of, logs_of

DIALECTS = {
    "console": rf"EventBus\.ts:56 {ISO} \S",
    "console without source": rf" {ISO} \S",
    "console without instant": r"EventBus\.ts:329 🎼 ",
    "console with neither": r" Fetch status Object\n",
    "Cypress with LOG": rf"\[({ISO})\] LOG \1 \S",
    "Cypress with two instants": rf"\[({ISO})\] \1 \S",
    "Cypress with one instant": rf"\[{ISO}\] [^\dL]",
    "Serilog in summer": r"\[2025-09-\d\d \d\d:\d\d:\d\d\.\d{3} -04:00\] \[(DBG|INF|WRN|ERR|FTL)\] [\w.]+: ",
    "Serilog in winter": r"\[2025-11-\d\d \d\d:\d\d:\d\d\.\d{3} -05:00\] \[(DBG|INF|WRN|ERR|FTL)\] [\w.]+: ",
    "plain": rf"{ISO} .*\r\n",
    "startup": r"\[LOG\] 🧪 TEST: ",
}


@pytest.mark.parametrize("form", DIALECTS.values(), ids=DIALECTS.keys())
def test_every_dialect_is_there(form: str, sample: Path) -> None:
    assert any(re.match(form, line) for path in logs_of(sample) for line in lines_of(path))
