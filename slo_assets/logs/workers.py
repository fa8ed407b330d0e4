"""Who reads the parts of log files: threads of this process, or a Dask cluster.

Reading holds no lock for most of its time, so threads use all cores, and need no copies of what they read.
"""

from __future__ import annotations

import os
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Workers:
    """Those who read.

    Attributes:
        executor: does the work.
        ahead: how many parts are begun before the first result is taken.
    """

    executor: Executor
    ahead: int


@cache
def local_workers() -> Workers:
    """One thread for each core that this process may use, kept for its lifetime."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Workers(ThreadPoolExecutor(cores, thread_name_prefix="logs"), 2 * cores)


@cache
def dask_workers(scheduler: str) -> Workers:
    """The workers of a Dask cluster, which must reach the logs under the same path or URL.

    Args:
        scheduler: its address, for example ``tcp://scheduler:8786``.

    Raises:
        OSError: nobody answers there.
    """
    from distributed import Client

    client = Client(scheduler)
    return Workers(client.get_executor(pure=False), 2 * max(1, sum(client.ncores().values())))
