"""What people are shown of an event log's account: where every line of a month went, however many files there are.

The account itself is complete. What is shown of it is bounded, with the true counts beside what is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Account = Mapping[str, Any]
Cells = dict[str, str | float | None]

#: Why a line cannot be read, and how people call it.
FLAWS = {"undecodable": "undecodable", "overLong": "over-long", "malformed": "malformed"}
#: What is counted of each file, and how people call it.
COUNTED = {"lines": "lines", "matched": "matched", "unmatched": "unmatched", "untimed": "without time"} | FLAWS
#: So many rows of a table, and so many event keys, are shown.
ROWS, KEYS = 200, 20
LONGEST = 300


def visible(text: str, longest: int = LONGEST) -> str:
    """Text as one line that changes nothing where it is shown: what is no printable character is written out.

    A terminal would act on control characters, and a reader be misled by invisible ones or a turned direction.
    """
    shown = text[:longest]
    if not shown.isprintable():
        shown = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in shown)
    return f"{shown}…" if len(text) > longest else shown


@dataclass(frozen=True)
class Unreadable:
    """Lines of a file or of a whole month that could not be read as they should.

    Attributes:
        lines: all lines.
        counts: by reason, as people call it, the unreadable ones; reasons without any are left out.
    """

    lines: int
    counts: Mapping[str, int]

    @classmethod
    def of(cls, entry: Account) -> Unreadable:
        """Those of a file's entry in the account, or of the whole account."""
        counts = {shown: int(entry[name]) for name, shown in FLAWS.items() if entry[name]}
        return cls(int(entry["lines"]), counts)

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(self.counts.values())

    @property
    def percent(self) -> float:
        """How many of a hundred lines; 0 where there is no line."""
        # One line can have two flaws.
        return min(100.0, 100 * self.total / self.lines) if self.lines else 0.0

    def __str__(self) -> str:
        return ", ".join(f"{count:,} {reason}" for reason, count in self.counts.items())


def worst(account: Account, count: int) -> list[Account]:
    """The files with the most unreadable lines, the worst first; those without any are left out."""
    found = [entry for entry in account["files"] if Unreadable.of(entry).total]
    return sorted(found, key=lambda entry: (-Unreadable.of(entry).total, entry["file"]))[:count]


def largest(counts: Mapping[str, int], most: int = KEYS) -> tuple[dict[str, int], dict[str, int]]:
    """The largest counts, and what they leave out: how many ``keys``, and the sum of their ``events``."""
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    rest = [count for _, count in ordered[most:]]
    return dict(ordered[:most]), {"keys": len(rest), "events": sum(rest)}


def figures(account: Account) -> dict[str, float]:
    """The sums of a month, which the UI plots over the months."""
    sums = {shown: account[name] for name, shown in COUNTED.items() if name != "matched"}
    return {
        **sums,
        "matched": sum(account["matched"].values()),
        "unmapped events": sum(account["unmapped"].values()),
        "later than the clock": sum(account["future"].values()),
        "files": len(account["files"]),
        "duplicates": len(account["duplicates"]),
        "set aside": len(account["quarantine"]),
    }


def file_rows(account: Account, most: int = ROWS) -> list[Cells]:
    """A row for each file, those with unreadable lines first; the files beyond the cap are summed in the last one."""
    entries = sorted(account["files"], key=lambda entry: (-Unreadable.of(entry).total, entry["file"]))
    rest = entries[most:]
    summed = [{"file": f"and {len(rest):,} more files", **_sums(rest)}] if rest else []
    return [{"file": visible(entry["file"]), **_sums([entry])} for entry in entries[:most]] + summed


def _sums(entries: Sequence[Account]) -> Cells:
    counts = [{**entry, "matched": sum(entry["matched"].values())} for entry in entries]
    return {shown: sum(entry[name] for entry in counts) for name, shown in {**COUNTED, "unmapped": "unmapped"}.items()}


def rule_rows(account: Account) -> list[Cells]:
    """How many lines each rule took, the most first, and how many none did."""
    ordered = sorted(account["matched"].items(), key=lambda entry: (-entry[1], entry[0]))
    rows: list[Cells] = [{"rule": visible(rule), "lines": lines} for rule, lines in ordered]
    return [*rows, {"rule": "none", "lines": account["unmatched"]}] if account["lines"] else rows


def event_rows(account: Account) -> list[Cells]:
    """The most frequent events of no component; those beyond the cap are summed in the last row."""
    shown, rest = largest(account["unmapped"])
    rows: list[Cells] = [{"event": visible(event), "count": count} for event, count in shown.items()]
    return [*rows, {"event": f"and {rest['keys']:,} more", "count": rest["events"]}] if rest["keys"] else rows


def flawed_rows(account: Account, most: int = ROWS) -> list[Cells]:
    """Samples of unreadable lines: the first of every file and reason before the second ones of any."""
    seen: Counter[tuple[str, str]] = Counter()
    ranked = []
    for sample in account["flawed"]:
        kind = (sample["file"], sample["reason"])
        seen[kind] += 1
        ranked.append((seen[kind], *kind, sample))
    chosen = [sample for *_, sample in sorted(ranked, key=lambda entry: entry[:3])[:most]]
    return [_flawed(sample) for sample in sorted(chosen, key=lambda sample: (sample["file"], sample["line"]))]


def _flawed(sample: Account) -> Cells:
    return {
        "file": visible(sample["file"]),
        "line": sample["line"],
        "reason": FLAWS.get(sample["reason"], sample["reason"]),
        "first bytes": visible(sample["text"]),
    }


def flawed_shown(account: Account, rows: Sequence[Cells]) -> str:
    """How many unreadable lines the samples stand for."""
    found = Unreadable.of(account)
    return f"{len(rows):,} of {found.total:,} ({found})" if found.total else "none"


def bounded(account: Account, most: int = ROWS) -> dict[str, Any]:
    """The account as the UI shows it: its lists cut, with their true lengths under ``shown``."""
    lists = {name: _cut(account[name], most) for name in ("files", "quarantine", "duplicates", "flawed")}
    caps = {**dict.fromkeys((*lists, "future"), most), "unmapped": KEYS}
    return {
        **account,
        **lists,
        "unmapped": event_rows(account),
        "future": {visible(file): lines for file, lines in largest(account["future"], most)[0].items()},
        "shown": {
            name: f"{min(len(account[name]), cap):,} of {len(account[name]):,}" for name, cap in sorted(caps.items())
        },
    }


def _cut(entries: Iterable[Mapping[str, Any]], most: int) -> list[dict[str, Any]]:
    return [
        {name: visible(value) if isinstance(value, str) else value for name, value in entry.items()}
        for entry in list(entries)[:most]
    ]
