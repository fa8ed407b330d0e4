"""What a contender is given, and what comes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

#: What is measured: it returns how many completed beats it found.
Task = Callable[[], int]


@dataclass(frozen=True)
class Job:
    """What a contender is given.

    Attributes:
        log: the log, alone in its folder.
        growth: lines that come later.
        scratch: an empty folder of its own.
        laps: where a task may note after how many seconds a part of it was done.
    """

    log: Path
    growth: Path
    scratch: Path
    laps: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """What one run took.

    Attributes:
        seconds: of the task alone.
        peak_bytes: the most memory that the process has had, imports included.
        beats: the completed beats that it found.
        laps: after how many seconds a part of it was done.
    """

    seconds: float
    peak_bytes: int
    beats: int
    laps: dict[str, float]
