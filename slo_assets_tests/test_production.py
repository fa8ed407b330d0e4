"""``deploy/``: its files fit each other, and what they set up gives the same bytes as one command on a laptop."""

from __future__ import annotations

import base64
import getpass
import http.client
import json
import os
import re
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from upath import UPath

from slo_assets.storage.deliverables import DELIVERABLES
from slo_assets.storage.publication import Publication
from slo_assets_tests.alerts.test_courier import self_signed
from slo_assets_tests.conftest import SAMPLE_NOW, Project
from slo_assets_tests.production import (
    DEPLOY,
    ROOT,
    Dagster,
    dagster,
    dask,
    free_port,
    listens,
    needed,
    object_store,
    postgres,
    service,
    until,
    untraced,
)

LOCATION = {"repositoryLocationName": "slo_assets", "repositoryName": "__repository__"}
LAUNCH_RUN = """mutation($params: ExecutionParams!) { launchRun(executionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
LAUNCH_BACKFILL = """mutation($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
  __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
RUNS = """{ runsOrError { ... on Runs { results { runId status startTime endTime tags { key value } } } } }"""
TICKS = """query($selector: SensorSelector!) { sensorOrError(sensorSelector: $selector) { ... on Sensor {
  sensorState { status ticks { status error { message } } } } } }"""


@dataclass
class Site:
    """The whole set-up, with the sample as its input."""

    dagster: Dagster
    output: UPath
    home: Path

    def launch(self, month: str, job: str = "materialize_month") -> None:
        """Start a run of a month, as a schedule does."""
        tags = [{"key": "dagster/partition", "value": month}]
        params = {
            "selector": {**LOCATION, "pipelineName": job},
            "mode": "default",
            "executionMetadata": {"tags": tags},
        }
        launched = self.dagster.ask(LAUNCH_RUN, {"params": params})["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched

    def backfill(self, *months: str, viewer: bool = False) -> str:
        """Ask for a backfill, as the page of the job does; what the answer is."""
        chosen = {"repositorySelector": LOCATION, "partitionSetName": "materialize_month_partition_set"}
        params = {"selector": chosen, "partitionNames": list(months)}
        asked = self.dagster.ask(LAUNCH_BACKFILL, {"params": params}, viewer=viewer)
        return str(asked["launchPartitionBackfill"]["__typename"])

    def runs(self) -> list[dict[str, Any]]:
        return list(self.dagster.ask(RUNS)["runsOrError"]["results"])

    def settled(self, *months: str) -> list[dict[str, Any]]:
        """All runs, once each of these months was made and nothing is left to do."""

        def done() -> bool:
            runs = self.runs()
            assert not [run for run in runs if run["status"] in ("FAILURE", "CANCELED")]
            made = {tag["value"] for run in runs for tag in run["tags"] if tag["key"] == "dagster/partition"}
            return made >= set(months) and {run["status"] for run in runs} == {"SUCCESS"}

        until(done, "the runs", pause=1)
        return self.runs()

    def published(self, month: str) -> dict[str, bytes]:
        return Publication(self.output / "published" / month).documents()


@pytest.fixture(scope="module")
def site(sample: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    for module in ("dagster_postgres", "s3fs", "moto", "distributed"):
        pytest.importorskip(module, reason=f"{module} is not installed; the extra dev has it")
    folder = tmp_path_factory.mktemp("production")
    with ExitStack() as stack:
        database = stack.enter_context(postgres(folder))
        store = stack.enter_context(object_store(folder, "slo-assets"))
        environment = {
            **untraced(),
            **store,
            "DAGSTER_POSTGRES_URL": database,
            "SLO_ASSETS_DATA": str(sample.data),
            "SLO_ASSETS_OUTPUT": "s3://slo-assets/output",
            "SLO_ASSETS_NOW": SAMPLE_NOW,
        }
        environment["SLO_ASSETS_DASK"] = stack.enter_context(dask(folder, environment))
        started = stack.enter_context(dagster(folder, environment))
        options = {"key": "test", "secret": "test", "endpoint_url": store["AWS_ENDPOINT_URL"]}
        yield Site(started, UPath("s3://slo-assets/output", **options), folder / "home")


def test_a_night_beside_a_backfill_gives_the_bytes_of_the_embedded_default(site: Site, sample: Project) -> None:
    assert site.backfill("2025-09", "2025-10", viewer=True) == "UnauthorizedError"
    assert site.backfill("2025-09", "2025-10") == "LaunchBackfillSuccess"
    until(lambda: [run for run in site.runs() if run["startTime"]], "the backfill's first run", pause=1)
    site.launch("2025-11")
    runs = site.settled("2025-09", "2025-10", "2025-11")
    site.launch("2025-11")  # the next night, which knows the months before
    site.settled("2025-11")

    assert [pair for pair in combinations(runs, 2) if _at_once(*pair)]
    for month in ("2025-09", "2025-10", "2025-11"):
        embedded = {path.name: path.read_bytes() for path in (Path(sample.output) / "published" / month).iterdir()}
        made = site.published(month)
        assert len(made) == len(DELIVERABLES)
        assert [name for name in made if made[name] != embedded[name]] == []


def _at_once(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return bool(one["startTime"] < other["endTime"] and other["startTime"] < one["endTime"])


def test_people_are_told_once_of_what_that_found(site: Site) -> None:
    journal = site.home / "alerts" / "alerts.jsonl"
    title = "canvas-component: 100 % of the availability budget of 2025-11 is used"
    until(lambda: journal.exists() and title in journal.read_text(encoding="utf-8"), "the alert")

    selector = {"selector": {**LOCATION, "sensorName": "alerts"}}
    state = site.dagster.ask(TICKS, selector)["sensorOrError"]["sensorState"]
    assert state["status"] == "RUNNING"
    assert [tick for tick in state["ticks"] if tick["error"]] == []
    assert journal.read_text(encoding="utf-8").count(title) == 1


# --- the reverse proxy ----------------------------------------------------------------------------------------------


@dataclass
class Proxy:
    """nginx with ``deploy/nginx.conf`` before two servers that say who they are and what they were sent."""

    https: int
    http: int
    certificate: Path

    def ask(self, path: str, user: str = "", *, tls: bool = True) -> tuple[int, dict[str, str], str]:
        """Status, headers and body of an answer."""
        port = self.https if tls else self.http
        context = ssl.create_default_context(cafile=str(self.certificate)) if tls else None
        connection = (
            http.client.HTTPSConnection("localhost", port, timeout=10, context=context)
            if tls
            else http.client.HTTPConnection("localhost", port, timeout=10)
        )
        password = base64.b64encode(f"{user}:secret".encode()).decode()
        headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Cookie": "a=b"}
        connection.request("GET", path, headers=headers | ({"Authorization": f"Basic {password}"} if user else {}))
        answer = connection.getresponse()
        return answer.status, dict(answer.headers), answer.read().decode()


class _Upstream(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        told = json.dumps({"path": self.path, "port": self.server.server_address[1], **dict(self.headers)}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    nginx = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    needed(nginx, "nginx is not installed; Debian's package nginx-light has it")
    folder = tmp_path_factory.mktemp("nginx")
    made = Proxy(free_port(), free_port(), self_signed(folder / "server.pem"))
    with ExitStack() as stack:
        upstreams = [stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), _Upstream)) for _ in range(2)]
        for upstream in upstreams:
            threading.Thread(target=upstream.serve_forever, args=(0.01,), daemon=True).start()
            stack.callback(upstream.shutdown)
        changes = {
            "listen 443 ssl": f"listen 127.0.0.1:{made.https} ssl",
            "listen 80": f"listen 127.0.0.1:{made.http}",
            "127.0.0.1:3000": f"127.0.0.1:{upstreams[0].server_port}",
            "127.0.0.1:3001": f"127.0.0.1:{upstreams[1].server_port}",
            "/etc/ssl/certs/dagster.example.org.pem": str(made.certificate),
            "/etc/ssl/private/dagster.example.org.key": str(made.certificate),
            "/etc/nginx/slo-assets.": f"{folder}/slo-assets.",
        }
        text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
        for old, new in changes.items():
            assert old in text
            text = text.replace(old, new)
        (folder / "slo-assets.conf").write_text(text, encoding="utf-8")
        (folder / "slo-assets.viewers").write_text("ann:{PLAIN}secret\n", encoding="utf-8")
        (folder / "slo-assets.operators").write_text("bob:{PLAIN}secret\n", encoding="utf-8")
        paths = "".join(
            f"{kind}_temp_path {folder}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "nginx.conf").write_text(
            f"daemon off; user {getpass.getuser()}; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
            f"http {{ access_log off; {paths} include {folder}/slo-assets.conf; }}\n",
            encoding="utf-8",
        )
        command = [str(nginx), "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"]
        process = stack.enter_context(service("nginx", command, folder))
        until(lambda: listens(made.https) and listens(made.http), "nginx", process)
        yield made


@pytest.mark.parametrize(
    ("path", "user", "status"),
    [
        ("/", "", 401),
        ("/", "ann", 200),
        ("/graphql", "ann", 200),
        ("/operate/graphql", "", 401),
        ("/operate/graphql", "ann", 401),
        ("/operate/graphql", "bob", 200),
        ("/operate", "ann", 401),
        ("//operate/graphql", "ann", 401),
        ("/%6fperate/graphql", "ann", 401),
        ("/x/../operate/graphql", "ann", 401),
        ("/", "eve", 401),
    ],
)
def test_who_may_look_may_not_act(proxy: Proxy, path: str, user: str, status: int) -> None:
    assert proxy.ask(path, user)[0] == status


def test_each_part_leads_to_its_own_server_which_sees_no_password(proxy: Proxy) -> None:
    viewed, operated = (json.loads(proxy.ask(path, user)[2]) for path, user in (("/a", "ann"), ("/operate/b", "bob")))

    assert (viewed["path"], operated["path"]) == ("/a", "/operate/b")
    assert viewed["port"] != operated["port"]
    for sent in (viewed, operated):
        assert "Authorization" not in sent
        assert (sent["Upgrade"], sent["Connection"]) == ("websocket", "upgrade")
        assert sent["X-Forwarded-Proto"] == "https"


def test_answers_carry_the_headers_that_protect_them_and_plain_http_leads_to_https(proxy: Proxy) -> None:
    _, headers, _ = proxy.ask("/", "ann")
    status, redirected, _ = proxy.ask("/runs", tls=False)

    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert (status, redirected["Location"]) == (301, "https://localhost/runs")


# --- the files ------------------------------------------------------------------------------------------------------


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_production_differs_from_a_laptop_in_storage_and_in_how_many_runs_there_are_at_once() -> None:
    local, production = _yaml(ROOT / "dagster.yaml"), _yaml(DEPLOY / "dagster.yaml")

    assert production.pop("storage") == {"postgres": {"postgres_url": {"env": "DAGSTER_POSTGRES_URL"}}}
    del local["concurrency"]["runs"]["max_concurrent_runs"], production["concurrency"]["runs"]["max_concurrent_runs"]
    assert production == local


UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    verify = shutil.which("systemd-analyze")
    needed(verify, "systemd-analyze is not installed; Debian's package systemd has it")
    for unit in UNITS:  # the commands are looked for, and nothing is installed in /opt here
        text = re.sub(r"(?m)^(Exec\w+=)\S+", r"\1/bin/true", unit.read_text(encoding="utf-8"))
        (tmp_path / unit.name).write_text(text, encoding="utf-8")

    done = subprocess.run(
        [str(verify), "verify", *sorted(tmp_path.iterdir())], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert len(UNITS) == 4


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_no_unit_runs_as_root_or_listens_to_everybody(unit: Path) -> None:
    text = unit.read_text(encoding="utf-8")

    assert "User=slo-assets" in text
    assert "NoNewPrivileges=true" in text
    assert "0.0.0.0" not in text  # noqa: S104
    assert "Restart=always" in text


def test_every_variable_of_the_files_is_in_the_example() -> None:
    example = (DEPLOY / "slo-assets.env.example").read_text(encoding="utf-8")
    named = {"DAGSTER_POSTGRES_URL", "SLO_ASSETS_CODE_SERVER", "POSTGRES_PASSWORD"}
    used = {
        variable
        for path in DEPLOY.rglob("*")
        if path.is_file() and path.suffix in (".yaml", ".service")
        for variable in re.findall(r"\{env: (\w+)\}|\$\{(\w+)", path.read_text(encoding="utf-8"))
    }

    assert {name for pair in used for name in pair if name} == named
    assert all(re.search(rf"(?m)^{name}=", example) for name in named)


def test_the_containers_are_the_processes_of_the_units() -> None:
    services = _yaml(DEPLOY / "compose.yaml")["services"]
    commands = {re.sub(r"-(h|p) \S+", "", str(services[name]["command"])).split()[0] for name in ("code", "daemon")}

    assert commands == {"dagster", "dagster-daemon"}
    assert "--read-only" in services["webserver"]["command"]
    assert "--read-only" not in services["operator"]["command"]
    # Only the proxy listens to the outside: it shares its network with the web servers, which listen to it alone.
    assert [name for name, one in services.items() if "ports" in one] == ["webserver"]
    assert {services[name]["network_mode"] for name in ("proxy", "operator")} == {"service:webserver"}
    assert all("-h 127.0.0.1" in services[name]["command"] for name in ("webserver", "operator"))
