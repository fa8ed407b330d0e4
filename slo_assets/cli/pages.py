"""The pages of a backfill: drawn after its months, or beside them by a process of its own.

Drawing keeps the interpreter to itself, so a thread would save nothing. Run as a module, this is the other process: it
reads a month from each line of its input, and answers each with a line of JSON, why its page could not be drawn.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from slo_assets.cli.common import loading
from slo_assets.periods import Period

if TYPE_CHECKING:
    from slo_assets.backfill import Backfill

#: A process of its own takes two seconds to start, as long as so many pages.
FEW = 6
ENDED = "the process that draws pages has ended. Remedy: slo-assets export page"


class Pages(Protocol):
    """Draws pages in the order in which they are asked for."""

    asked: list[Period]

    def ask(self, period: Period) -> None:
        """Ask for the page of a month that was published."""

    def drawn(self) -> Iterator[tuple[Period, str]]:
        """Wait for each page; why it could not be drawn, empty where it was."""

    def stop(self) -> None:
        """Draw no more pages."""


def pages(worker: Backfill, months: int) -> Pages:
    """Who draws the pages of so many months."""
    return PagesAfter(worker) if months <= FEW else PagesBeside()


@dataclass
class PagesAfter:
    """Draws pages in this process, once they are waited for."""

    worker: Backfill
    asked: list[Period] = field(default_factory=list)

    def ask(self, period: Period) -> None:
        """Keep a month in mind."""
        self.asked.append(period)

    def drawn(self) -> Iterator[tuple[Period, str]]:
        """Draw each page."""
        for period in self.asked:
            yield period, self.worker.render(period)

    def stop(self) -> None:
        """Forget what was asked for."""
        self.asked.clear()


class PagesBeside:
    """Draws pages in a process of its own, which ends with this one, however that ends: its input is closed then."""

    def __init__(self) -> None:
        """Begin with nothing asked for, and no process."""
        self.asked: list[Period] = []
        self._process: subprocess.Popen[str] | None = None

    def ask(self, period: Period) -> None:
        """Tell the process; one that has ended says so by not answering."""
        self.asked.append(period)
        if self._process is None:
            self._process = _started()
        with suppress(BrokenPipeError):
            print(period.key, file=self._process.stdin, flush=True)

    def drawn(self) -> Iterator[tuple[Period, str]]:
        """Read the answers."""
        if self._process is None or self._process.stdin is None or self._process.stdout is None:
            return
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        for period in self.asked:
            answer = self._process.stdout.readline()
            yield period, json.loads(answer) if answer else ENDED
        self._process.wait()

    def stop(self) -> None:
        """Let the process end with the page that it draws."""
        self.asked.clear()
        if self._process is not None:
            self._process.terminate()


def _started() -> subprocess.Popen[str]:
    """The other process; whoever interrupts this one does not mean that one."""
    command, pipe = [sys.executable, "-m", __name__], subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, start_new_session=True)  # noqa: S603


def main() -> None:
    """Draw the pages of the months that the input names, until it ends or somebody says stop."""
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever else is printed is no answer
    with loading():
        from slo_assets.backfill import Backfill

        worker = Backfill.from_environment()
    for line in sys.stdin:
        if stopped:
            break
        print(json.dumps(worker.render(Period(line.strip()))), file=answers, flush=True)


if __name__ == "__main__":
    main()
