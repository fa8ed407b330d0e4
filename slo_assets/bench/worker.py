"""One contender once, in a process of its own: ``python -m slo_assets.bench.worker KEY LOG GROWTH SCRATCH``."""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
from dataclasses import asdict
from pathlib import Path

import click

from slo_assets.bench.contenders import CONTENDERS
from slo_assets.bench.job import Job, Measured

BLOCK = 1 << 20
# Linux counts in kilobytes, macOS in bytes.
PEAK_UNIT = 1 if sys.platform == "darwin" else 1024


def measured(key: str, job: Job) -> Measured:
    """Prepare a contender, read the log into the page cache, and measure the task alone."""
    contender = next(contender for contender in CONTENDERS if contender.key == key)
    task = contender.prepare(job)
    _warm(job.log)
    gc.collect()  # of what importing left behind
    began = time.perf_counter()
    beats = task()
    seconds = time.perf_counter() - began
    whose = resource.RUSAGE_CHILDREN if contender.program else resource.RUSAGE_SELF
    peak = resource.getrusage(whose).ru_maxrss * PEAK_UNIT
    return Measured(seconds, peak, beats, job.laps)


def _warm(log: Path) -> None:
    with log.open("rb") as stream:
        while stream.read(BLOCK):
            pass


def main(key: str, log: str, growth: str, scratch: str) -> None:
    """Print what was measured as JSON."""
    found = measured(key, Job(Path(log), Path(growth), Path(scratch)))
    click.echo(json.dumps(asdict(found)))


if __name__ == "__main__":
    main(*sys.argv[1:])
