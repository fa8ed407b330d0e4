"""Receivers of the tests' own, on loopback: what they got is what was really sent."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from slo_assets.alerts.ledger import Ledger
from slo_assets.config import Receiver, SloConfig
from slo_assets.domain.alerts import Alert
from slo_assets_tests.situations import config_with


@dataclass
class Answer:
    """What a receiver answers with."""

    status: int = 200
    body: bytes = b"ok"
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Called when the request is read, before anything is answered.
    before: Callable[[], object] = lambda: None


@dataclass
class Post:
    """What a receiver got."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def id(self) -> str:
        return self.headers["Idempotency-Key"]


class Hook:
    """An HTTP server that keeps what it gets, and answers with what it is told to."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        #: Taken one after another; then everything is well.
        self.answers: list[Answer] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                hook.posts.append(Post(self.path, dict(self.headers), body))
                answer = hook.answers.pop(0) if hook.answers else Answer()
                answer.before()
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        # A sender that was killed takes no answer: that is meant.
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def ids(self) -> list[str]:
        return [post.id for post in self.posts]

    @property
    def titles(self) -> list[str]:
        return [post.body["title"] for post in self.posts]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def hooks(*names: str) -> Iterator[dict[str, Hook]]:
    """Receivers by name; the variable of each holds its address."""
    made = {name: Hook() for name in names}
    try:
        for name, hook in made.items():
            os.environ[name.upper()] = hook.url
        yield made
    finally:
        for name, hook in made.items():
            hook.close()
            os.environ.pop(name.upper(), None)


def webhooks(*names: str) -> dict[str, Any]:
    """The configuration of receivers whose addresses :func:`hooks` has put into the environment."""
    return {name: {"kind": "webhook", "url": {"env": name.upper()}} for name in names}


def alerts_config(**alerts: Any) -> SloConfig:
    """The shipped configuration with alerts."""

    def change(document: dict[str, Any]) -> None:
        document["alerts"] = alerts

    return config_with(change)


def receivers(**settings: Mapping[str, Any]) -> dict[str, Receiver]:
    """Receivers by name, from their settings."""
    return dict(alerts_config(receivers=settings).alerts.all_receivers)


def an_alert(number: int = 1, cause: str = "", **fields: Any) -> Alert:
    """An alert like those that are sent."""
    values: dict[str, Any] = {
        "id": f"abc-{number}",
        "dedup_key": f"slo-assets/shop/{cause or number}",
        "action": "trigger",
        "application": "shop",
        "kind": "budget",
        "severity": "error",
        "title": f"Number {number}",
        "period": "2025-11",
        "component": "cash-desk",
        "at": "2025-11-24T12:00:00Z",
        "since": "2025-11-23T11:00:00Z",
        "facts": (("How much", "40 of 43.2 minutes"), ("Projected", "Will consume 100% on 2025-11-27")),
        "run": "r1",
        "url": "https://dagster.example.org/runs/r1",
    }
    return Alert(**{**values, **fields})


def put(folder: Path, *alerts: tuple[str, tuple[str, ...]], now: float) -> list[str]:
    """Have alerts delivered, each given by its cause and its receivers; their ids."""
    with Ledger(folder) as ledger, ledger.transaction():
        ids = []
        for number, (cause, names) in enumerate(alerts, start=1):
            ids.append(ledger.identity())
            ledger.add(an_alert(number, cause, id=ids[-1]), cause, names, now)
        return ids
