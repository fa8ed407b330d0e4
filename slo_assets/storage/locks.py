"""One process at a time, where several would spoil each other's work."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from upath import UPath

from slo_assets.storage.files import is_local, writing


@contextmanager
def exclusive(path: UPath) -> Iterator[None]:
    """Be alone while holding a lock file; others wait. A process that dies lets go.

    Object stores have no locks. Nothing is held there: what is written is immutable or a single object.

    Raises:
        OutputError: the lock file cannot be made.
    """
    if not is_local(path):
        yield
        return
    file = Path(path.path)
    with writing(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = file.open("a")
    with lock as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
