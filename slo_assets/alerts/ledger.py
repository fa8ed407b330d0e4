"""What is known, what has to be told, and what was delivered: an SQLite file that survives a kill at any instant.

What a look finds is recorded together with what has to be told about it, in one transaction. Each attempt to deliver
is recorded before and after. So nothing is lost; and what is not known to have arrived is sent again with the same
id, marked as a possible repetition.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from slo_assets.domain.alerts import Alert, Condition, Known

FILE: Final = "ledger.sqlite"
#: Seconds until the first and at most until any further attempt; they double from one to the next.
FIRST_WAIT, LONGEST_WAIT = 30.0, 3600.0
#: Seconds in which an attempt that was begun is left alone: its process may have ended, or be slow.
LEASE: Final = 120.0
#: Seconds after which nobody wants an alert any more; and for which what was delivered is kept.
GIVE_UP, KEEP = 7 * 86_400.0, 90 * 86_400.0

SCHEMA = """
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS known (cause TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS runs (scope TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS alerts (number INTEGER PRIMARY KEY AUTOINCREMENT, made REAL NOT NULL, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS deliveries (
  alert INTEGER NOT NULL REFERENCES alerts (number) ON DELETE CASCADE,
  receiver TEXT NOT NULL,
  cause TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  next REAL NOT NULL DEFAULT 0,
  unsure INTEGER NOT NULL DEFAULT 0,
  problem TEXT NOT NULL DEFAULT '',
  ended REAL,
  delivered INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (alert, receiver)
);
CREATE INDEX IF NOT EXISTS waiting ON deliveries (receiver, alert) WHERE ended IS NULL;
CREATE TABLE IF NOT EXISTS receivers (
  name TEXT PRIMARY KEY, failures INTEGER NOT NULL, next REAL NOT NULL, since REAL NOT NULL, problem TEXT NOT NULL
);
"""


class BusyError(RuntimeError):
    """Another process is telling people; it does what there is to do."""


@dataclass(frozen=True)
class Delivery:
    """An alert on its way to a receiver.

    Attributes:
        number: the alert's.
        unsure: whether an earlier attempt may have arrived.
        next: not before this, in seconds since 1970.
        problem: why the last attempt failed.
    """

    number: int
    receiver: str
    cause: str
    alert: Alert
    attempts: int
    unsure: bool
    next: float
    problem: str


@dataclass(frozen=True)
class Trouble:
    """A receiver that fails.

    Attributes:
        failures: how often in a row.
        next: when it is tried again, in seconds since 1970.
        since: when it failed first.
    """

    failures: int
    next: float
    since: float
    problem: str


@dataclass(frozen=True)
class Run:
    """The latest finished run of a job for a partition.

    Attributes:
        assets: what it makes.
        condition: what is wrong; None where it succeeded.
    """

    job: str
    partition: str
    ended: float
    assets: tuple[str, ...]
    condition: Condition | None

    @property
    def scope(self) -> str:
        """What identifies it."""
        return f"run/{self.job}/{self.partition}"


def wait_after(failures: int) -> float:
    """Seconds to wait after so many failures in a row."""
    return float(min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(failures - 1, 30)))


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other processes from telling the same; the lock goes with the process.

    Raises:
        BusyError: another one is at it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            msg = "another process is telling people at the moment"
            raise BusyError(msg) from None
        yield
    finally:
        os.close(descriptor)


class Ledger:
    """One connection to the ledger.

    Args:
        folder: where it is, ``alerts/`` in the home of Dagster.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._base = sqlite3.connect(folder / FILE, timeout=30, isolation_level=None)
        self._base.execute("PRAGMA synchronous = FULL")
        self._base.execute("PRAGMA foreign_keys = ON")
        self._base.executescript(SCHEMA)

    def __enter__(self) -> Ledger:
        """Use it in a ``with``."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self._base.close()

    @contextmanager
    def transaction(self, *, kept: bool = True) -> Iterator[None]:
        """All or nothing.

        Args:
            kept: False throws everything away at the end, for a rehearsal.
        """
        self._base.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._base.execute("ROLLBACK")
            raise
        self._base.execute("COMMIT" if kept else "ROLLBACK")

    # --- what is known ---

    def get(self, name: str) -> Any:
        """A value that was kept; None where there is none."""
        row = self._base.execute("SELECT value FROM state WHERE name = ?", (name,)).fetchone()
        return None if row is None else json.loads(row[0])

    def put(self, name: str, value: Any) -> None:
        """Keep a value."""
        self._base.execute("REPLACE INTO state VALUES (?, ?)", (name, json.dumps(value)))

    @property
    def known(self) -> dict[str, Known]:
        """What was found before, by cause."""
        found = {}
        for cause, value in self._base.execute("SELECT cause, value FROM known ORDER BY cause"):
            raw = json.loads(value)
            condition = Condition.from_json(raw["condition"])
            found[cause] = Known(condition, tuple(raw["receivers"]), raw["absentSince"])
        return found

    def know(self, known: Mapping[str, Known]) -> None:
        """Keep what is known now, and nothing else."""
        self._base.execute("DELETE FROM known")
        rows = [
            (
                cause,
                json.dumps(
                    {
                        "condition": one.condition.to_json(),
                        "receivers": one.receivers,
                        "absentSince": one.absent_since,
                    }
                ),
            )
            for cause, one in known.items()
        ]
        self._base.executemany("INSERT INTO known VALUES (?, ?)", rows)

    @property
    def runs(self) -> dict[str, Run]:
        """The latest finished runs, by scope."""
        found = {}
        for scope, value in self._base.execute("SELECT scope, value FROM runs ORDER BY scope"):
            raw = json.loads(value)
            condition = None if raw["condition"] is None else Condition.from_json(raw["condition"])
            found[scope] = Run(raw["job"], raw["partition"], raw["ended"], tuple(raw["assets"]), condition)
        return found

    def keep_runs(self, runs: Mapping[str, Run]) -> None:
        """Keep these runs, and no others."""
        self._base.execute("DELETE FROM runs")
        for scope, run in runs.items():
            raw = asdict(run) | {"condition": None if run.condition is None else run.condition.to_json()}
            self._base.execute("INSERT INTO runs VALUES (?, ?)", (scope, json.dumps(raw)))

    # --- what has to be told ---

    def identity(self) -> str:
        """The next alert's id; ids of two ledgers are never the same."""
        ledger = self.get("ledger")
        if ledger is None:
            ledger = uuid4().hex[:12]
            self.put("ledger", ledger)
        last = self._base.execute("SELECT seq FROM sqlite_sequence WHERE name = 'alerts'").fetchone()
        return f"{ledger}-{(last[0] if last else 0) + 1}"

    def add(self, alert: Alert, cause: str, receivers: Sequence[str], now: float) -> None:
        """Have an alert delivered to receivers."""
        number = self._base.execute("INSERT INTO alerts (made, value) VALUES (?, ?)", (now, alert.to_json())).lastrowid
        rows = [(number, receiver, cause) for receiver in receivers]
        self._base.executemany("INSERT INTO deliveries (alert, receiver, cause) VALUES (?, ?, ?)", rows)

    def readdress(self, existing: Sequence[str], default: Sequence[str]) -> None:
        """Send what waits for receivers that are gone to the default ones."""
        for delivery in self.waiting():
            if delivery.receiver not in existing:
                rows = [(delivery.number, receiver, delivery.cause) for receiver in default]
                self._base.execute(
                    "DELETE FROM deliveries WHERE alert = ? AND receiver = ?", (delivery.number, delivery.receiver)
                )
                self._base.executemany(
                    "INSERT OR IGNORE INTO deliveries (alert, receiver, cause) VALUES (?, ?, ?)", rows
                )
        for (name,) in self._base.execute("SELECT name FROM receivers").fetchall():
            if name not in existing:
                self._base.execute("DELETE FROM receivers WHERE name = ?", (name,))

    def waiting(self, receiver: str | None = None) -> list[Delivery]:
        """What is not delivered yet, the oldest first.

        Args:
            receiver: only what waits for this one.
        """
        rows = self._base.execute(
            "SELECT alert, receiver, cause, value, attempts, unsure, next, problem FROM deliveries "
            "JOIN alerts ON number = alert WHERE ended IS NULL AND ? IN (receiver, '') ORDER BY alert, receiver",
            (receiver or "",),
        )
        return [Delivery(n, to, cause, Alert.from_json(v), a, bool(u), at, p) for n, to, cause, v, a, u, at, p in rows]

    @property
    def troubles(self) -> dict[str, Trouble]:
        """The receivers that fail, by name."""
        rows = self._base.execute("SELECT name, failures, next, since, problem FROM receivers WHERE failures > 0")
        return {name: Trouble(*rest) for name, *rest in rows}

    # --- what was delivered ---

    def begin(self, delivery: Delivery, now: float) -> bool:
        """Record that an attempt begins; False where another one has begun meanwhile, or it is not due."""
        with self.transaction():
            row = self._base.execute("SELECT next FROM receivers WHERE name = ?", (delivery.receiver,)).fetchone()
            if row is not None and row[0] > now:
                return False
            self._base.execute(
                "INSERT INTO receivers VALUES (?, 0, ?, ?, '') ON CONFLICT DO UPDATE SET next = excluded.next",
                (delivery.receiver, now + LEASE, now),
            )
            self._base.execute(
                "UPDATE deliveries SET attempts = attempts + 1, unsure = 1 WHERE alert = ? AND receiver = ?",
                (delivery.number, delivery.receiver),
            )
        return True

    def succeeded(self, delivery: Delivery, now: float) -> None:
        """Record that an alert has arrived."""
        with self.transaction():
            self._base.execute("DELETE FROM receivers WHERE name = ?", (delivery.receiver,))
            self._base.execute(
                "UPDATE deliveries SET ended = ?, delivered = 1, unsure = 0, problem = '' "
                "WHERE alert = ? AND receiver = ?",
                (now, delivery.number, delivery.receiver),
            )

    def failed(self, delivery: Delivery, now: float, problem: str, *, unsure: bool, wait: float | None) -> None:
        """Record that a receiver failed: everything that goes there waits."""
        with self.transaction():
            before = self.troubles.get(delivery.receiver, Trouble(0, 0.0, now, ""))
            failures = before.failures + 1
            next_try = now + max(wait_after(failures), min(wait or 0.0, LONGEST_WAIT))
            self._base.execute(
                "REPLACE INTO receivers VALUES (?, ?, ?, ?, ?)",
                (delivery.receiver, failures, next_try, before.since, problem),
            )
            self._note(delivery, problem, unsure or delivery.unsure)

    def refused(self, delivery: Delivery, now: float, problem: str) -> None:
        """Record that a receiver refused this alert: only what has the same cause waits for it."""
        with self.transaction():
            self._base.execute("DELETE FROM receivers WHERE name = ?", (delivery.receiver,))
            self._base.execute(
                "UPDATE deliveries SET next = ? WHERE alert = ? AND receiver = ?",
                (now + wait_after(delivery.attempts + 1), delivery.number, delivery.receiver),
            )
            self._note(delivery, problem, delivery.unsure)

    def _note(self, delivery: Delivery, problem: str, unsure: bool) -> None:
        self._base.execute(
            "UPDATE deliveries SET problem = ?, unsure = ? WHERE alert = ? AND receiver = ?",
            (problem, unsure, delivery.number, delivery.receiver),
        )

    def given_up(self, now: float) -> list[Delivery]:
        """End what nobody could be told for a week, and forget what was delivered long ago."""
        late = [d for d in self.waiting() if self._made(d.number) < now - GIVE_UP]
        for delivery in late:
            self._base.execute(
                "UPDATE deliveries SET ended = ? WHERE alert = ? AND receiver = ?",
                (now, delivery.number, delivery.receiver),
            )
        self._base.execute(
            "DELETE FROM alerts WHERE made < ? AND NOT EXISTS "
            "(SELECT 1 FROM deliveries WHERE alert = number AND ended IS NULL)",
            (now - KEEP,),
        )
        return late

    def _made(self, number: int) -> float:
        return float(self._base.execute("SELECT made FROM alerts WHERE number = ?", (number,)).fetchone()[0])
