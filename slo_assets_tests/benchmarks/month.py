"""`make run` on the sample against an empty graph of ten assets: whole processes, in turn, with the ratio.

Run it with ``.venv/bin/python -m slo_assets_tests.benchmarks.month``.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
MONTHS = ("2025-09", "2025-10", "2025-11")
ROUNDS = 5


def seconds(command: list[str]) -> float:
    """How long a command takes with a fresh Dagster home and a fresh output."""
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copy(ROOT / "dagster.yaml", scratch)
        environment = {
            **os.environ,
            "DAGSTER_HOME": scratch,
            "SLO_ASSETS_DATA": str(ROOT / "data"),
            "SLO_ASSETS_OUTPUT": str(Path(scratch) / "output"),
            "SLO_ASSETS_NOW": "2025-11-24T12:00:00Z",
        }
        began = time.monotonic()
        subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True)
        return time.monotonic() - began


def main() -> None:
    """Print the medians and the ratio, round by round, so that a machine that slows down shows as such."""
    empty = [sys.executable, "-m", "slo_assets_tests.benchmarks.empty_graph", *MONTHS]
    sample = [sys.executable, "-c", "from slo_assets.cli import main; main()", "run"]
    seconds(empty)
    rounds = [(seconds(empty), seconds(sample)) for _ in range(ROUNDS)]
    for number, (least, ours) in enumerate(rounds, start=1):
        print(f"round {number}: empty graph {least:6.2f} s   sample {ours:6.2f} s   ratio {ours / least:.2f}")
    least, ours = (statistics.median(times) for times in zip(*rounds, strict=True))
    ratio = statistics.median(ours / least for least, ours in rounds)
    print(f"median : empty graph {least:6.2f} s   sample {ours:6.2f} s   ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
