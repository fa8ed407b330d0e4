"""What people are shown of an account: every line in some figure, and a bounded size, whatever the logs hold."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_assets.domain import account
from slo_assets.domain.event_log import EventLog
from slo_assets_tests.domain.telling import AFTERWARDS, NOVEMBER, chatter, done, text
from slo_assets_tests.situations import event_log, shipped_config


def entry(file: str, lines: int = 10, matched: int = 3, **flaws: int) -> dict[str, Any]:
    """A file's entry in the account."""
    counts = {"untimed": 1, "undecodable": 0, "overLong": 0, "malformed": 0, "unmapped": 2, **flaws}
    return {
        "file": file,
        "digest": "0",
        "lines": lines,
        "matched": {"a": matched},
        "unmatched": lines - matched,
        **counts,
    }


def sample(file: str, line: int, reason: str = "undecodable", first: str = "x") -> dict[str, Any]:
    return {"file": file, "line": line, "reason": reason, "text": first, "period": NOVEMBER}


def whole(*files: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An account of files."""
    summed = ("lines", "unmatched", "untimed", "undecodable", "overLong", "malformed")
    return {
        "files": list(files),
        **{name: sum(file[name] for file in files) for name in summed},
        "latest": None,
        "matched": {"a": sum(file["matched"]["a"] for file in files)},
        "unmapped": {},
        "flawed": [],
        "quarantine": [],
        "duplicates": [],
        "future": {},
        **more,
    }


MANY = whole(*(entry(f"{number:05d}.log", undecodable=number % 7) for number in range(5000)))


def test_every_line_is_in_the_figures() -> None:
    aside = {"quarantine": [{"file": "q.log", "reason": "undated", "detail": ""}], "future": {"a.log": 4}}
    aside |= {"duplicates": [{"file": "b.log", "sameAs": "a.log"}]}
    lines = {"a.log": text(done(0), done(1, event="minimap:show"), chatter(2), "no time")}
    log = event_log(lines, NOVEMBER, AFTERWARDS, shipped_config(), aside)

    assert account.figures(log.account) == {
        "lines": 4,
        "matched": 2,
        "unmatched": 2,
        "without time": 1,
        "undecodable": 0,
        "over-long": 0,
        "malformed": 0,
        "unmapped events": 1,
        "later than the clock": 4,
        "files": 1,
        "duplicates": 1,
        "set aside": 1,
    }


def test_an_empty_month_has_figures_and_no_rows() -> None:
    empty = EventLog().account

    assert set(account.figures(empty).values()) == {0}
    rows = (account.file_rows, account.rule_rows, account.event_rows, account.flawed_rows)
    assert [made(empty) for made in rows] == [[], [], [], []]
    assert account.flawed_shown(empty, []) == "none"
    assert account.Unreadable.of(empty).percent == 0


def test_a_file_s_row_tells_what_became_of_its_lines_the_worst_file_first() -> None:
    rows = account.file_rows(whole(entry("a.log"), entry("b.log", malformed=2, overLong=1)))

    assert [row["file"] for row in rows] == ["b.log", "a.log"]
    assert rows[0] == {
        "file": "b.log",
        "lines": 10,
        "matched": 3,
        "unmatched": 7,
        "without time": 1,
        "undecodable": 0,
        "over-long": 1,
        "malformed": 2,
        "unmapped": 2,
    }


def test_files_beyond_the_cap_are_summed_so_that_no_line_is_lost() -> None:
    rows = account.file_rows(MANY)

    assert len(rows) == account.ROWS + 1
    assert rows[-1]["file"] == "and 4,800 more files"
    for name in ("lines", "matched", "unmatched", "undecodable"):
        assert sum(int(row[name] or 0) for row in rows) == account.figures(MANY)[name]


def test_rules_are_told_by_what_they_took_and_with_what_none_did() -> None:
    told = whole(entry("a.log"), matched={"rare": 1, "often": 2})

    assert account.rule_rows(told) == [
        {"rule": "often", "lines": 2},
        {"rule": "rare", "lines": 1},
        {"rule": "none", "lines": 7},
    ]


def test_a_hundred_thousand_event_keys_are_cut_to_the_largest_and_the_sum_stays_true() -> None:
    unmapped = {f"/{number}": number % 1000 + 1 for number in range(100_000)}

    rows = account.event_rows(whole(unmapped=unmapped))

    assert len(rows) == account.KEYS + 1
    assert (rows[0], rows[-1]["event"]) == ({"event": "/10999", "count": 1000}, "and 99,980 more")
    assert sum(int(row["count"] or 0) for row in rows) == sum(unmapped.values())


@given(st.dictionaries(st.text(max_size=3), st.integers(1, 50)), st.integers(1, 5))
def test_the_largest_counts_and_their_rest_are_all_of_them(counts: dict[str, int], most: int) -> None:
    shown, rest = account.largest(counts, most)

    assert len(shown) + rest["keys"] == len(counts)
    assert sum(shown.values()) + rest["events"] == sum(counts.values())
    assert all(count <= min(shown.values()) for key, count in counts.items() if key not in shown)


def test_of_samples_beyond_the_cap_each_file_and_reason_keeps_its_first() -> None:
    flawed = [sample(f"{file}.log", line, reason) for file in "abc" for reason in ("undecodable", "malformed")
              for line in (1, 2, 3)]  # fmt: skip

    rows = account.flawed_rows(whole(flawed=flawed), most=7)

    assert [(row["file"], row["line"], row["reason"]) for row in rows] == [
        ("a.log", 1, "malformed"),
        ("a.log", 1, "undecodable"),
        ("a.log", 2, "malformed"),
        ("b.log", 1, "malformed"),
        ("b.log", 1, "undecodable"),
        ("c.log", 1, "malformed"),
        ("c.log", 1, "undecodable"),
    ]


def test_beside_the_samples_stands_how_many_there_are() -> None:
    told = whole(entry("a.log", lines=5000, undecodable=1200, malformed=3), flawed=[sample("a.log", 1)])

    assert account.flawed_shown(told, account.flawed_rows(told)) == "1 of 1,203 (1,200 undecodable, 3 malformed)"


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("a\x1b[31mred\x07", "a\\x1b[31mred\\x07"),
        ("two\nlines\r\tand\x00", "two\\nlines\\r\\tand\\x00"),
        ("\x9b31m", "\\x9b31m"),
        ("gnp.\u202egol", "gnp.\\u202egol"),
        ("\ud800", "\\ud800"),
        ("✅ µ 日本", "✅ µ 日本"),
        ("<b>[red]{x}|", "<b>[red]{x}|"),
        ("x" * 301, "x" * 300 + "…"),
    ],
)
def test_text_that_would_act_on_a_terminal_or_a_reader_is_written_out(hostile: str, shown: str) -> None:
    assert account.visible(hostile) == shown


def test_names_and_bytes_in_tables_are_written_out() -> None:
    told = whole(entry("a\n.log"), flawed=[sample("a\n.log", 1, first="\x1b]0;x")], unmapped={"e\x07": 1})

    assert account.file_rows(told)[0]["file"] == "a\\n.log"
    assert account.event_rows(told)[0]["event"] == "e\\x07"
    assert (account.flawed_rows(told)[0]["file"], account.flawed_rows(told)[0]["first bytes"]) == (
        "a\\n.log",
        "\\x1b]0;x",
    )


def test_the_account_that_is_shown_is_small_and_says_how_much_it_leaves_out() -> None:
    told = {
        **MANY,
        "unmapped": {f"/{'long' * 500}/{number}": 1 for number in range(100_000)},
        "flawed": [sample(file["file"], line) for file in MANY["files"] for line in range(20)],
        "quarantine": [{"file": f"{n}.log", "reason": "unreadable", "detail": "x" * 9999} for n in range(900)],
        "future": {f"{n}.log": n for n in range(900)},
    }

    shown = account.bounded(told)

    assert len(json.dumps(shown)) < 300_000
    assert shown["lines"] == MANY["lines"]
    assert shown["shown"] == {
        "duplicates": "0 of 0",
        "files": "200 of 5,000",
        "flawed": "200 of 100,000",
        "future": "200 of 900",
        "quarantine": "200 of 900",
        "unmapped": "20 of 100,000",
    }


def test_a_small_account_is_shown_as_it_is() -> None:
    told = whole(entry("a.log"), flawed=[sample("a.log", 1)], future={"a.log": 2})

    shown = account.bounded(told)

    assert {name: shown[name] for name in told if name != "unmapped"} == {
        name: value for name, value in told.items() if name != "unmapped"
    }


def test_the_percentage_of_unreadable_lines_is_of_all_lines_and_at_most_a_hundred() -> None:
    assert account.Unreadable.of(entry("a.log", lines=200, overLong=1)).percent == 0.5
    assert account.Unreadable.of(entry("a.log", lines=10, undecodable=10, malformed=10)).percent == 100


def test_the_worst_files_are_those_with_the_most_unreadable_lines() -> None:
    told = whole(entry("a.log"), entry("b.log", malformed=1), entry("c.log", malformed=2), entry("d.log", malformed=1))

    assert [file["file"] for file in account.worst(told, 2)] == ["c.log", "b.log"]
