"""Who is compared: what each one does, whether it is installed, and what is expected of us beside it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from slo_assets.bench import ours, peers
from slo_assets.bench.job import Job, Task


@dataclass(frozen=True)
class Contender:
    """One way to get something out of a log.

    Attributes:
        key: what machines call it.
        label: what people call it.
        prepare: imports, and does what is not measured; what it returns is measured.
        slow: it gets the first part of the input only.
        package: the Python package that it needs.
        program: the program that it needs, whose memory is looked at instead of Python's.
    """

    key: str
    label: str
    prepare: Callable[[Job], Task]
    slow: bool = False
    package: str = ""
    program: str = ""

    def version(self) -> str | None:
        """The version of what it needs; empty where it needs nothing, None where that is not installed."""
        if self.package:
            return _package_version(self.package)
        return _program_version(self.program) if self.program else ""


EVERYTHING, GROWN, DUCKDB = "slo-assets", "slo-assets-grown", "duckdb"
MTAIL, MTAIL_RULES, LOOP = "mtail", "mtail-rules", "python-loop"
CONTENDERS = (
    Contender(EVERYTHING, "slo_assets, everything", ours.everything),
    Contender(GROWN, "slo_assets, 1 % new lines", ours.grown),
    Contender(DUCKDB, "DuckDB, one rule", peers.duckdb, package="duckdb"),
    Contender("polars", "polars, one rule", peers.polars, package="polars"),
    Contender("ripgrep", "ripgrep, count of one rule", peers.ripgrep, program="rg"),
    Contender(MTAIL, "mtail, one rule", peers.mtail, slow=True, program="mtail"),
    Contender(MTAIL_RULES, "mtail, all rules and times", peers.mtail_rules, slow=True, program="mtail"),
    Contender(LOOP, "Python loop, one pattern", peers.python_loop, slow=True),
)


def _package_version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _program_version(program: str) -> str | None:
    path = shutil.which(program)
    if path is None:
        return None
    told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"\d+\.\d[\w.~+-]*", told.stdout + told.stderr)
    return found[0] if found else Path(path).name
