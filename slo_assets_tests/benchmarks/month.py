"""A month against an empty graph of ten assets in the same process, and 24 months against importing Dagster.

Run it with ``.venv/bin/python -m slo_assets_tests.benchmarks.month``.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROUNDS = 5
#: Months of a backfill, with as many lines in each as the sample has.
MANY = 24
LINES_A_MONTH = 14_000


def timed(work: Callable[[], object]) -> float:
    """How many seconds something takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def process(*arguments: str, **environment: str) -> float:
    """How many seconds a Python process takes."""
    command = [sys.executable, *arguments]
    told = os.environ | environment
    return timed(lambda: subprocess.run(command, env=told, cwd=ROOT, check=True, capture_output=True))


def months() -> None:
    """Each round: the sample's months as an empty graph, then as ours, one after another."""
    from slo_assets.backfill import Backfill
    from slo_assets_tests.benchmarks.empty_graph import empty_graph

    empty, worker = empty_graph(), Backfill.from_environment()
    found = worker.months(None, None)

    def ours() -> None:
        wrong = [result.error for result in worker.results(found, force=True) if result.error]
        if wrong:
            raise RuntimeError("; ".join(wrong))

    def least() -> None:
        for month in found:
            empty(month.key)

    least()
    ours()
    rounds = [(timed(least) / len(found), timed(ours) / len(found)) for _ in range(ROUNDS)]
    for number, (low, our) in enumerate(rounds, start=1):
        print(f"round {number}: a month of an empty graph {low:5.2f} s   of ours {our:5.2f} s   ratio {our / low:.2f}")
    print(f"median of the ratios: {statistics.median(our / low for low, our in rounds):.2f} (at most 1.5 is wanted)")


def many(scratch: Path) -> None:
    """A backfill of many simulated months as a process, against a process that imports Dagster."""
    command = ("-c", "from slo_assets.cli import main; main()")
    data = (
        "--months",
        str(MANY),
        "--lines",
        str(MANY * LINES_A_MONTH),
        "--seed",
        "2025",
        "--out",
        str(scratch / "many"),
    )
    process(*command, "simulate", *data)
    (scratch / "home").mkdir()
    shutil.copy(ROOT / "dagster.yaml", scratch / "home")
    # After the last simulated month, which the configuration begins with and counts from.
    first = next(
        line.split()[1]
        for line in (scratch / "many" / "slo-config.yaml").read_text(encoding="utf-8").splitlines()
        if line.startswith("firstPeriod:")
    )
    after = f"{int(first[:4]) + (int(first[5:]) - 1 + MANY) // 12}-{(int(first[5:]) - 1 + MANY) % 12 + 1:02d}-01"
    imports = statistics.median(process("-c", "import dagster") for _ in range(3))
    whole = process(
        *command,
        "run",
        DAGSTER_HOME=str(scratch / "home"),
        SLO_ASSETS_DATA=str(scratch / "many"),
        SLO_ASSETS_OUTPUT=str(scratch / "many-out"),
        SLO_ASSETS_NOW=f"{after}T00:00:00Z",
    )
    ratio = whole / imports
    print(f"{MANY} months {whole:6.1f} s   import dagster {imports:5.2f} s   ratio {ratio:.1f} (at most 25 is wanted)")


def main() -> None:
    """Print both."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        shutil.copy(ROOT / "dagster.yaml", scratch)
        os.environ |= {
            "DAGSTER_HOME": folder,
            "SLO_ASSETS_DATA": str(ROOT / "data"),
            "SLO_ASSETS_OUTPUT": str(scratch / "output"),
            "SLO_ASSETS_NOW": "2025-11-24T12:00:00Z",
        }
        months()
        many(scratch)


if __name__ == "__main__":
    main()
