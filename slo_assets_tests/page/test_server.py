"""The server, asked over HTTP."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from upath import UPath

from slo_assets.page.server import application
from slo_assets.page.site import Site
from slo_assets.storage.canonical import canonical
from slo_assets_tests.page.dashboards import NAME, busy

Answer = tuple[int, dict[str, str], bytes]


class Client:
    """Asks for exactly the path that it is given."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.putrequest(method, path, skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        answer = connection.getresponse()
        found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        connection.close()
        return found


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served")
    (folder / "published" / "2025-11").mkdir(parents=True)
    (folder / "published" / "2025-11" / f"{NAME}.json").write_bytes(canonical(busy()))
    (folder / "published" / "2025-11" / "other.json").write_text("{}", encoding="utf-8")
    (folder / "secret.json").write_text("{}", encoding="utf-8")
    Site(UPath(folder) / "pages").publish(busy())
    return folder


@contextmanager
def serving(output: Path) -> Iterator[int]:
    """The port of a server of an output folder, until the end of the block."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    server = uvicorn.Server(uvicorn.Config(application(UPath(output)), log_level="warning", server_header=False))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def client(output: Path) -> Iterator[Client]:
    with serving(output) as port:
        yield Client(port)


def test_the_start_leads_to_the_index(client: Client) -> None:
    status, headers, _ = client.ask("/")

    assert (status, headers["location"]) == (307, "/pages/index.html")
    assert b"November 2025" in client.ask("/pages/index.html")[2]


def test_a_page_is_the_published_one(client: Client, output: Path) -> None:
    status, headers, body = client.ask("/pages/2025-11.html")

    assert status == 200
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert body == (output / "pages" / "2025-11.html").read_bytes()


def test_a_document_stands_under_a_stable_address(client: Client) -> None:
    status, headers, body = client.ask(f"/published/2025-11/{NAME}.json")

    assert (status, headers["content-type"]) == (200, "application/json")
    assert json.loads(body) == json.loads(canonical(busy()))


@pytest.mark.parametrize("path", ["/pages/2025-11.html", f"/published/2025-11/{NAME}.json", "/pages/index.html"])
def test_what_the_reader_has_is_not_sent_again(client: Client, path: str) -> None:
    tag = client.ask(path)[1]["etag"]

    for known in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        status, headers, body = client.ask(path, If_None_Match=known)
        assert (status, headers["etag"], body) == (304, tag, b"")
    assert client.ask(path, If_None_Match='"other"')[0] == 200


def test_a_changed_document_has_another_tag(client: Client, output: Path) -> None:
    path = output / "published" / "2025-11" / f"{NAME}.json"
    before = client.ask(f"/published/2025-11/{NAME}.json")[1]["etag"]
    data = path.read_bytes()
    path.write_bytes(data + b"\n")
    after = client.ask(f"/published/2025-11/{NAME}.json", If_None_Match=before)
    path.write_bytes(data)

    assert after[0] == 200
    assert after[1]["etag"] != before


@pytest.mark.parametrize(
    "path",
    [
        "/published/2025-11/other.json",
        "/published/2025-11/sli-metrics.json",
        "/published/2025-12/slo-targets.json",
        "/published/../secret.json",
        "/published/2025-11/../../secret.json",
        "/published/2025-11/..%2f..%2fsecret.json",
        "/published/..%2f/secret.json",
        "/published/%2e%2e/secret.json",
        "/published/2025-11%00/slo-targets.json",
        "/published//etc/passwd",
        "/pages/../secret.json",
        "/pages/..%2fsecret.html",
        "/pages/2025-13.html",
        "/pages/entries/2025-11.json",
        "/secret.json",
    ],
)
def test_nothing_but_pages_and_deliverables_is_found(client: Client, path: str) -> None:
    assert client.ask(path)[0] == 404


@pytest.mark.parametrize("path", ["/pages/2025-11.html", f"/published/2025-11/{NAME}.json", "/pages/2025-01.html"])
def test_answers_are_for_this_site_alone(client: Client, path: str) -> None:
    headers = client.ask(path, Origin="https://elsewhere.example")[1]

    assert not [name for name in headers if name.startswith("access-control-")]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["content-security-policy"] == "frame-ancestors 'none'"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-cache"
    assert "server" not in headers


def test_a_name_from_the_web_that_leads_here_is_refused(client: Client) -> None:
    assert client.ask("/pages/2025-11.html", Host="attacker.example")[0] == 400
    assert client.ask("/pages/2025-11.html", Host="localhost:8080")[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_changed(client: Client, method: str) -> None:
    assert client.ask("/pages/2025-11.html", method)[0] == 405


def test_a_head_tells_the_tag_without_the_page(client: Client) -> None:
    status, headers, body = client.ask("/pages/2025-11.html", "HEAD")

    assert (status, body) == (200, b"")
    assert headers["etag"] == client.ask("/pages/2025-11.html")[1]["etag"]
