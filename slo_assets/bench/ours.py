"""What we do with a log, as the assets do it: everything, and once more after it has grown."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from slo_assets.bench.job import Job, Task
from slo_assets.periods import Period, parse_instant

if TYPE_CHECKING:
    from slo_assets.config import SloConfig

#: Later than any line: what is set aside as future is not what is measured.
NOW = "2999-01-01T00:00:00Z"
RULE = "beat-completed"
READ = "read"
TINY = "EventBus.ts:56 2025-01-01T00:00:00.000Z ✅ BeatExecutor: Beat 1 (canvas:component:create) completed in 5ms\n"


def everything(job: Job) -> Task:
    """All that a log tells, for each of its months: from the bytes of the log to the bytes of the results."""
    config = _ready(job.scratch)
    return lambda: _chain(job.log.parent, job.scratch, config, job.laps)


def grown(job: Job) -> Task:
    """The same once more, after a process before this one has read the log and lines have come since."""
    folder = job.scratch / "logs"
    folder.mkdir()
    log = Path(shutil.copyfile(job.log, folder / job.log.name))
    before = f"from slo_assets.bench.ours import read_before; read_before({str(folder)!r}, {str(job.scratch)!r})"
    subprocess.run([sys.executable, "-c", before], check=True)
    with log.open("ab") as sink:
        sink.write(job.growth.read_bytes())
    config = _ready(job.scratch)
    os.sync()  # else the system writes gigabytes to the disk while what is new of them is read
    return lambda: _chain(folder, job.scratch, config, job.laps)


def read_before(folder: str, scratch: str) -> None:
    """Leave behind what an earlier run has."""
    _chain(Path(folder), Path(scratch), _config(), {})


def _config() -> SloConfig:
    from slo_assets.settings import ROOT, read_config

    return read_config(str(ROOT / "data"))


def _ready(scratch: Path) -> SloConfig:
    """Import everything and read a log of one line: what is compiled once per installation is compiled then."""
    config = _config()
    tiny = scratch / "tiny"
    (tiny / "logs").mkdir(parents=True)
    (tiny / "logs" / "tiny.log").write_text(TINY, encoding="utf-8")
    _chain(tiny / "logs", tiny, config, {})
    return config


def _chain(folder: Path, scratch: Path, config: SloConfig, laps: dict[str, float]) -> int:
    """A folder of logs to a file of events and the anomalies of each month; returns the completed beats."""
    from upath import UPath

    from slo_assets.domain.anomalies import occurrences
    from slo_assets.domain.event_log import of_period
    from slo_assets.logs.folder import LogFolder
    from slo_assets.storage.event_tables import from_event_log

    began = time.perf_counter()
    logs = LogFolder(UPath(folder), UPath(scratch) / "scans", config, parse_instant(NOW))
    scans, account = logs.read()
    laps[READ] = time.perf_counter() - began
    beats = 0
    for month in sorted({month for scan in scans for month in scan.months}):
        log = of_period(scans, Period(month), config, account)
        occurrences(log, [], {}, config)
        (scratch / f"{month}.parquet").write_bytes(from_event_log(log))
        beats += log.account["matched"].get(RULE, 0)
    return beats
