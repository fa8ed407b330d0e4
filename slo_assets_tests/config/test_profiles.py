"""The ready profiles: each loads, and its rules take from real-looking lines what they should, and nothing else.

A small reader stands in for the engine: for a line it gives the first rule that takes it, and what it takes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from slo_assets.config import (
    PROFILES,
    Condition,
    ConfigError,
    Dialect,
    Profile,
    Reading,
    Rule,
    compiled,
    parse_config,
    profile,
    profile_names,
)
from slo_assets_tests.situations import SHIPPED_CONFIG

#: The id of the rule, the outcome, the event key, the key of the pair, and the milliseconds.
Taken = tuple[str, str, str, str | None, float | None]
UNITS = {"s": 1000, "ms": 1, "us": 1e-3, "ns": 1e-6}


def taken(ready: Profile | Reading, line: str) -> Taken | None:
    """What the first rule that fits a line takes from it; of a JSON line, its first record."""
    own = next(records(ready.dialect, line), {}) if ready.dialect.format == "json" else {}
    for rule in ready.rules:
        searched = own.get("message", "") if ready.dialect.format == "json" else line
        match = compiled(rule.pattern or "").search(searched.encode())
        if match is None or (rule.contains or "") not in line:
            continue
        groups = {key.decode(): value.decode() for key, value in match.groupdict().items() if value is not None}
        found = told(rule, own | groups)
        if found is not None:
            return found
    return None


def told(rule: Rule, fields: Mapping[str, str]) -> Taken | None:
    template = rule.event or "{event}"
    if not all(holds(condition, fields) for condition in rule.where) or not {*re.findall(r"\{(\w+)\}", template)} <= {
        *fields
    }:
        return None
    failed = any(holds(condition, fields) for condition in rule.failure_when)
    outcome = ("failure" if failed else "success") if rule.kind == "operation" else rule.kind
    duration = fields.get("duration")
    milliseconds = None if duration is None else round(float(duration) * UNITS[rule.duration_unit], 6)
    return rule.id, outcome, template.format_map(fields), fields.get("key"), milliseconds


def holds(condition: Condition, fields: Mapping[str, str]) -> bool:
    value = fields.get(condition.field)
    if value is None:
        return False
    if condition.equals is not None:
        return value == condition.equals
    if condition.matches is not None:
        return compiled(condition.matches).search(value.encode()) is not None
    try:
        number = float(value)
    except ValueError:
        return False
    return number >= condition.at_least if condition.at_least is not None else number < (condition.below or 0)


def records(dialect: Dialect, line: str) -> Iterator[dict[str, str]]:
    for around in walk([json.loads(line)], (dialect.records or "").split(".")):
        yield {name: value for name, paths in dialect.paths.items() if (value := first_of(around, paths)) is not None}


def walk(around: list[Any], steps: list[str]) -> Iterator[list[Any]]:
    """The objects from a record outwards, for each record."""
    if steps in ([], [""]):
        yield around
        return
    inner = around[0][steps[0].removesuffix("[]")]
    for item in inner if steps[0].endswith("[]") else [inner]:
        yield from walk([item, *around], steps[1:])


def first_of(around: list[Any], paths: tuple[str, ...]) -> str | None:
    values = (value_at(item, path) for path in paths for item in around)
    return next((value for value in values if value is not None), None)


def value_at(item: Any, path: str) -> str | None:
    for key, name in re.findall(r"\[([^\]]+)\]|([^.\[\]]+)", path):
        if isinstance(item, list):
            found = [entry["value"] for entry in item if entry["key"] == key]
            item = next(iter(found[0].values())) if found else None
        else:
            item = item.get(key or name) if isinstance(item, dict) else None
    if item is None or isinstance(item, dict | list):
        return None
    return str(item).lower() if isinstance(item, bool) else str(item)


def object_of(**fields: Any) -> str:
    return json.dumps({key.replace("__", "."): value for key, value in fields.items()})


def otlp(service: str | None = "shop", **record: Any) -> str:
    attributes = [{"key": key, "value": value} for key, value in record.pop("attributes", {}).items()]
    resource = [] if service is None else [{"key": "service.name", "value": {"stringValue": service}}]
    whole = {"timeUnixNano": "1762264194003000000", **record, "attributes": attributes}
    scope = {"scope": {"name": "x"}, "logRecords": [whole]}
    return json.dumps({"resourceLogs": [{"resource": {"attributes": resource}, "scopeLogs": [scope]}]})


AT = "2025-11-10T21:56:19.998Z"
CLIENT = "203.0.113.9 - - [04/Nov/2025:13:49:54 +0200]"
NGINX = f'{CLIENT} "GET /shop/cart?id=7 HTTP/1.1" 200 512 "https://a.example/" "curl/8.5"'
SYSTEMD = "Nov  4 13:49:54 web-1 systemd[1]: "
NEW = "<30>1 2025-11-04T13:49:54.003Z web-1 systemd 1 - - "

LINES: Mapping[str, Mapping[str, tuple[str, Taken | None]]] = {
    "renderx": {
        "a beat that is done": (
            f"{AT} 🎼 BeatExecutor: Beat 3 (canvas:component:create) completed in 12.5ms",
            ("beat-completed", "success", "canvas:component:create", None, 12.5),
        ),
        "a beat that failed": (
            f"{AT} BeatExecutor: Beat 3 (library:load) failed after 80 ms: TypeError",
            ("beat-failed", "failure", "library:load", None, 80),
        ),
        "a beat that failed without a duration": (
            f"{AT} BeatExecutor: Beat 3 (library:load) failed",
            ("beat-failed", "failure", "library:load", None, None),
        ),
        "a beat that begins": (
            f"{AT} 🥁 Beat 1 Started: Toggle the theme (theme:toggle)",
            ("beat-started", "start", "theme:toggle", None, None),
        ),
        "a mount": (
            f"{AT} Attempting to mount plugin: LibraryPlugin",
            ("mount-started", "start", "host:sdk:plugin:mount", "LibraryPlugin", None),
        ),
        "a mount that is done": (
            f"[{AT}] LOG {AT} ✅ Plugin mounted successfully: LibraryPlugin",
            ("mount-succeeded", "success", "host:sdk:plugin:mount", "LibraryPlugin", None),
        ),
        "a mount that failed": (
            f"{AT} [ERR] Failed to mount plugin LibraryPlugin: no such module",
            ("mount-failed", "failure", "host:sdk:plugin:mount", "LibraryPlugin", None),
        ),
        "a word that proves nothing": (f"{AT} Cleaned up failed movement m-1", None),
    },
    "combined": {
        "a request": (NGINX, ("request", "success", "/shop/cart", None, None)),
        "a request with its time": (NGINX + " 0.123", ("request", "success", "/shop/cart", None, 123)),
        "a request with its time by name": (
            NGINX + ' rt=0.250 uct="0.001" urt="0.249"',
            ("request", "success", "/shop/cart", None, 250),
        ),
        "a request with its time in quotes, behind other fields": (
            NGINX + ' "198.51.100.7" cs=- rt="1.5"',
            ("request", "success", "/shop/cart", None, 1500),
        ),
        "a request with its length and both times": (
            NGINX + " 514 0.005 [shop-web-80] [] 10.0.0.1:8080 512 0.004 200 1f0c",
            ("request", "success", "/shop/cart", None, 5),
        ),
        "a request with microseconds, which look like bytes": (
            NGINX + " 51234",
            ("request", "success", "/shop/cart", None, None),
        ),
        "the common format": (
            '::1 - frank [10/Oct/2025:13:55:36 -0700] "POST /a.b HTTP/1.0" 201 -',
            ("request", "success", "/a.b", None, None),
        ),
        "the common format with a virtual host and a time": (
            'a.example:443 10.0.0.1 - - [10/Oct/2025:13:55:36 +0000] "HEAD / HTTP/2.0" 304 0 0.001',
            ("request", "success", "/", None, 1),
        ),
        "a failure of the server": (NGINX.replace(" 200 ", " 502 "), ("request", "failure", "/shop/cart", None, None)),
        "a mistake of the client": (NGINX.replace(" 200 ", " 404 "), ("request", "success", "/shop/cart", None, None)),
        "quotes in the request and in the agent": (
            NGINX.replace("cart?id=7", r"a\"b?q=\"").replace("curl/8.5", r"x \" 9.999") + " 0.007",
            ("request", "success", r"/shop/a\"b", None, 7),
        ),
        "a duration that the agent pretends": (
            NGINX.replace("curl/8.5", "curl rt=9.999 0.1"),
            ("request", "success", "/shop/cart", None, None),
        ),
        "a request with a host": (
            NGINX.replace("/shop", "http://a.example/shop"),
            ("request", "success", "/shop/cart", None, None),
        ),
        "a request without a version": (
            NGINX.replace(" HTTP/1.1", ""),
            ("request", "success", "/shop/cart", None, None),
        ),
        "a line that was cut in the agent": (NGINX[:-3], ("request", "success", "/shop/cart", None, None)),
        "no request": (NGINX.replace("GET /shop/cart?id=7 HTTP/1.1", "-").replace(" 200 ", " 408 "), None),
        "an empty request": (NGINX.replace("GET /shop/cart?id=7 HTTP/1.1", ""), None),
        "TLS on a port without it": (
            NGINX.replace("GET /shop/cart?id=7 HTTP/1.1", r"\x16\x03\x01\x02\x00\x01\xFC").replace(" 200 ", " 400 "),
            None,
        ),
        "a request of the server to itself": (NGINX.replace("GET /shop/cart?id=7", "OPTIONS *"), None),
        "a line that was cut in the request": (NGINX[:70], None),
        "a line of the error log": ("2025/11/04 13:49:54 [error] 31#31: *7 connect() failed", None),
    },
    "json-lines": {
        "milliseconds": (
            object_of(timestamp=AT, event="pay", duration_ms=12.5, level="info"),
            ("timed-ms", "success", "pay", None, 12.5),
        ),
        "seconds": (object_of(ts=AT, op="pay", duration_seconds=0.25), ("timed-s", "success", "pay", None, 250)),
        "microseconds as text": (
            object_of(time=AT, op="pay", latency_us="900"),
            ("timed-us", "success", "pay", None, 0.9),
        ),
        "nested names of ECS": (
            object_of(event={"action": "pay", "duration": 3_000_000, "outcome": "failure"}),
            ("timed-ns", "failure", "pay", None, 3),
        ),
        "flat names of ECS": (
            object_of(event__action="pay", event__duration=2_000_000, log__level="ERROR"),
            ("timed-ns", "failure", "pay", None, 2),
        ),
        "two units, of which the first of the rules counts": (
            object_of(event="pay", duration_s=2, duration_ms=2001),
            ("timed-ms", "success", "pay", None, 2001),
        ),
        "a request of Node.js that failed": (
            object_of(level=50, name="web", route="/a", res={"statusCode": 503}, responseTime=7),
            ("timed-ms", "failure", "/a", None, 7),
        ),
        "a status alone": (object_of(path="/a", status=404), ("with-status", "success", "/a", None, None)),
        "a status in words": (object_of(event="pay", status="FAILED"), ("with-status", "failure", "pay", None, None)),
        "no success": (object_of(event="pay", success=False), ("with-outcome", "failure", "pay", None, None)),
        "a duration without a unit": (
            object_of(event="pay", duration=3, outcome="success"),
            ("with-outcome", "success", "pay", None, None),
        ),
        "a duration that is null": (object_of(event="pay", duration_ms=None), None),
        "an error that is no operation": (object_of(event="cannot reach the till", level="error"), None),
        "a line without an event": (object_of(message="started", duration_ms=5), None),
    },
    "syslog": {
        "a unit that starts": (
            f"{SYSTEMD}Starting nginx.service - A high performance web server...",
            ("unit-starting", "start", "systemd:nginx.service", None, None),
        ),
        "a unit that starts, with another ellipsis": (
            f"<30>{SYSTEMD}Starting nginx.service - A high performance web server…",
            ("unit-starting", "start", "systemd:nginx.service", None, None),
        ),
        "a unit that has started": (
            f"{SYSTEMD}Started nginx.service - A high performance web server.",
            ("unit-started", "success", "systemd:nginx.service", None, None),
        ),
        "a unit that ran through": (
            f"{SYSTEMD}Finished Rotate log files.",
            ("unit-started", "success", "systemd:Rotate log files", None, None),
        ),
        "a unit that does not start": (
            f"{SYSTEMD}Failed to start nginx.service - A high performance web server.",
            ("unit-failed-to-start", "failure", "systemd:nginx.service", None, None),
        ),
        "a unit that only its description names": (
            f"{SYSTEMD}Starting A web server...",
            ("unit-starting", "start", "systemd:A web server", None, None),
        ),
        "a crash": (
            f"{SYSTEMD}nginx.service: Main process exited, code=dumped, status=11/SEGV",
            ("unit-crashed", "failure", "systemd:nginx.service", None, None),
        ),
        "an exit, which a failed start has as well": (
            f"{SYSTEMD}nginx.service: Main process exited, code=exited, status=1/FAILURE",
            None,
        ),
        "a unit that was stopped": (
            f"{SYSTEMD}nginx.service: Main process exited, code=killed, status=15/TERM",
            None,
        ),
        "another program that says so": (f"{SYSTEMD.replace('systemd', 'cron')}Started nginx.service.", None),
        "a program that quotes": (f"{SYSTEMD}x: Started nginx.service.", None),
    },
    "syslog-5424": {
        "a unit that starts": (
            f"{NEW}Starting nginx.service - A high performance web server...",
            ("unit-starting", "start", "systemd:nginx.service", None, None),
        ),
        "a unit that has started, in the form of rsyslog": (
            "2025-11-04T13:49:54.003+01:00 web-1 systemd[1]: Started nginx.service - A web server.",
            ("unit-started", "success", "systemd:nginx.service", None, None),
        ),
        "structured data": (
            NEW.replace("- - ", 'ID47 [a@1 b="c"][d@2 e="f"] ') + "Finished logrotate.service - Rotate log files.",
            ("unit-started", "success", "systemd:logrotate.service", None, None),
        ),
        "a byte order mark": (
            f"{NEW}\ufeffFailed to start nginx.service - A web server.",
            ("unit-failed-to-start", "failure", "systemd:nginx.service", None, None),
        ),
        "a crash": (
            f"{NEW}nginx.service: Main process exited, code=killed, status=9/KILL",
            ("unit-crashed", "failure", "systemd:nginx.service", None, None),
        ),
        "another program that says so": (NEW.replace("systemd", "cron") + "Started nginx.service.", None),
        "a program that quotes": (f"{NEW}x: Started nginx.service.", None),
        "a message that is empty": (NEW, None),
    },
    "otlp": {
        "an event with its milliseconds": (
            otlp(severityNumber=9, eventName="pay", attributes={"duration_ms": {"intValue": "12"}}),
            ("timed-ms", "success", "shop:pay", None, 12),
        ),
        "an event that failed": (
            otlp(severityNumber=17, attributes={"event.name": {"stringValue": "pay"}}),
            ("untimed", "failure", "shop:pay", None, None),
        ),
        "a warning": (otlp(severityNumber=16, eventName="pay"), ("untimed", "success", "shop:pay", None, None)),
        "a request with its seconds": (
            otlp(
                attributes={
                    "http.route": {"stringValue": "/cart/{id}"},
                    "http.server.request.duration": {"doubleValue": 0.25},
                    "http.response.status_code": {"intValue": "503"},
                }
            ),
            ("timed-s", "failure", "shop:/cart/{id}", None, 250),
        ),
        "nanoseconds": (
            otlp(eventName="pay", attributes={"event.duration": {"intValue": "2000000"}}),
            ("timed-ns", "success", "shop:pay", None, 2),
        ),
        "a record that is no event": (otlp(severityNumber=17, body={"stringValue": "pay failed"}), None),
        "a record of nobody": (otlp(service=None, eventName="pay"), None),
        "no records": (json.dumps({"resourceLogs": []}), None),
    },
}
EVERY = [(name, line, expected) for name, lines in LINES.items() for line, expected in lines.values()]


@pytest.mark.parametrize(
    ("name", "line", "expected"), EVERY, ids=[f"{name}: {what}" for name, lines in LINES.items() for what in lines]
)
def test_a_profile_takes_from_a_line(name: str, line: str, expected: Taken | None) -> None:
    assert taken(profile(name), line) == expected


@pytest.mark.parametrize("name", profile_names())
def test_each_rule_of_a_profile_takes_some_of_these_lines(name: str) -> None:
    used = {expected[0] for _, expected in LINES[name].values() if expected}

    assert used == {rule.id for rule in profile(name).rules}


@pytest.mark.parametrize("name", profile_names())
def test_a_profile_is_all_that_a_configuration_needs_for_its_rules(name: str) -> None:
    document = yaml.safe_load(SHIPPED_CONFIG.read_text(encoding="utf-8"))
    document["logs"] = {"profile": name}

    reading = parse_config(yaml.safe_dump(document)).logs.reading("any.log")

    assert (reading.dialect, reading.rules) == (profile(name).dialect, profile(name).rules)


@pytest.mark.parametrize("name", profile_names())
def test_a_profile_says_why_it_is_as_it_is(name: str) -> None:
    assert (PROFILES / f"{name}.yaml").read_text(encoding="utf-8").startswith("# ")


@pytest.mark.parametrize("name", ["json-lines", "otlp"])
def test_a_duration_is_looked_for_in_the_order_of_the_rules_that_know_its_unit(name: str) -> None:
    ready = profile(name)
    by_unit = [rule for rule in ready.rules if rule.id.startswith("timed-")]
    asked = [path for rule in by_unit for path in ready.dialect.fields[rule.where[0].field]]

    assert [rule.where[0].field for rule in by_unit] == [f"duration_{rule.duration_unit}" for rule in by_unit]
    assert list(ready.dialect.fields["duration"]) == asked


def test_a_profile_with_a_mistake_is_refused_like_a_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken.yaml").write_text("rules:\n  - id: a\n    kind: success\n    contains: x\n", encoding="utf-8")
    monkeypatch.setattr("slo_assets.config.logs.PROFILES", tmp_path)

    with pytest.raises(ConfigError, match=r"^broken\.yaml, line 2: rules\.0: the rule names no event\. Remedy: "):
        profile("broken")


# --- the guide ----------------------------------------------------------------------------------------------

DOCS = SHIPPED_CONFIG.parents[1] / "docs"
GUIDE = (DOCS / "IMPLEMENTATION_GUIDE.md").read_text(encoding="utf-8")
#: The guide's configurations: of the shop at first, with agreed objectives, a change of it, and one of three logs.
FIRST, AGREED, _, THREE_LOGS = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)

#: Files of the guide's examples, a line of each, the rule that takes it, and the component of its event.
EXAMPLES = {
    "access.log": (THREE_LOGS, NGINX + " 0.123", "request", "shop"),
    "jobs/a.log": (THREE_LOGS, "ts=1762264194.003 job=17 nightly-report begins", "job-begins", "jobs"),
    "payments.log": (
        THREE_LOGS,
        object_of(at=AT, op="pay", http={"status": 200}, took=0.12),
        "payment",
        "payments",
    ),
    "orders.log": (AGREED, NGINX.replace("/shop/cart", "/api/orders/7") + " 0.123", "one-order", "orders"),
}


@pytest.mark.parametrize("file", EXAMPLES)
def test_the_guide_s_example_reads_its_own_lines(file: str) -> None:
    text, line, rule, component = EXAMPLES[file]
    config = parse_config(text)
    reading = config.logs.reading(file)

    found = taken(reading, line)

    assert found is not None
    assert (found[0], config.component_of(found[2])) == (rule, component)


def test_the_guide_shows_the_configurations_that_it_copies() -> None:
    assert (DOCS / "examples" / "shop" / "slo-config.yaml").read_text(encoding="utf-8") == FIRST
    assert (DOCS / "examples" / "shop-agreed.yaml").read_text(encoding="utf-8") == AGREED


def test_the_guide_names_every_profile() -> None:
    assert [name for name in profile_names() if f"`{name}`" not in GUIDE] == []
