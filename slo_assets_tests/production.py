"""The production set-up on loopback: each service a process of its own, from the files of ``deploy/``."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
BIN = Path(sys.executable).parent
#: Seconds that anything may take: other work may share the machine.
PATIENCE = 180.0


def untraced() -> dict[str, str]:
    """The environment of servers: what a tracer sees of them is lost with the signal that ends them."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}


def needed(found: object, reason: str) -> None:
    """Skip where a service is not installed; CI has installed it."""
    if not found:
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def until(
    true: Callable[[], object], what: str, process: subprocess.Popen[bytes] | None = None, *, pause: float = 0.1
) -> None:
    """Wait; a question that costs something is asked less often."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert process is None or process.poll() is None, f"{what}: the process ended"
        assert time.monotonic() < end, f"{what}: nothing for {PATIENCE:g} s"
        time.sleep(pause)


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@contextmanager
def service(
    name: str, command: Sequence[str | Path], folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process with all its children, ended at the end; what it says is in a file of its name."""
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment or untraced(),
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(1)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


# --- the services ---------------------------------------------------------------------------------------------------


def _postgres_bin() -> Path | None:
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").exists() and (place / "postgres").exists()), None)


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """A PostgreSQL server with an empty database; the URL for Dagster. Root may not run it: postgres does."""
    place = _postgres_bin()
    needed(place, "PostgreSQL's server is not installed; Debian's package postgresql has it")
    assert place is not None
    user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if os.geteuid() == 0 else []
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="slo-postgres-") as made:
        data = Path(made) / "data"
        if become:
            shutil.chown(made, user, user)
        options = ["--auth=trust", "--username=slo_assets", "--encoding=UTF8", "--no-sync", "--no-instructions"]
        subprocess.run([*become, place / "initdb", *options, data], cwd=made, check=True, capture_output=True)
        settings = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": made, "fsync": "off"}
        server = [*become, place / "postgres", "-D", data, *(f"--{name}={value}" for name, value in settings.items())]
        with service("postgres", server, folder) as process:
            ask = [place / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
            until(lambda: subprocess.run(ask, check=False).returncode == 0, "PostgreSQL", process)
            create = [place / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "slo_assets", "slo_assets"]
            subprocess.run(create, cwd=made, check=True, capture_output=True)
            yield f"postgresql+psycopg2://slo_assets:unused@127.0.0.1:{port}/slo_assets"


@contextmanager
def object_store(folder: Path, bucket: str) -> Iterator[dict[str, str]]:
    """An S3-compatible server with an empty bucket; the environment with which it is used."""
    port = free_port()
    with service("s3", [BIN / "moto_server", "-H", "127.0.0.1", "-p", str(port)], folder) as process:
        until(lambda: listens(port), "the object store", process)
        address = f"http://127.0.0.1:{port}"
        urllib.request.urlopen(urllib.request.Request(f"{address}/{bucket}", method="PUT"), timeout=10).close()  # noqa: S310
        yield {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": address,
        }


@contextmanager
def dask(folder: Path, environment: Mapping[str, str], workers: int = 2) -> Iterator[str]:
    """A Dask scheduler with workers; its address."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    with ExitStack() as stack:
        scheduler = [BIN / "dask", "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
        process = stack.enter_context(service("dask-scheduler", scheduler, folder, environment))
        until(lambda: listens(port), "the Dask scheduler", process)
        for number in range(workers):
            worker = [BIN / "dask", "worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny"]
            stack.enter_context(service(f"dask-worker-{number}", worker, folder, environment))
        yield address


@dataclass
class Dagster:
    """The processes of Dagster, and what is asked of its web servers."""

    operator: str
    viewer: str

    def ask(self, query: str, variables: Mapping[str, Any] | None = None, *, viewer: bool = False) -> Any:
        """What a web server answers to a GraphQL query."""
        body = json.dumps({"query": query, "variables": variables or {}}).encode()
        address = f"{self.viewer if viewer else self.operator}/graphql"
        request = urllib.request.Request(address, body, {"Content-Type": "application/json"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            told = json.load(answer)
        assert "errors" not in told, told
        return told["data"]


@contextmanager
def dagster(folder: Path, environment: Mapping[str, str]) -> Iterator[Dagster]:
    """Code server, daemon, a web server that shows and one that acts, as the units of ``deploy/systemd`` start them."""
    home, ports = folder / "home", [free_port() for _ in range(3)]
    home.mkdir()
    shutil.copy(DEPLOY / "dagster.yaml", home)
    workspace = folder / "workspace.yaml"
    text = (DEPLOY / "workspace.yaml").read_text(encoding="utf-8")
    assert text.count("4266") == 1
    workspace.write_text(text.replace("4266", str(ports[0])), encoding="utf-8")
    variables = {**environment, "DAGSTER_HOME": str(home), "SLO_ASSETS_CODE_SERVER": "127.0.0.1"}
    code = ["dagster", "code-server", "start", "-m", "slo_assets.definitions", "-h", "127.0.0.1", "-p", str(ports[0])]
    web = ["dagster-webserver", "-w", str(workspace), "-h", "127.0.0.1", "-p"]
    with ExitStack() as stack:

        def start(name: str, command: list[str]) -> subprocess.Popen[bytes]:
            return stack.enter_context(service(name, [BIN / command[0], *command[1:]], folder, variables))

        started = start("code", code)
        until(lambda: listens(ports[0]), "code", started)
        start("daemon", ["dagster-daemon", "run", "-w", str(workspace)])
        operator = start("operator", [*web, str(ports[1]), "--path-prefix", "/operate"])
        viewer = start("viewer", [*web, str(ports[2]), "--read-only"])
        until(lambda: listens(ports[1]), "operator", operator)
        until(lambda: listens(ports[2]), "viewer", viewer)
        yield Dagster(f"http://127.0.0.1:{ports[1]}/operate", f"http://127.0.0.1:{ports[2]}")
