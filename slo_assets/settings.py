"""Where the project finds its input and puts its output, as the environment says.

What belongs here: environment variables and the clock. All other settings are in ``config/``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from upath import UPath

from slo_assets.config import ConfigError, SloConfig, parse_config
from slo_assets.periods import Period, parse_instant, to_micros

ROOT = Path(__file__).parents[1]
CONFIG_FILE = "slo-config.yaml"


@dataclass(frozen=True)
class Settings:
    """What the environment says.

    Attributes:
        data: the folder with ``logs/``, ``telemetry/`` and ``slo-config.yaml``.
        output: the folder or fsspec URL below which ``work/`` and ``published/`` are written.
        now: an ISO 8601 instant that fixes the clock; empty for the real one.
        dask: address of a Dask scheduler whose workers read the logs; empty for this machine's cores.
        source: address under which people read the project's files, without a slash at its end; empty where there
            is none.
    """

    data: str
    output: str
    now: str = ""
    dask: str = ""
    source: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the variables ``SLO_ASSETS_DATA``, ``_OUTPUT``, ``_NOW``, ``_DASK`` and ``_SOURCE``."""
        data = _absolute(environment.get("SLO_ASSETS_DATA") or str(ROOT / "data"))
        output = _absolute(environment.get("SLO_ASSETS_OUTPUT") or data)
        now, dask, source = (environment.get(f"SLO_ASSETS_{name}", "") for name in ("NOW", "DASK", "SOURCE"))
        return cls(data, output, now, dask, source.rstrip("/"))


def _absolute(place: str) -> str:
    """A place that means the same in every process of a deployment, wherever it was started."""
    return place if "://" in place else str(Path(place).resolve())


def dagster_home(environment: Mapping[str, str] = os.environ) -> Path:
    """Where Dagster records runs: ``DAGSTER_HOME``, else ``.dagster/`` in the project's root.

    There, an output other than the project's own has a folder of its own: records tell of the files of one output, and
    those of two applications in one place would take each other's months for their own.
    """
    if home := environment.get("DAGSTER_HOME"):
        return Path(home)
    output = Settings.from_environment(environment).output
    if output == _absolute(str(ROOT / "data")):
        return ROOT / ".dagster"
    name = PurePosixPath(output).name or "output"
    return ROOT / ".dagster" / "outputs" / f"{name}-{hashlib.sha256(output.encode()).hexdigest()[:8]}"


def read_config(data: str) -> SloConfig:
    """The configuration of a data folder; the shipped one where the folder has none.

    Raises:
        ConfigError: names line, value and remedy of each mistake.
    """
    path = UPath(data) / CONFIG_FILE
    if not path.exists():
        path = UPath(ROOT / "data" / CONFIG_FILE)
    try:
        return parse_config(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as problem:
        msg = f"{path} cannot be read: {problem}. Remedy: make it a readable UTF-8 file."
        raise ConfigError(msg) from problem


def clock(now: str) -> int:
    """The clock in microseconds: the fixed instant, else the machine's.

    Raises:
        ConfigError: the fixed instant is no ISO 8601 date-time.
    """
    if not now:
        return to_micros(dt.datetime.now(dt.UTC))
    try:
        return parse_instant(now)
    except ValueError as problem:
        msg = f"SLO_ASSETS_NOW is {now!r}, no ISO 8601 instant. Remedy: write it like 2025-11-24T12:00:00Z."
        raise ConfigError(msg) from problem


def current_period(now: str) -> Period:
    """The period in which the clock stands."""
    return Period.containing(clock(now))
