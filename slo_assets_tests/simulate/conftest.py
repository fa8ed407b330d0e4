"""A sample that is only read, written once."""

from __future__ import annotations

from pathlib import Path

import pytest

from slo_assets.simulate import simulate
from slo_assets_tests.simulate.samples import LINES, MONTHS, SEED


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sample")
    simulate(out, months=MONTHS, lines=LINES, seed=SEED)
    return out
