"""What the components log."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from slo_assets_tests.simulate.samples import lines_of, logs_of

STEPS = {
    "start": r"🎵 Beat \d+ Started: [^()]+ \(canvas:component:create\)$",
    "success": r"✅ BeatExecutor: Beat \d+ \(library\.component\.drag\.start\.requested\) completed in \d+ms$",
    "failure": r"❌ BeatExecutor: Beat \d+ \(canvas:component:resize:move\) failed: Error: ",
    "failure with a duration": r"❌ BeatExecutor: Beat \d+ \(\S+\) failed after \d+ms: Error: ",
    "mount": r"✅ Plugin mounted successfully: ControlPanelPlugin$",
    "failed mount": r"Failed to mount plugin \w+: Error: ",
    "unmapped": r"BeatExecutor: Beat \d+ \(analytics:page:view\) completed",
    "no failure": r"Cleaned up failed movement ",
}


@pytest.mark.parametrize("form", STEPS.values(), ids=STEPS.keys())
def test_every_kind_of_line_is_there(form: str, sample: Path) -> None:
    assert any(re.search(form, line) for path in logs_of(sample) for line in lines_of(path))
