"""The audit trail: who did what to a period, when, and with which result; nothing is ever taken back.

A trail is ``audit/<period>.jsonl`` on a file system and an object for each append below ``audit/<period>/`` on an
object store, where nothing can be appended to.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from upath import UPath

from slo_assets.domain.audit import Entry, chained, faults, head_of
from slo_assets.domain.workflow import INITIAL, advance
from slo_assets.periods import Period
from slo_assets.storage.files import is_local, writing

#: What entries say, made from the last entry that there is; none where nothing is to be said.
Saying = Callable[[Entry | None], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class AuditTrail:
    """The trail of one period.

    Args:
        base: the folder or URL of all trails.
        period: the month.
        actor: who acts.
        now: tells the wall clock, as an ISO 8601 instant.
    """

    base: UPath
    period: Period
    actor: str
    now: Callable[[], str]

    def entries(self) -> list[Entry | None]:
        """All entries, the oldest first; None for one that cannot be read."""
        return list(self.newest())[::-1]

    def newest(self) -> Iterator[Entry | None]:
        """All entries, the newest first, each read when it is asked for; None for one that cannot be read."""
        return map(_entry, self._lines.newest())

    def last(self) -> Entry | None:
        """The latest entry, which tells the period's state."""
        return _last(self._lines.tail())

    @property
    def state(self) -> str:
        """The state of the period."""
        return state_after(self.last())

    def faults(self, anchors: Mapping[int, str]) -> list[str]:
        """Which entries were changed, removed, added or moved; ``anchors`` are hashes recorded elsewhere."""
        return faults(self.entries(), anchors)

    def note(self, action: str, **content: Any) -> Entry:
        """Append an entry that leaves the state as it is."""
        return self._say(lambda last: [{"action": action, **content, "state": state_after(last)}])[-1]

    def step(self, state: str, action: str, **content: Any) -> Entry:
        """Append an entry that takes the period to another state.

        Raises:
            InvalidTransitionError: there is no such step; nothing is appended then.
        """
        return self.steps(lambda _: [(state, {"action": action, **content})])[-1]

    def steps(self, path: Callable[[Entry | None], Sequence[tuple[str, Mapping[str, Any]]]]) -> list[Entry]:
        """Append entries that take the period from state to state, all of them or none.

        Args:
            path: gives the states with what is said of each, from the last entry.

        Raises:
            InvalidTransitionError: one of the steps does not exist; nothing is appended then.
        """

        def say(last: Entry | None) -> list[Mapping[str, Any]]:
            before = state_after(last)
            said: list[Mapping[str, Any]] = []
            for state, content in path(last):
                said.append({**content, "from": before, "state": advance(before, state)})
                before = state
            return said

        return self._say(say)

    def _say(self, saying: Saying) -> list[Entry]:
        def lines(tail: bytes | None) -> list[bytes]:
            last, made = _last(tail), []
            for content in saying(last):
                last = chained(self._signed(content), head_of(last))
                made.append(_line(last))
            return made

        with writing(self.base / self.period.key):
            return [json.loads(line) for line in self._lines.append(lines)]

    def _signed(self, content: Mapping[str, Any]) -> dict[str, Any]:
        return {"timestamp": self.now(), "actor": self.actor, "period": self.period.key, **content}

    @property
    def _lines(self) -> _Lines:
        if is_local(self.base):
            return _LinesOfFile(Path((self.base / f"{self.period.key}.jsonl").path))
        return _LinesOfObjects(self.base / self.period.key)


def state_after(entry: Entry | None) -> str:
    """The state that an entry left a period in; the initial one where there is none."""
    return INITIAL if entry is None else str(entry["state"])


def _line(entry: Entry) -> bytes:
    # Lone surrogates, which a hostile file name may hold, are no UTF-8: only as escapes do they come back.
    return f"{json.dumps(entry, sort_keys=True)}\n".encode()


def _entry(line: bytes) -> Entry | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def _last(tail: bytes | None) -> Entry | None:
    entry = None if tail is None else _entry(tail)
    if tail is not None and (entry is None or not {"sequence", "hash", "state"} <= entry.keys()):
        msg = (
            f"the audit trail ends in something that is no entry: {tail[:80]!r}. "
            "Remedy: see slo-assets verify, and put the trail back from a backup."
        )
        raise AuditError(msg)
    return entry


class AuditError(RuntimeError):
    """The trail cannot be continued; the message says why."""


class _Lines(Protocol):
    """Lines that are only ever added to."""

    def newest(self) -> Iterator[bytes]:
        """All lines, the newest first."""

    def tail(self) -> bytes | None:
        """The last line; None where there is none."""

    def append(self, lines: Callable[[bytes | None], list[bytes]]) -> list[bytes]:
        """Add the lines that are made from the last one, and return them."""


@dataclass(frozen=True)
class _LinesOfFile:
    """Lines of a file, whose lock a writer holds from reading the last line to adding the next."""

    path: Path

    #: Lines are looked for in so many bytes at a time, from the end.
    BLOCK = 1 << 16

    def newest(self) -> Iterator[bytes]:
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            stop, rest = file.seek(0, os.SEEK_END), None
            while stop > 0:
                start = max(0, stop - self.BLOCK)
                file.seek(start)
                data, stop = file.read(stop - start), start
                if rest is None:
                    end = data.rfind(b"\n")
                    if end < 0:
                        continue
                    data, rest = data[:end], b""
                rest, *lines = (data + rest).split(b"\n")
                yield from reversed(lines)
            if rest is not None:
                yield rest

    def tail(self) -> bytes | None:
        return next(self.newest(), None)

    def append(self, lines: Callable[[bytes | None], list[bytes]]) -> list[bytes]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            last, end = self._tail(file)
            added = lines(last)
            if added:
                # A line without its end was never acknowledged: the machine went down while it was written.
                file.truncate(end)
                file.write(b"".join(added))
                file.flush()
                os.fsync(file.fileno())
            return added

    def _tail(self, file: Any) -> tuple[bytes | None, int]:
        """The last whole line, and where it ends."""
        size = file.seek(0, os.SEEK_END)
        length = self.BLOCK
        while True:
            start = max(0, size - length)
            file.seek(start)
            data = file.read(size - start)
            whole = data[: data.rfind(b"\n") + 1]
            lines = whole.splitlines()
            if start == 0 or len(lines) > 1:
                return (lines[-1] if lines else None), start + len(whole)
            length *= 4


@dataclass(frozen=True)
class _LinesOfObjects:
    """Numbered objects with the lines of one append each; of two writers of one number the later tries the next.

    They lie in folders of a thousand, so that the last one is found without a list of all.
    """

    folder: UPath

    FOLDER = 1000

    def newest(self) -> Iterator[bytes]:
        for path in self._newest():
            yield from reversed(path.read_bytes().splitlines())

    def tail(self) -> bytes | None:
        return _last_line(next(self._newest(), None))

    def append(self, lines: Callable[[bytes | None], list[bytes]]) -> list[bytes]:
        while True:
            last = next(self._newest(), None)
            added = lines(_last_line(last))
            if not added:
                return added
            path = self._path(int(last.name.split(".")[0]) + 1 if last else 1)
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with path.open("xb") as file:
                    file.write(b"".join(added))
            except FileExistsError:
                continue
            return added

    def _path(self, number: int) -> UPath:
        return self.folder / f"{number // self.FOLDER:05d}" / f"{number:08d}.jsonl"

    def _newest(self) -> Iterator[UPath]:
        self.folder.fs.invalidate_cache()
        for folder in _by_name(self.folder):
            yield from _by_name(folder)


def _by_name(folder: UPath) -> list[UPath]:
    """What a folder holds, the last by name first; nothing where there is no folder."""
    try:
        return sorted(folder.iterdir(), key=lambda path: path.name, reverse=True)
    except (FileNotFoundError, NotADirectoryError):  # what the file systems of fsspec say of the same
        return []


def _last_line(path: UPath | None) -> bytes | None:
    """The last line of an object, which somebody may have emptied; None where there is no object."""
    return None if path is None else (path.read_bytes().splitlines() or [b""])[-1]
