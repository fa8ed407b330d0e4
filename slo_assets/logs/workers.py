"""Who reads the parts of log files: threads of this process, or a Dask cluster.

Reading holds no lock for most of its time, so threads use all cores, and need no copies of what they read.
"""

from __future__ import annotations

import gc
import os
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from upath import UPath

from slo_assets.code_version import code_version

if TYPE_CHECKING:
    from collections.abc import Callable

    from distributed import Client

#: What Dask calls the time in which a connection has to be made.
PATIENCE = "distributed.comm.timeouts.connect"
WITHOUT = "or unset SLO_ASSETS_DASK to read the logs with this machine's cores"


class ClusterError(RuntimeError):
    """The Dask cluster cannot read the logs; the message says why, and what to do."""


@dataclass(frozen=True)
class Workers:
    """Those who read.

    Attributes:
        executor: does the work.
        ahead: how many parts are begun before the first result is taken.
        count: how many parts are read at the same time.
        here: whether they are threads of this process: whoever asks for a small part, or for a single one, has read
            it sooner than a thread has got the interpreter from it and given it back.
    """

    executor: Executor
    ahead: int
    count: int = 1
    here: bool = False


@cache
def local_workers() -> Workers:
    """As many threads as this process may use cores, kept for its lifetime; more only pass the interpreter around."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Workers(ThreadPoolExecutor(cores, thread_name_prefix="logs"), 2 * cores, cores, here=True)


@cache
def dask_workers(scheduler: str, logs: UPath) -> Workers:
    """The workers of a Dask cluster.

    Args:
        scheduler: its address, for example ``tcp://scheduler:8786``.
        logs: the folder that they have to reach under the same path or URL.

    Raises:
        ClusterError: nobody answers there, no worker is connected, or one of them has other code than this process
            or does not find the logs.
    """
    client = _connected(scheduler)
    theirs = client.run(_reading_code, on_error="return")
    strange = [worker for worker, code in theirs.items() if code != _reading_code()]
    if strange:
        _refuse(
            client,
            f"Dask workers at {scheduler} have no slo_assets or another version: {', '.join(sorted(strange))}",
            "install the same Python and the same slo_assets there as here, restart the workers",
        )
    blind = [worker for worker, found in client.run(logs.exists, on_error="return").items() if found is not True]
    if blind and logs.exists():
        _refuse(
            client,
            f"Dask workers at {scheduler} do not find {logs}: {', '.join(sorted(blind))}",
            "mount the folder there under the same path, or put the logs where a URL reaches them from everywhere",
        )
    count = sum(client.ncores().values())
    return Workers(_Cluster(client, scheduler), 2 * count, count)


def _reading_code() -> str:
    """What of the code makes the results: equal on all machines that read together."""
    return code_version("slo_assets.logs.parts")


def _connected(scheduler: str) -> Client:
    try:
        import dask
        from dask.utils import parse_timedelta
        from distributed import Client
    except ImportError:
        msg = f"SLO_ASSETS_DASK needs Dask, which is not installed. Remedy: pip install distributed, {WITHOUT}."
        raise ClusterError(msg) from None
    client, reason = None, ""
    try:
        client = Client(scheduler, set_as_default=False)
    except (OSError, ValueError, ImportError, AssertionError) as problem:
        # distributed asserts that its event loop comes up within 10 s, which a machine under load may miss.
        reason = str(problem) or "its client did not start in time"
    if client is None:
        # What is left of the client closes itself when Python collects it: within the start of the next one, both
        # would wait for each other.
        gc.collect()
        msg = (
            f"No Dask scheduler answers at {scheduler}: {reason}. "
            f"Remedy: start it there, correct SLO_ASSETS_DASK, {WITHOUT}."
        )
        raise ClusterError(msg)
    try:
        client.wait_for_workers(1, timeout=parse_timedelta(dask.config.get(PATIENCE)))
    except OSError:
        _refuse(client, f"The Dask scheduler at {scheduler} has no workers", f"start some: dask worker {scheduler}")
    return client


def _refuse(client: Client, problem: str, remedy: str) -> None:
    client.close()
    msg = f"{problem}. Remedy: {remedy}, {WITHOUT}."
    raise ClusterError(msg)


class _Cluster(Executor):
    """Work on the cluster, with an error that says so where the cluster itself fails."""

    def __init__(self, client: Client, scheduler: str) -> None:
        self._executor, self._scheduler = client.get_executor(pure=False), scheduler

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        told: Future[Any] = Future()
        self._executor.submit(fn, *args, **kwargs).add_done_callback(lambda done: self._tell(done, told))
        return told

    def _tell(self, done: Future[Any], told: Future[Any]) -> None:
        from distributed import KilledWorker

        try:
            told.set_result(done.result())
        except (CancelledError, KilledWorker) as problem:
            reason = str(problem) or "the connection is gone"
            msg = (
                f"The Dask cluster at {self._scheduler} lost a part of the logs: {reason}. "
                f"Remedy: look into the logs of the scheduler and its workers and run again, {WITHOUT}."
            )
            dask_workers.cache_clear()  # the next reading asks whether somebody answers again
            told.set_exception(ClusterError(msg))
        except Exception as problem:  # what reading the part raised, for whoever asked for it
            told.set_exception(problem)
