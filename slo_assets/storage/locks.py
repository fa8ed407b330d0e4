"""One process at a time, where several would spoil each other's work."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from upath import UPath

from slo_assets.storage.files import is_local


@contextmanager
def exclusive(path: UPath) -> Iterator[None]:
    """Be alone while holding a lock file; others wait. A process that dies lets go.

    Object stores have no locks. Nothing is held there: what is written is immutable or a single object.

    Raises:
        OSError: the lock file's folder cannot be written to.
    """
    if not is_local(path):
        yield
        return
    file = Path(path.path)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
