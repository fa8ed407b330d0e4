"""Real-looking logs of every profile, and one of a dialect of our own: a few lines of YAML, then the right figures."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from upath import UPath

from slo_assets.config import parse_config, profile_names
from slo_assets.domain.event_log import EventLog, of_period
from slo_assets.logs.folder import LogFolder
from slo_assets.periods import Period, from_micros, parse_instant
from slo_assets_tests.situations import shipped_config

ROOT = Path(__file__).parents[2]
NOW = "2025-11-24T12:00:00Z"
NOON = "2025-11-04T12:00:00Z"


def at(seconds: float) -> str:
    """So many seconds after noon, with milliseconds."""
    moment = from_micros(parse_instant(NOON) + round(seconds * 1e6))
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def clf(seconds: int) -> str:
    """The same as nginx writes it in Berlin."""
    return f"04/Nov/2025:13:{seconds // 60:02d}:{seconds % 60:02d} +0100"


@dataclass(frozen=True)
class Told:
    """What all operations of one event key were: whose, how many of each kind, and their milliseconds."""

    component: str | None
    success: int = 0
    failure: int = 0
    unfinished: int = 0
    durations: tuple[float, ...] = ()


@dataclass(frozen=True)
class Sample:
    """A log, how it is read, and what it tells.

    Attributes:
        settings: YAML below ``logs`` and ``components``.
        unmatched: how many lines are no operations.
        flaws: those of them that cannot be read as they should.
        records: how many a line holds; each counts as a line.
    """

    name: str
    text: str
    settings: str
    events: dict[str, Told]
    unmatched: int
    flaws: dict[str, int]
    records: int = 1


def access_log() -> str:
    """200 requests of a shop: 1 to 100 ms for the orders, of which four failed, and what the internet adds."""
    agent = '"https://shop.example/" "Mozilla/5.0 (X11; Linux x86_64)"'
    lines = [
        f'203.0.113.{n % 250} - - [{clf(n)}] "GET /api/orders?page={n} HTTP/1.1" {503 if n % 25 == 0 else 200} '
        f"{n * 7} {agent} {n / 1000:.3f}"
        for n in range(1, 101)
    ]
    lines += [
        f'2001:db8::{n:x} - anna [{clf(100 + n)}] "POST /login HTTP/2.0" {401 if n < 5 else 302} 0 {agent} 0.250'
        for n in range(20)
    ]
    lines += [f'198.51.100.4 - - [{clf(120 + n)}] "GET /static/app.{n % 2}.js HTTP/1.1" 404 153' for n in range(60)]
    lines += [
        f'192.0.2.66 - - [{clf(180)}] "\\x16\\x03\\x01\\x00\\xEE" 400 157 "-" "-"',
        f'192.0.2.66 - - [{clf(181)}] "" 400 0 "-" "-"',
        f'192.0.2.67 - - [{clf(182)}] "GET /api/orders?q=%22%5B HTTP/1.1" 500 0 "-" "a \\"quoted\\" agent" 1.500',
        f'192.0.2.68 - - [{clf(183)}] "HEAD / HTTP/1.0" 200 0 "-" "-" 0.000',
    ]
    return "\n".join(lines) + "\n"


SHOP = """
logs:
  profile: combined
components:
  shop: {name: Shop, patterns: ["^/api/"]}
  accounts: {name: Accounts, events: [/login, /logout]}
"""


def json_lines() -> str:
    """A service in Node.js, one in Python, one that follows Elastic's names, and a stack trace between them."""
    lines = [
        {"level": 30, "time": parse_instant(at(n)) // 1000, "name": "shop", "event": "cart:add", "responseTime": 10 + n}
        for n in range(20)
    ]
    lines += [{"level": 50, "time": parse_instant(at(20)) // 1000, "event": "cart:add", "responseTime": 30}]
    lines += [{"level": 40, "time": parse_instant(at(21)) // 1000, "event": "cart:add", "responseTime": 31}]
    lines += [
        {"asctime": f"2025-11-04 12:01:{n:02d},250", "levelname": "INFO", "event": "pay:card", "elapsed_s": 0.5}
        for n in range(10)
    ]
    lines += [
        {"asctime": "2025-11-04 12:01:10,250", "levelname": "INFO", "event": "pay:card", "success": False},
        {"asctime": "2025-11-04 12:01:11,250", "levelname": "ERROR", "message": "no operation: pay:card failed"},
    ]
    lines += [
        {
            "@timestamp": f"2025-11-04T12:02:{n:02d}.000Z",
            "log.level": "info",
            "event": {"action": "search:query", "outcome": "failure" if n == 7 else "success", "duration": 2_000_000},
        }
        for n in range(10)
    ]
    lines += [{"ts": f"{parse_instant(at(190)) / 1e6}", "route": "/health", "status": 200}]
    lines += [{"ts": "2025-11-04T12:03:11Z", "msg": "listening on :8080", "level": "info"}]
    text = [json.dumps(line) for line in lines]
    return "\n".join([*text[:5], "Traceback (most recent call last):", '  File "x.py", line 3', *text[5:]]) + "\n"


def syslog(year_turn: bool = True) -> str:
    """A week of systemd's units over New Year, among lines of other programs."""
    lines = []
    for day, month in ((30, "Dec"), (31, "Dec"), (1, "Jan"), (2, "Jan")) if year_turn else ((4, "Nov"),):
        stamp = f"{month} {day:2d}"
        lines += [
            f"{stamp} 03:00:00 web-1 systemd[1]: Starting backup.service - Nightly backup...",
            f"{stamp} 03:00:01 web-1 backup[812]: Starting to copy /srv",
            f"{stamp} 03:00:30 web-1 systemd[1]: backup.service: Deactivated successfully.",
            f"{stamp} 03:00:30 web-1 systemd[1]: Finished backup.service - Nightly backup.",
            f"{stamp} 06:00:00 web-1 systemd[1]: Starting nginx.service - A high performance web server...",
            f"{stamp} 06:00:02 web-1 systemd[1]: Started nginx.service - A high performance web server.",
            f"{stamp} 07:00:00 web-1 CRON[99]: (root) CMD (systemd[1]: Started nothing)",
        ]
    lines += [
        "Jan  2 09:00:00 web-1 systemd[1]: nginx.service: Main process exited, code=killed, status=11/SEGV",
        "Jan  2 09:00:01 web-1 systemd[1]: Starting db.service...",
        "Jan  2 09:00:09 web-1 systemd[1]: Failed to start db.service - Database.",
        "Jan  2 09:00:10 web-1 systemd[1]: Starting cache.service - Cache...",
        "Jan  2 09:00:11 web-1 kernel: [ 12.3] Out of memory: Killed process 7 (cache)",
    ]
    return "\n".join(lines) + "\n"


def syslog_5424() -> str:
    """The same units with new times, half of them as rsyslog writes them."""
    lines = []
    for n in range(10):
        start, end = f"2025-11-04T13:{n:02d}:00.000000+01:00", f"2025-11-04T13:{n:02d}:01.500000+01:00"
        if n % 2:
            lines += [
                f"<30>1 {start} web-1 systemd 1 - - Starting nginx.service - Web server...",
                f'<30>1 {end} web-1 systemd 1 - [meta seq="{n}"] Started nginx.service - Web server.',
            ]
        else:
            lines += [
                f"{start} web-1 systemd[1]: Starting nginx.service - Web server...",
                f"{end} web-1 systemd[1]: Started nginx.service - Web server.",
            ]
        lines += [f"<14>1 {end} web-1 app 77 - - Started nothing at 2024-01-01T00:00:00Z"]
    lines += [
        "<27>1 2025-11-04T13:20:00Z web-1 systemd 1 - - Starting db.service - Database...",
        "<27>1 2025-11-04T13:20:04.25Z web-1 systemd 1 - - Failed to start db.service - Database.",
    ]
    return "\n".join(lines) + "\n"


def attribute(key: str, value: Any) -> dict[str, Any]:
    kind = {bool: "boolValue", int: "intValue", float: "doubleValue"}.get(type(value), "stringValue")
    # 64-bit numbers are texts in OTLP/JSON.
    return {"key": key, "value": {kind: str(value) if kind == "intValue" else value}}


def otlp() -> str:
    """Ten batches of the collector: in each, three requests of the shop and a log line, and two of the search."""
    lines = []
    for n in range(10):
        nanos = parse_instant(at(n)) * 1000
        shop = [
            {
                "timeUnixNano": str(nanos + part * 1_000_000),
                "severityNumber": 17 if n == 9 and part == 2 else 9,
                "eventName": "checkout",
                "body": {"stringValue": "request"},
                "attributes": [attribute("duration_ms", 10 * (part + 1)), attribute("http.status_code", 200)],
            }
            for part in range(3)
        ]
        shop.append({"timeUnixNano": str(nanos), "severityNumber": 9, "body": {"stringValue": "no operation"}})
        search = [
            {
                "timeUnixNano": "0" if part else str(nanos),  # 0 is how OpenTelemetry writes that it does not know
                "observedTimeUnixNano": str(nanos),
                "attributes": [
                    attribute("http.route", "/search"),
                    attribute("http.response.status_code", 502 if n == part == 0 else 200),
                    attribute("http.server.request.duration", 0.125),
                ],
            }
            for part in range(2)
        ]
        resources = [
            {
                "resource": {"attributes": [attribute("service.name", service)]},
                "scopeLogs": [{"scope": {"name": "x"}, "logRecords": records}],
            }
            for service, records in (("shop", shop), ("search", search))
        ]
        lines.append(json.dumps({"resourceLogs": resources}))
    return "\n".join(lines) + "\n"


def renderx() -> str:
    """Browser, Cypress, Serilog and plain lines of one session."""
    lines = ["EventBus.ts:56 2025-11-04T12:00:00.000Z 🎼 EventBus: Initialized"]
    for n in range(20):
        lines += [
            f"BeatExecutor.ts:101 {at(n)} 🎵 Beat 1 Started: Load (all) (library:components:load)",
            f" ✅ BeatExecutor: Beat 1 (library:components:load) completed in {n + 0.5}ms",
            f"[{at(n)}] LOG {at(n)} 🎼 PerformanceTracker: Cleaned up failed movement Load",
            f"[2025-11-04 07:00:{n:02d}.500 -05:00] [INF] Host.Plugins: Attempting to mount plugin: P{n}",
            f"[2025-11-04 07:00:{n:02d}.750 -05:00] [INF] Host.Plugins: Plugin mounted successfully: P{n}",
        ]
    lines += [
        f"{at(30)} ❌ BeatExecutor: Beat 3 (canvas.component.create) failed after 12ms: Error: late",
        f"{at(31)} 🎵 Beat 2 Started: Drag (canvas:drag)",
        f"{at(32)} BeatExecutor: Beat 1 (sound:play) completed in 3ms",
    ]
    return "\n".join(lines) + "\n"


def own_dialect() -> str:
    """Milliseconds since 1970 behind ts=, microseconds for durations, a code for the outcome."""
    lines = [
        f"level=info ts={parse_instant(at(n)) // 1000} op=checkout.pay code={7 if n == 3 else 0} took={1500 + n}us"
        for n in range(40)
    ]
    lines += [f"level=info ts={parse_instant(at(50)) // 1000} op=stock.count code=0 took=250us", "  caused by: nothing"]
    lines += [f"level=debug ts={parse_instant(at(51)) // 1000} cache=warm"]
    return "\n".join(lines) + "\n"


SAMPLES = {
    "combined": Sample(
        "access.log",
        access_log(),
        SHOP,
        {
            "/api/orders": Told("shop", 96, 5, durations=(*range(1, 101), 1500)),
            "/login": Told("accounts", 20, durations=(250,) * 20),
            "/static/app.0.js": Told(None, 30),
            "/static/app.1.js": Told(None, 30),
            "/": Told(None, 1, durations=(0,)),
        },
        unmatched=2,
        flaws={},
    ),
    "json-lines": Sample(
        "services/app.json.log",
        json_lines(),
        """
logs:
  profile: json-lines
components:
  cart: {name: Cart, prefixes: [cart]}
  payments: {name: Payments, prefixes: [pay]}
  search: {name: Search, prefixes: [search]}
""",
        {
            "cart:add": Told("cart", 21, 1, durations=tuple(range(10, 32))),
            "pay:card": Told("payments", 10, 1, durations=(500,) * 10),
            "search:query": Told("search", 9, 1, durations=(2,) * 10),
            "/health": Told(None, 1),
        },
        unmatched=4,
        flaws={"malformed": 2},
    ),
    "syslog": Sample(
        "syslog-web-1",
        syslog(),
        """
logs:
  profile: syslog
  sources:
    - {name: system, files: "syslog*", year: 2025}
components:
  nginx: {name: nginx, prefixes: ["systemd:nginx"]}
  jobs: {name: Jobs, prefixes: ["systemd:backup"]}
""",
        {
            "systemd:backup.service": Told("jobs", 2, durations=(30_000,) * 2),
            "systemd:nginx.service": Told("nginx", 2, 1, durations=(2000,) * 2),
            "systemd:db.service": Told(None, failure=1, durations=(8000,)),
            "systemd:cache.service": Told(None, unfinished=1),
        },
        unmatched=7,
        flaws={},
    ),
    "syslog-5424": Sample(
        "messages.log",
        syslog_5424(),
        """
logs:
  profile: syslog-5424
components:
  nginx: {name: nginx, prefixes: ["systemd:nginx"]}
""",
        {
            "systemd:nginx.service": Told("nginx", 10, durations=(1500,) * 10),
            "systemd:db.service": Told(None, failure=1, durations=(4250,)),
        },
        unmatched=10,
        flaws={},
    ),
    "otlp": Sample(
        "otel.json.log",
        otlp(),
        """
logs:
  profile: otlp
components:
  shop: {name: Shop, prefixes: [shop]}
""",
        {
            "shop:checkout": Told("shop", 29, 1, durations=(10, 20, 30) * 10),
            "search:/search": Told(None, 19, 1, durations=(125,) * 20),
        },
        unmatched=10,
        flaws={},
        records=6,
    ),
    "renderx": Sample(
        "session.log",
        renderx(),
        """
logs:
  profile: renderx
components:
  library: {name: Library, prefixes: [library]}
  host: {name: Host, prefixes: ["host:sdk"]}
  canvas: {name: Canvas, prefixes: [canvas]}
""",
        {
            "library:components:load": Told("library", 20, durations=tuple(n + 0.5 for n in range(20))),
            "host:sdk:plugin:mount": Told("host", 20, durations=(250,) * 20),
            "canvas.component.create": Told("canvas", failure=1, durations=(12,)),
            "canvas:drag": Told("canvas", unfinished=1),
            "sound:play": Told(None, 1, durations=(3,)),
        },
        unmatched=21,
        flaws={},
    ),
    "a dialect of its own": Sample(
        "jobs/checkout.log",
        own_dialect(),
        """
logs:
  profile: json-lines
  sources:
    - name: checkout
      files: "jobs/*"
      dialect: {time: {format: epoch, after: "ts="}}
      rules:
        - id: call
          kind: operation
          contains: " op="
          pattern: ' op=(?P<event>\\S+) code=(?P<code>\\d+) took=(?P<duration>\\d+)us'
          failureWhen: [{field: code, atLeast: 1}]
          durationUnit: us
components:
  checkout: {name: Checkout, patterns: ['^checkout\\.']}
""",
        {
            "checkout.pay": Told("checkout", 39, 1, durations=tuple((1500 + n) / 1000 for n in range(40))),
            "stock.count": Told(None, 1, durations=(0.25,)),
        },
        unmatched=2,
        flaws={},
    ),
}
#: The syslog sample crosses the year: what is asked for is January.
PERIODS = {"syslog": "2026-01"}


def configuration(settings: str) -> str:
    return f"version: 1.0.0\napplication: shop\nfirstPeriod: 2025-01\n{settings}"


def read(root: Path, sample: Sample, period: str) -> EventLog:
    path = root / "logs" / (sample.name if sample.name.endswith(".log") else f"{sample.name}.log")
    path.parent.mkdir(parents=True)
    path.write_text(sample.text, encoding="utf-8")
    config = parse_config(configuration(sample.settings))
    folder = LogFolder(UPath(root / "logs"), UPath(root / "scans"), config, parse_instant("2026-02-01T00:00:00Z"))
    scans, account = folder.read()
    assert account["quarantine"] == []
    return of_period(scans, Period(period), config, account)


def told(log: EventLog) -> dict[str, Told]:
    """What a period's log tells of each event key."""
    found = {}
    for event, rows in log.events.groupby("event", observed=True):
        kinds = rows["kind"].astype("str").value_counts().to_dict()
        (component,) = {None if pd.isna(name) else str(name) for name in rows["component"]}
        durations = tuple(sorted(round(float(value), 6) for value in rows["duration_ms"].dropna()))
        found[str(event)] = Told(component, **kinds, durations=durations)
    return found


def test_every_profile_has_a_sample() -> None:
    assert {*SAMPLES} == {*profile_names(), "a dialect of its own"}


@pytest.mark.parametrize("case", SAMPLES)
def test_a_log_is_read_with_a_few_lines_of_yaml(tmp_path: Path, case: str) -> None:
    sample = SAMPLES[case]

    log = read(tmp_path, sample, PERIODS.get(case, "2025-11"))

    expected = {
        event: Told(what.component, what.success, what.failure, what.unfinished, tuple(sorted(what.durations)))
        for event, what in sample.events.items()
    }
    assert told(log) == expected


@pytest.mark.parametrize("case", SAMPLES)
def test_every_line_is_an_operation_or_counted_as_none(tmp_path: Path, case: str) -> None:
    sample = SAMPLES[case]

    account = read(tmp_path, sample, PERIODS.get(case, "2025-11")).account

    lines = sample.text.count("\n") * sample.records
    assert account["lines"] == lines - (14 if case == "syslog" else 0), "two days of December are not asked for"
    assert account["unmatched"] == sample.unmatched
    assert sum(account["matched"].values()) + account["unmatched"] == account["lines"]
    assert {flaw: account[flaw] for flaw in ("undecodable", "overLong", "malformed") if account[flaw]} == sample.flaws
    unmapped = {event: what for event, what in sample.events.items() if what.component is None}
    assert account["unmapped"] == {
        event: what.success + what.failure + what.unfinished for event, what in unmapped.items()
    }


# --- the whole graph, as somebody new would use it ----------------------------------------------------------


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    """The documents of November 2025, made by the command from an nginx access log and ten lines of YAML."""
    root = tmp_path_factory.mktemp("new-user")
    (root / "data" / "logs").mkdir(parents=True)
    (root / "home").mkdir()
    (root / "home" / "dagster.yaml").write_bytes((ROOT / "dagster.yaml").read_bytes())
    (root / "data" / "slo-config.yaml").write_text(configuration(SHOP), encoding="utf-8")
    (root / "data" / "logs" / "access.log").write_text(access_log(), encoding="utf-8")
    environment = {
        **os.environ,
        "SLO_ASSETS_DATA": str(root / "data"),
        "SLO_ASSETS_OUTPUT": str(root / "out"),
        "SLO_ASSETS_NOW": NOW,
        "DAGSTER_HOME": str(root / "home"),
    }
    command = [sys.executable, "-c", "from slo_assets.cli import main; main()", "run", "--json"]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [month["period"] for month in json.loads(done.stdout)["months"]] == ["2025-11"]

    def document(name: str) -> Any:
        return json.loads((root / "out" / "published" / "2025-11" / f"{name}.json").read_text(encoding="utf-8"))

    return document


def test_the_error_rate_of_an_access_log_is_its_5xx_by_its_requests(published: Callable[[str], Any]) -> None:
    metrics = published("sli-metrics")["metrics"]

    # Four of the hundred orders and the one with a quotation mark: 5 of 101. A 404 and a 401 are answers.
    assert metrics["shop"]["errorRate"] == pytest.approx(100 * 5 / 101, abs=5e-4)
    assert metrics["accounts"]["errorRate"] == 0


def test_the_latency_of_an_access_log_is_that_of_its_request_times(published: Callable[[str], Any]) -> None:
    metrics = published("sli-metrics")["metrics"]

    # 1, 2, … 100 and 1500 ms: between ranks 0 and 100, p50 is rank 50, p95 rank 95, p99 rank 99.
    expected = {"p50": 51, "p95": 96, "p99": 100}
    assert np.percentile([*range(1, 101), 1500], [50, 95, 99]).tolist() == [*expected.values()]
    assert {name: metrics["shop"]["latency"][name] for name in expected} == expected
    assert {name: metrics["accounts"]["latency"][name] for name in expected} == dict.fromkeys(expected, 250)


def test_an_access_log_without_agreed_objectives_gives_all_documents(published: Callable[[str], Any]) -> None:
    assert {*published("slo-targets")["sloTargets"]} == {*published("sli-metrics")["metrics"]} == {"shop", "accounts"}
    # With no month before and more than 100 operations, the objective is half as much again as this month's rate.
    assert published("slo-targets")["sloTargets"]["shop"]["errorRate"]["target"] == math.ceil(1500 * 500 / 101) / 1000
    assert published("error-budgets")["errorBudgets"]["shop"]["errorRate"]["consumed"] == 5


def test_the_shipped_configuration_reads_the_sample_of_its_profile_as_the_short_one_does(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "session.log"
    path.parent.mkdir()
    path.write_text(renderx(), encoding="utf-8")
    folder = LogFolder(UPath(path.parent), UPath(tmp_path / "scans"), shipped_config(), parse_instant(NOW))

    scans, account = folder.read()

    log = of_period(scans, Period("2025-11"), shipped_config(), account)
    assert {event: what.durations for event, what in told(log).items()} == {
        event: what.durations for event, what in SAMPLES["renderx"].events.items()
    }
