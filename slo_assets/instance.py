"""Dagster's records for a process that makes many months: the same files, opened once.

What belongs here: how this process reaches the instance, and nothing about what it records.
Concept: https://docs.dagster.io/deployment/oss/dagster-instance
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cached_property, wraps
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.base import AssetRecord
from dagster._core.storage.event_log.schema import AssetKeyTable, SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorage
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, inspect

BUSY_TIMEOUT = 60
#: Two in three of a run's events: what a step has read and put out. They are stored with the event that comes next,
#: so that a process that is killed in between leaves a run without them.
WAITING = {
    dg.DagsterEventType.LOADED_INPUT,
    dg.DagsterEventType.STEP_INPUT,
    dg.DagsterEventType.STEP_OUTPUT,
    dg.DagsterEventType.HANDLED_OUTPUT,
    dg.DagsterEventType.HOOK_SKIPPED,
}
#: Runs of this process print on its own console: there is no output of theirs to capture.
NO_COMPUTE_LOGS = ConfigurableClassData(
    "dagster._core.storage.noop_compute_log_manager", "NoOpComputeLogManager", "{}\n"
)


def for_many_months() -> dg.DagsterInstance:
    """The instance of ``DAGSTER_HOME``, for runs in this process.

    Dagster opens, prepares and closes its SQLite files for each of the 150 events of a month, and waits for the
    disk each time: more than half of what a month takes. Here the files stay open, and are safe against a killed
    process, while a power cut may cost the last events. Another storage is used as it is.
    """
    ref = dg.DagsterInstance.get().get_ref()
    ref = ref._replace(compute_logs_data=NO_COMPUTE_LOGS)
    if ref.storage_data and ref.storage_data.class_name == DagsterSqliteStorage.__name__:
        opened = ConfigurableClassData(__name__, OpenSqliteStorage.__name__, ref.storage_data.config_yaml)
        ref = ref._replace(storage_data=opened)
    return dg.DagsterInstance.from_ref(ref)


def _remembered(read: Callable[..., Any]) -> Callable[..., Any]:
    """A read of what is recorded of one asset, which is its first argument, or a filter for it."""

    @wraps(read)
    def answered(log: OpenSqliteEventLog, about: dg.AssetKey | dg.AssetRecordsFilter, *rest: Any, **more: Any) -> Any:
        asset = about if isinstance(about, dg.AssetKey) else about.asset_key
        known, question = log.known_of(asset), f"{read.__name__} {about} {rest} {more}"
        if question not in known:
            known[question] = read(log, about, *rest, **more)
        return known[question]

    return answered


class OpenSqliteEventLog(SqliteEventLogStorage):
    """Dagster's events in SQLite, with the files kept open.

    Each step of a run asks for the latest event and data version of all that it reads, as the steps before it did. An
    answer is kept until this process writes of the asset or another one writes anything.
    """

    _connections: dict[str, Connection]
    _tables: set[str]
    _columns: set[str]
    _known: dict[dg.AssetKey, dict[str, Any]]
    _waiting: dict[str, list[dict[str, Any]]]
    _state: int
    _empty: bytes = b""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        """Begin with nothing open."""
        self._connections, self._tables, self._columns, self._state = {}, set(), set(), 0
        self._known, self._waiting = {}, defaultdict(list)
        super().__init__(base_dir, inst_data)

    fetch_materializations = _remembered(SqliteEventLogStorage.fetch_materializations)
    fetch_observations = _remembered(SqliteEventLogStorage.fetch_observations)
    get_latest_tags_by_partition = _remembered(SqliteEventLogStorage.get_latest_tags_by_partition)

    def get_asset_records(self, asset_keys: Sequence[dg.AssetKey] | None = None) -> Sequence[AssetRecord]:
        """The records of assets, each with its latest materialization."""
        if asset_keys is None:
            return super().get_asset_records()
        return [record for key in asset_keys for record in self._asset_records(key)]

    @_remembered
    def _asset_records(self, asset: dg.AssetKey) -> Sequence[AssetRecord]:
        return super().get_asset_records([asset])

    def known_of(self, asset: dg.AssetKey) -> dict[str, Any]:
        """The answers of an asset that still hold, by their questions."""
        with self._opened(INDEX_SHARD_NAME) as connection:
            # It counts what other connections write.
            (state,) = _driver(connection).execute("PRAGMA data_version").fetchone()
        if state != self._state:
            self._known, self._state = {}, state
        return self._known.setdefault(asset, {})

    def store_event(self, event: EventLogEntry) -> None:
        """Store an event, after which what was known of its asset holds no longer; one of :data:`WAITING` later."""
        if event.dagster_event_type in WAITING:
            with self._db_lock:
                self._waiting[event.run_id].append(self._event_to_row(event))
            return
        try:
            super().store_event(event)
        finally:
            if event.dagster_event and event.dagster_event.asset_key:
                self._known.pop(event.dagster_event.asset_key, None)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._opened(shard) as connection:
            with connection.begin():
                if rows := self._waiting.get(shard):
                    connection.execute(SqlEventLogStorageTable.insert(), rows)
                yield connection
            self._waiting.pop(shard, None)

    @contextmanager
    def _opened(self, shard: str) -> Iterator[Connection]:
        """The connection of a file, for one thread at a time."""
        if shard not in self._initialized_dbs:
            self._prepare(shard)
        with self._db_lock:
            yield self._connection(shard)

    def _prepare(self, shard: str) -> None:
        """Make a file with its tables: Dagster's way the first time, which is slow, and from then on as a copy."""
        path = Path(self.path_for_shard(shard))
        if self._empty and not path.exists():
            scratch = path.with_suffix(".new")
            scratch.write_bytes(self._empty)
            scratch.replace(path)
            self._initialized_dbs.add(shard)
            return
        new = not path.exists()
        with super()._connect(shard):
            pass
        if new and shard != INDEX_SHARD_NAME:
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._empty = path.read_bytes()

    def _connection(self, shard: str) -> Connection:
        if shard not in self._connections:
            # Each run has a file of its own, and is over before the next one begins.
            for other in self._connections.keys() - {INDEX_SHARD_NAME, shard}:
                _close(self._connections.pop(other))
            self._connections[shard] = _open(self.conn_string_for_shard(shard)).connect()
        return self._connections[shard]

    def has_table(self, table_name: str) -> bool:
        """Whether the index has a table, which Dagster asks at each event."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def has_secondary_index(self, name: str) -> bool:
        """Whether the index has something, which it never loses again."""
        if name not in self._tables and super().has_secondary_index(name):
            self._tables.add(name)
        return name in self._tables

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        if not self._columns:
            self._columns |= {column["name"] for column in inspect(conn).get_columns(AssetKeyTable.name)}
        return column_name in self._columns

    def dispose(self) -> None:
        """Store what waits, and close the files."""
        for shard in tuple(self._waiting):
            with self._connect(shard):
                pass
        for connection in self._connections.values():
            _close(connection)
        self._connections.clear()


class OpenSqliteRuns(SqliteRunStorage):
    """Dagster's runs in SQLite, with the file kept open."""

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A connection in a transaction of its own."""
        with self._engine.connect() as connection, connection.begin():
            yield connection

    @cached_property
    def _engine(self) -> Engine:
        return _open(self._conn_string)

    def dispose(self) -> None:
        """Close the file."""
        self._engine.dispose()


class OpenSqliteStorage(DagsterSqliteStorage):
    """Dagster's storage in SQLite, with the files of runs and events kept open."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        """Open the storage of a Dagster home."""
        super().__init__(base_dir, inst_data)
        self._event_log_storage = OpenSqliteEventLog(self._event_log_storage._base_dir)
        self._run_storage = OpenSqliteRuns(self._run_storage._conn_string)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> OpenSqliteStorage:
        """Called by Dagster when it loads the instance."""
        return cls.from_local(inst_data=inst_data, **config_value)


def _open(address: str) -> Engine:
    engine = create_engine(address, poolclass=QueuePool, connect_args={"timeout": BUSY_TIMEOUT})
    event.listen(engine, "connect", _without_waiting_for_the_disk)
    return engine


def _driver(connection: Connection) -> sqlite3.Connection:
    driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    return driver


def _close(connection: Connection) -> None:
    connection.close()
    connection.engine.dispose()


def _without_waiting_for_the_disk(connection: Any, _: object) -> None:
    connection.execute("PRAGMA synchronous=NORMAL")
