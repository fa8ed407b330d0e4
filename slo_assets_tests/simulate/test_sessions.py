"""Sessions: time goes forward."""

from __future__ import annotations

from pathlib import Path

from slo_assets_tests.simulate.samples import instants_of, logs_of


def test_instants_never_run_backwards_in_a_file(sample: Path) -> None:
    assert all(instants_of(path) == sorted(instants_of(path)) for path in logs_of(sample))
