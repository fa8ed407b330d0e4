"""What the rules make of each line: told line by line, and summed as a run sums it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from upath import UPath

from slo_assets.config import SloConfig, parse_config
from slo_assets.domain.event_log import of_period
from slo_assets.logs.explain import ExplainError, Explanation, document, explain, find
from slo_assets.periods import Period
from slo_assets_tests.situations import config_with, scan_of, shipped_config

TEXT = """\
version: 1.0.0
application: shop
firstPeriod: 2025-11
logs:
  rules:
    - {id: begins, kind: start, contains: " begins", pattern: 'job=(?P<key>\\d+) begins', event: jobs:run}
    - {id: ends, kind: success, contains: " ends", event: jobs:run,
       pattern: 'job=(?P<key>\\d+) ends(?: after (?P<duration>\\S+) ms)?'}
    - {id: other, kind: failure, pattern: 'other (?P<event>\\S+)'}
components: {jobs: {name: Jobs, prefixes: [jobs]}}
"""
RECORDS = """\
version: 1.0.0
application: shop
firstPeriod: 2025-11
logs:
  dialect: {format: json, records: "records[]", time: {field: at}, fields: {event: op}}
  rules: [{id: paid, kind: success}]
components: {shop: {name: Shop, events: [pay]}}
"""
LINES = (
    b"before any time\n"
    b"2025-11-10T12:00:00Z job=1 begins\n"
    b"2025-11-10T12:00:00.250Z job=1 ends\r\n"
    b"2025-11-10T12:00:01Z job=2 ends after 7.5 ms\n"
    b"2025-11-10T12:00:02Z job=3 ends after all ms\n"
    b"2025-11-10T12:00:03Z other thing\n"
    b"user 17 came\n"
    b"user 18 came\n"
    b"broken \xff\xfe bytes"
)


def written(folder: Path, data: bytes, name: str = "a.log") -> UPath:
    (folder / name).write_bytes(data)
    return UPath(folder / name)


def explained(folder: Path, data: bytes, config: SloConfig | None = None, **more: Any) -> Explanation:
    return explain(written(folder, data), "a.log", config or parse_config(TEXT), **more)


def told(found: Explanation) -> list[tuple[Any, ...]]:
    """Line, rule, kind, event, component, milliseconds and where they are from."""
    return [
        (line.number, t.rule, t.kind, t.event, t.component, t.ms, t.known) for line in found.lines for t in line.told
    ]


def test_each_line_has_its_rule_kind_event_component_and_duration(tmp_path: Path) -> None:
    assert told(explained(tmp_path, LINES)) == [
        (2, "begins", "start", "jobs:run", "jobs", None, None),
        (3, "ends", "success", "jobs:run", "jobs", 250, "paired"),
        (4, "ends", "success", "jobs:run", "jobs", 7.5, "written"),
        (5, "ends", "success", "jobs:run", "jobs", None, None),
        (6, "other", "failure", "thing", None, None, None),
    ]


def test_a_line_that_tells_no_time_has_the_one_before_it_and_says_so(tmp_path: Path) -> None:
    lines = document(explained(tmp_path, LINES))["lines"]

    assert [(line["instant"], line["time"]) for line in lines[:2]] == [
        ("2025-11-10T12:00:00Z", "inherited"),
        ("2025-11-10T12:00:00Z", "own"),
    ]
    assert (lines[7]["instant"], lines[7]["time"]) == ("2025-11-10T12:00:03Z", "inherited")


@pytest.mark.parametrize(
    ("name", "instant"), [("app.log", None), ("app-2025-11-04.log", "2025-11-04T00:00:00Z"), ("app-0.log", None)]
)
def test_without_any_time_the_name_of_the_file_says_it_or_nothing(
    tmp_path: Path, name: str, instant: str | None
) -> None:
    found = explain(written(tmp_path, b"one\ntwo\n", name), name, parse_config(TEXT))

    assert [line["instant"] for line in document(found)["lines"]] == [instant, instant]


def test_a_file_that_begins_in_1970_is_dated(tmp_path: Path) -> None:
    (line,) = explained(tmp_path, b"1970-01-01T00:00:00Z job=1 ends").lines

    assert (line.instant, line.own) == (0, True)


def test_the_summary_is_what_a_run_counts(tmp_path: Path) -> None:
    config = parse_config(TEXT)
    account = of_period([scan_of(LINES, config, "a.log")], Period("2025-11"), config).account

    summary = document(explained(tmp_path, LINES))["summary"]

    assert summary == {
        "lines": 9,
        "matched": {"begins": 1, "ends": 3, "other": 1},
        "unmatched": 4,
        "untimed": 4,
        "undecodable": 1,
        "overLong": 0,
        "malformed": 0,
        "unmapped": 1,
    }
    assert {name: account[name] for name in summary if name != "unmapped"} == {
        name: value for name, value in summary.items() if name != "unmapped"
    }


def test_what_no_rule_took_is_told_by_its_shape_the_most_frequent_first(tmp_path: Path) -> None:
    found = explained(tmp_path, LINES + b"".join(b"\nline %d of kind %s" % (n, bytes([97 + n])) for n in range(20)))

    assert found.shapes[0] == ("user 0 came", 2)
    assert len(found.shapes) == 10


def test_no_more_than_the_first_lines_are_read(tmp_path: Path) -> None:
    data = b"".join(b"2025-11-10T12:00:00Z job=%d ends\n" % number for number in range(1100))

    few, every, exact = (explained(tmp_path, data, most=most) for most in (3, 1200, 1100))

    assert ([line.number for line in few.lines], few.whole) == ([1, 2, 3], False)
    assert [(len(found.lines), found.whole) for found in (every, exact)] == [(1100, True), (1100, True)]


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf"])
def test_an_empty_file_has_no_lines(tmp_path: Path, data: bytes) -> None:
    found = explained(tmp_path, data)

    assert (found.lines, found.whole, found.sums.lines, found.shapes) == ((), True, 0, ())


def test_flaws_are_told_at_their_lines(tmp_path: Path) -> None:
    config = config_with(lambda settings: settings["logs"].update(maxLineBytes=1024))
    data = b"2025-11-10T12:00:00Z fine\n" + "é".encode() * 4000 + b"\n\xff broken\n" + b"x" * 1024 + b"\n"

    found = explained(tmp_path, data, config)

    assert [line.flaws for line in found.lines] == [(), ("overLong",), ("undecodable",), ()]
    assert all(len(line.text) < 300 for line in found.lines)


def test_an_over_long_line_is_not_held_as_a_whole(tmp_path: Path) -> None:
    config = config_with(lambda settings: settings["logs"].update(maxLineBytes=1024))
    found = explained(tmp_path, b"x" * 5_000_000 + b"\n2025-11-10T12:00:00Z after it\n", config)

    assert [(line.flaws, line.own) for line in found.lines] == [(("overLong",), False), ((), True)]


def test_a_json_line_that_holds_several_records_tells_of_each(tmp_path: Path) -> None:
    at = "2025-11-10T12:00:00Z"
    line = json.dumps({"records": [{"at": at, "op": "pay"}, {"at": at}, {"at": at, "op": "refund"}]})

    found = explained(tmp_path, f"{line}\n{{broken\n".encode(), parse_config(RECORDS))

    assert [entry[:5] for entry in told(found)] == [
        (1, "paid", "success", "pay", "shop"),
        (1, "paid", "success", "refund", None),
    ]
    assert [(line.left, line.flaws) for line in found.lines] == [(1, ()), (1, ("malformed",))]
    assert (found.sums.lines, found.unmatched) == (4, 2)
    assert document(found)["dialect"].startswith("json, records in records[], iso times in at")


@pytest.mark.parametrize("name", ["a.log", "a.log.gz", "a.log.zst"])
def test_compressed_files_are_read_like_any(tmp_path: Path, name: str) -> None:
    packed = {"a.log": LINES, "a.log.gz": gzip.compress(LINES), "a.log.zst": pa.compress(LINES, "zstd", asbytes=True)}

    found = explain(written(tmp_path, packed[name], name), name, parse_config(TEXT))

    assert told(found) == told(explained(tmp_path, LINES))


def test_utf_16_is_read_like_any(tmp_path: Path) -> None:
    text = "2025-11-10T12:00:00Z job=1 ends ✅\n"

    assert told(explained(tmp_path, text.encode("utf-16"))) == told(explained(tmp_path, text.encode()))


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress(LINES * 100)[:60], "a.log.gz")

    with pytest.raises(ExplainError, match="cannot be read"):
        explain(path, "a.log.gz", parse_config(TEXT))


def test_source_profile_and_dialect_are_those_of_the_file(tmp_path: Path) -> None:
    jobs = {"name": "jobs", "files": "jobs/*", "dialect": {"time": {"format": "epoch", "after": "ts="}}}
    jobs |= {"rules": [{"id": "job", "kind": "success", "contains": "job", "event": "jobs:run", "component": "theme"}]}
    syslog = {"name": "system", "files": "sys*", "profile": "syslog", "year": 2025}
    config = config_with(lambda settings: settings["logs"]["sources"].extend([jobs, syslog]))
    path = written(tmp_path, b"ts=1762776000 job\n")
    hows = {name: explain(path, name, config).how for name in ("jobs/a.log", "system.log", "heartbeat-1.log", "a.log")}

    assert {name: (how.source, how.profile, how.dialect, len(how.rules)) for name, how in hows.items()} == {
        "jobs/a.log": ("jobs", None, "text, epoch times after 'ts='", 1),
        "system.log": ("system", "syslog", "text, syslog times at the line's start, UTC where they name no offset", 4),
        "heartbeat-1.log": (
            "heartbeat",
            "renderx",
            "text, iso times anywhere in the line, UTC where they name no offset",
            6,
        ),
        "a.log": (None, "renderx", "text, iso times anywhere in the line, UTC where they name no offset", 6),
    }
    assert told(explain(path, "jobs/a.log", config)) == [(1, "job", "success", "jobs:run", "theme", None, None)]


def test_a_file_below_the_log_folder_is_read_by_its_path_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logs = tmp_path / "data" / "logs"
    (logs / "jobs").mkdir(parents=True)
    written(logs / "jobs", b"")
    written(tmp_path, b"", "b.log")
    (tmp_path / "link").symlink_to(logs / "jobs")
    monkeypatch.chdir(logs)

    names = {
        place: find(str(place), UPath(logs))[1]
        for place in ("jobs/a.log", logs / "jobs" / "a.log", "../logs/jobs/a.log", tmp_path / "link" / "a.log")
    }

    assert set(names.values()) == {"jobs/a.log"}
    assert find(str(tmp_path / "b.log"), UPath(logs))[1] == "b.log"


def test_a_file_that_a_check_names_is_found_from_anywhere(tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    path = written(tmp_path / "jobs", b"")

    assert find("jobs/a.log", UPath(tmp_path)) == (path, "jobs/a.log")


@pytest.mark.parametrize("name", ["nothing.log", "."])
def test_what_is_no_file_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(ExplainError, match="there is no file"):
        find(str(tmp_path / name), UPath(tmp_path))


def test_a_file_on_another_file_system_is_read_as_well() -> None:
    path = UPath("memory://explained/logs/jobs/a.log")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(LINES)

    found, name = find(str(path), UPath("memory://explained/logs"))

    assert name == "jobs/a.log"
    assert len(explain(found, name, shipped_config()).lines) == 9
