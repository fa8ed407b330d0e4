"""Runs that are killed at random instants, and runs of one month at the same time: is what is published always whole?

Every trial changes the month's logs, so that there is always another release to publish, and is held against the bytes
of runs that nobody disturbed. Runs are forked from a process that has imported everything and started nothing.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from upath import UPath

from slo_assets.periods import Period
from slo_assets.settings import ROOT, Settings
from slo_assets.storage.deliverables import DELIVERABLES
from slo_assets.storage.publisher import Publisher
from slo_assets.storage.schemas import SchemaError, validate

PERIOD = Period("2025-11")
NOW = "2025-12-02T00:00:00Z"
LINE = "2025-11-{day:02d}T10:00:{second:02d}Z ✅ BeatExecutor: Beat 1 (canvas:component:create) completed in 5ms\n"
#: How long after its usual end a run may still be killed, in parts of its time.
BEYOND = 1.1

#: Imported before the fork, so that a kill hits the run and not its imports. None of them starts a thread.
IMPORTED = (
    "slo_assets.definitions",
    "slo_assets.backfill",
    "slo_assets.logs.folder",
    "slo_assets.logs.versions",
    "slo_assets.storage.event_tables",
    *(f"slo_assets.domain.{path.stem}" for path in sorted((ROOT / "slo_assets" / "domain").glob("[a-z]*.py"))),
)

Documents = dict[str, bytes]


class FaultError(RuntimeError):
    """The trials cannot be made; the message says why."""


@dataclass(frozen=True)
class Outcome:
    """What became of all trials.

    Attributes:
        kills: how many runs were killed.
        pairs: how many pairs ran at the same time.
        seconds: how long a run takes that nobody disturbs.
        states: in which state of the period the kills left it, by state.
        broken: what was wrong after which trial; nothing, it is hoped.
    """

    kills: int
    pairs: int
    seconds: float
    states: dict[str, int]
    broken: list[str]


@dataclass
class Trials:
    """A month of a small application that is made over and over.

    Args:
        folder: where it lives; everything below is ours.
        random: draws the instants.
    """

    folder: Path
    random: random.Random
    _references: dict[int, Documents] = field(default_factory=dict, init=False)

    def run(self, kills: int, pairs: int, progress: Callable[[str], None]) -> Outcome:
        """Make all trials.

        Raises:
            FaultError: a run that nobody disturbs fails.
        """
        seconds = self._prepare()
        states: Counter[str] = Counter()
        broken: list[str] = []
        for number in range(1, kills + 1):
            self._change(number % 2)
            self._kill(seconds)
            states[self._publisher.trail.state] += 1
            broken += self._judged(f"kill {number}", number % 2)
            progress(f"{number} of {kills} kills, {len(broken)} faults")
        for number in range(1, pairs + 1):
            self._change(number % 2)
            children = [self._fork() for _ in range(2)]
            for child in children:
                os.waitpid(child, 0)
            broken += self._judged(f"pair {number}", number % 2)
            progress(f"{number} of {pairs} pairs, {len(broken)} faults")
        return Outcome(kills, pairs, seconds, dict(states), broken)

    def _prepare(self) -> float:
        """Make both variants undisturbed; return how long the slower one took."""
        (self.folder / "data" / "logs").mkdir(parents=True)
        (self.folder / "home").mkdir()
        shutil.copy(ROOT / "dagster.yaml", self.folder / "home")
        shutil.copy(ROOT / "data" / "slo-config.yaml", self.folder / "data")
        lines = "".join(LINE.format(day=day, second=second) for day in range(1, 29) for second in range(10))
        (self.folder / "data" / "logs" / "always.log").write_text(lines, encoding="utf-8")
        taken = []
        for variant in (0, 1, 0):  # the first run compiles and sets the instance up
            self._change(variant)
            began = time.monotonic()
            if not self._undisturbed():
                msg = f"a run that nobody disturbs fails in {self.folder}: see home/ there"
                raise FaultError(msg)
            taken.append(time.monotonic() - began)
            self._references[variant] = self._publisher.publication.documents()
        return max(taken[1:])

    def _change(self, variant: int) -> None:
        more = LINE.format(day=29, second=30) * variant
        (self.folder / "data" / "logs" / "sometimes.log").write_text(
            LINE.format(day=29, second=1) + more, encoding="utf-8"
        )

    def _kill(self, seconds: float) -> None:
        child = self._fork()
        time.sleep(self.random.uniform(0, seconds * BEYOND))
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)

    def _undisturbed(self) -> bool:
        return os.waitstatus_to_exitcode(os.waitpid(self._fork(), 0)[1]) == 0

    def _judged(self, trial: str, variant: int) -> list[str]:
        """What is wrong after a trial, and after a plain run that follows it."""
        found = self._faults()
        if not self._undisturbed():
            found.append("the run that follows fails")
        found += self._faults()
        if self._publisher.publication.documents() != self._references[variant]:
            found.append("the run that follows does not give the bytes of an undisturbed one")
        if self._publisher.trail.state != "MONITORING":
            found.append(f"the run that follows leaves the period in {self._publisher.trail.state}")
        return [f"{trial}: {fault}" for fault in found]

    def _faults(self) -> list[str]:
        """What of the published set is not whole, and what of the audit trail does not hold together."""
        documents = self._publisher.publication.documents()
        found = self._publisher.trail.faults({})
        if documents not in self._references.values():
            found.append("what is published is no release")
        for deliverable in DELIVERABLES.values():
            try:
                validate(json.loads(documents[deliverable.file]), deliverable.name)
            except (ValueError, SchemaError) as problem:
                found.append(f"{deliverable.file}: {problem}")
        return found

    def _fork(self) -> int:
        child = os.fork()
        if child == 0:
            try:
                os._exit(0 if _made(self.folder) else 1)
            except BaseException:
                os._exit(2)
        return child

    @property
    def _publisher(self) -> Publisher:
        return Publisher(UPath(self.folder / "out"), PERIOD)


def _made(folder: Path) -> bool:
    """Make the month, in a process of its own."""
    silent = os.open(folder / "output.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(silent, sys.stdout.fileno())
    os.dup2(silent, sys.stderr.fileno())
    os.environ["DAGSTER_HOME"] = str(folder / "home")
    import dagster as dg

    from slo_assets.backfill import QUIET
    from slo_assets.definitions import build_defs
    from slo_assets.jobs import MATERIALIZE_MONTH
    from slo_assets.resources import default_resources

    settings = Settings(str(folder / "data"), str(folder / "out"), NOW)
    month = build_defs(resource_overrides=default_resources(settings)).resolve_job_def(MATERIALIZE_MONTH.name)
    # Not through a backfill, which waits for other runs of the month.
    result = month.execute_in_process(
        instance=dg.DagsterInstance.get(), partition_key=PERIOD.key, run_config=QUIET, raise_on_error=False
    )
    return result.success


def trials(folder: Path, kills: int, pairs: int, seed: int, progress: Callable[[str], None]) -> Outcome:
    """Kill runs and let pairs of them loose.

    Args:
        folder: an empty one.
        kills: how many runs are killed, at instants drawn evenly over their usual time and a little beyond.
        pairs: how many pairs make the month at the same time.
        seed: draws the same instants again.
        progress: told after each trial.

    Raises:
        FaultError: a run that nobody disturbs fails.
    """
    for module in IMPORTED:
        importlib.import_module(module)

    return Trials(folder, random.Random(seed)).run(kills, pairs, progress)
