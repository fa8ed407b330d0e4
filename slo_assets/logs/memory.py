"""One reading of the logs for many months: what a backfill makes is made from what it observed at its beginning."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from slo_assets.logs.folder import LogFolder

if TYPE_CHECKING:
    from slo_assets.domain.event_log import FileScan

Told = tuple["list[FileScan]", dict[str, Any]]

#: Readings of this process while it holds them; None while it does not.
_held: list[tuple[LogFolder, Told]] | None = None


@contextmanager
def one_reading() -> Iterator[None]:
    """Within this context, a folder is read once in each way of reading it, whatever is written to it meanwhile.

    A month of a backfill then takes no longer because many others have logs as well, and lines that come while it
    goes on are seen by the next observation. Within another such context, its reading is this one's as well.
    """
    global _held  # noqa: PLW0603
    if _held is not None:
        yield
        return
    _held = []
    try:
        yield
    finally:
        _held = None


def read(logs: LogFolder, progress: Callable[[str], None] = lambda _: None) -> Told:
    """What the logs tell, as :meth:`LogFolder.read` does; while one reading is held, what it told."""
    known = next((told for held, told in _held or [] if _alike(held, logs)), None)
    if known is not None:
        return known
    told = logs.read(progress)
    if _held is not None:
        _held.append((logs, told))
    return told


def _alike(one: LogFolder, other: LogFolder) -> bool:
    """Whether two would read the same in the same way."""
    same_place = (str(one.folder), str(one.cache)) == (str(other.folder), str(other.cache))
    same_way = one.config is other.config or (
        one.config.logs == other.config.logs and one.config.components == other.config.components
    )
    return same_place and same_way and one.now <= other.now
