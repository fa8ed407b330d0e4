"""The configuration: each mistake with its line, value and remedy; each default as the specification names it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_assets.config import ConfigError, Dialect, SloConfig, Time, compiled, parse_config, profile
from slo_assets_tests.situations import SHIPPED_CONFIG, config_with, shipped_config

#: A configuration without a mistake, with everything in it that mistakes are made in.
TEXT = """\
version: 1.2.3
application: shop
firstPeriod: 2025-01
logs:
  silenceMinutes: 5
  sources:
    - {name: pulse, files: "pulse-*", heartbeat: true}
    - name: api
      files: "api/*"
      dialect:
        format: json
        time: {field: at, zone: Europe/Berlin}
        fields: {event: [op, "[http.op]"], code: http.status}
      rules:
        - id: call
          kind: operation
          where: [{field: message, matches: end}]
          failureWhen: [{field: code, atLeast: 500}]
  rules:
    - id: done
      kind: success
      contains: "done "
      pattern: 'done (?P<event>\\S+)'
    - id: lost
      kind: failure
      event: host:mount
      contains: lost
      pattern: 'lost mount'
components:
  shop-window:
    name: Shop window
    prefixes: [shop, "window:pane"]
    objectives:
      availability: 99.9
    escalation: loud
  cash-desk:
    name: Cash desk
    prefixes: [cash]
    noDataPolicy: down
escalationPolicies:
  loud:
    - {at: 50, notify: [team], action: Look.}
"""


@dataclass(frozen=True)
class Mistake:
    """A change to the text, what stands in the line that has to be named, and what the message has to say."""

    old: str
    new: str
    at: str
    says: tuple[str, ...]
    second: bool = False  # the line is the second one that has it

    @property
    def text(self) -> str:
        assert TEXT.count(self.old) == 1, f"{self.old!r} has to stand in the text once"
        return TEXT.replace(self.old, self.new)

    @property
    def line(self) -> int:
        lines = [number for number, line in enumerate(self.text.splitlines(), start=1) if self.at in line]
        assert len(lines) == 1 + self.second
        return lines[-1]


END = "action: Look.}\n"


def appended(text: str, at: str, *says: str) -> Mistake:
    return Mistake(END, END + text, at, says)


MISTAKES: Mapping[str, Mistake] = {
    "a key that nobody knows": Mistake(
        "silenceMinutes: 5", "silenceMinuts: 5", "silenceMinuts", ("logs.silenceMinuts", "5", "write silenceMinutes")
    ),
    "a key that nobody knows at the top": appended(
        "burnRates: 14.4\n", "burnRates", "burnRates", "14.4", "no such setting"
    ),
    "a key in the wrong case": Mistake(
        "firstPeriod: 2025-01", "first_period: 2025-01", "first_period", ("first_period", "2025-01", "firstPeriod")
    ),
    "a key that resembles nothing": appended("xyzzy: 1\n", "xyzzy", "xyzzy is 1", "no such setting", "remove it"),
    "no rules": Mistake(
        TEXT[TEXT.index("\n  rules:") : TEXT.index("\ncomponents:")],
        "",
        "logs:",
        ("logs: nothing says how lines are read", "a profile, or rules"),
    ),
    "a rule without an id": Mistake("- id: done\n      kind", "- kind", "kind: success", ("logs.rules.0.id", "add")),
    "a component that nothing belongs to": Mistake(
        "    prefixes: [cash]\n", "", "cash-desk", ("components.cash-desk: no event", "prefixes, patterns or events")
    ),
    "no application": Mistake("application: shop\n", "", "version: 1.2.3", ("application", "required", "add the key")),
    "text for a number": Mistake(
        "availability: 99.9", "availability: high", "availability", ("objectives.availability", "'high'", "number")
    ),
    "a number for text": Mistake(
        "application: shop", "application: 7", "application", ("application is 7", "string", "quotes")
    ),
    "a version that YAML takes for a number": Mistake(
        "version: 1.2.3", "version: 1.2", "version", ("version is 1.2", "string", "quotes")
    ),
    "a version of two parts": Mistake("version: 1.2.3", "version: '1.2'", "version", ("version is '1.2'", "pattern")),
    "a list for a text": Mistake(
        "name: Cash desk", "name: [Cash, desk]", "name: [Cash", ("cash-desk.name", "['Cash', 'desk']", "string")
    ),
    "a text for a list": Mistake(
        "prefixes: [cash]", "prefixes: cash", "prefixes: cash", ("cash-desk.prefixes", "'cash'", "tuple")
    ),
    "nothing for a component": Mistake(
        TEXT[TEXT.index("    name: Cash") : TEXT.index("escalationPolicies")],
        "",
        "cash-desk",
        ("components.cash-desk is None", "dictionary"),
    ),
    "a period of another form": Mistake(
        "firstPeriod: 2025-01", "firstPeriod: 2025-1", "firstPeriod", ("firstPeriod is '2025-1'", "pattern")
    ),
    "month 13": Mistake(
        "firstPeriod: 2025-01", "firstPeriod: 2025-13", "firstPeriod", ("firstPeriod is '2025-13'", "pattern")
    ),
    "a day instead of a month": Mistake(
        "firstPeriod: 2025-01", "firstPeriod: 2025-01-01", "firstPeriod", ("firstPeriod is '2025-01-01'", "pattern")
    ),
    "a regular expression that does not compile": Mistake(
        "'done (?P<event>\\S+)'", "'done (?P<event>'", "(?P<event>", ("rules.0.pattern", "does not compile", "done")
    ),
    "a lookahead": Mistake(
        "'lost mount'", "'lost (?=mount)'", "(?=", ("rules.1.pattern", "invalid perl operator: (?=", "no lookahead")
    ),
    "a backreference": Mistake(
        "'lost mount'",
        "'(l)ost \\1'",
        "\\1",
        ("rules.1.pattern", "invalid escape sequence: \\1", "no", "backreference"),
    ),
    "a repetition of more than 1000": Mistake(
        "'lost mount'", "'l{1001}'", "{1001}", ("rules.1.pattern", "{1001}", "nothing more than 1000 times")
    ),
    "a group that is given twice": Mistake(
        "'lost mount'",
        "'(?P<key>a)|(?P<key>b)'",
        "(?P<key>a)",
        ("rules.1.pattern", "group key is given twice", "two rules"),
    ),
    "a group without a name": Mistake(
        "'lost mount'", "'lost (mount)'", "(mount)", ("rules.1.pattern", "a group has no name", "(?:…)")
    ),
    "a letter of several bytes in brackets": Mistake(
        "'lost mount'", "'[µu]s'", "[µu]", ("rules.1.pattern is '[µu]s'", "several bytes", "(?:µ|u)")
    ),
    "a letter of several bytes that repeats": Mistake(
        "'lost mount'", "'ß+'", "ß+", ("rules.1.pattern is 'ß+'", "bytes")
    ),
    "a rule without a text and a pattern": Mistake(
        "contains: lost\n      pattern: 'lost mount'\n",
        "durationUnit: s\n",
        "- id: lost",
        ("logs.rules.1: ", "every line", "give it contains or pattern"),
    ),
    "an event key with a blank": Mistake(
        "event: host:mount", 'event: "host mount"', "host mount", ("rules.1.event is 'host mount'", "no blanks")
    ),
    "an event key with a brace": Mistake(
        "event: host:mount", 'event: "host:{mount"', "host:{mount", ("rules.1.event", "braces only around the name")
    ),
    "an event key with a field that the pattern does not have": Mistake(
        "event: host:mount",
        'event: "host:{mount}"',
        "host:{mount}",
        ("logs.rules.1.event: there is no group 'mount'", "Remedy: add it"),
    ),
    "a condition on a group that the pattern does not have": Mistake(
        "event: host:mount",
        "event: host:mount\n      where: [{field: level, equals: bad}]",
        "field: level",
        ("logs.rules.1.where.0.field: there is no group 'level'", "Remedy: add it"),
    ),
    "a condition on a field that the dialect does not have": Mistake(
        "{field: code,",
        "{field: cod,",
        "{field: cod,",
        ("1.rules.0.failureWhen.0.field: ", "'cod'", "code, event, message"),
    ),
    "a condition without a test": Mistake(
        "{field: code, atLeast: 500}",
        "{field: code}",
        "{field: code}",
        ("failureWhen.0 is ", "one test", "atLeast and below"),
    ),
    "a condition with two tests": Mistake(
        "{field: code, atLeast: 500}", "{field: code, atLeast: 500, below: 600}", "below", ("failureWhen.0", "one test")
    ),
    "a test that is no number": Mistake("atLeast: 500", "atLeast: '500'", "atLeast", ("atLeast is '500'", "number")),
    "an operation that cannot fail": Mistake(
        "          failureWhen: [{field: code, atLeast: 500}]\n",
        "",
        "- id: call",
        ("sources.1.rules.0 is ", "no operation could fail", "give failureWhen, or write kind: success"),
    ),
    "a success that could fail": Mistake(
        "kind: operation", "kind: success", "- id: call", ("sources.1.rules.0 is ", "failureWhen belongs to", "where")
    ),
    "a JSON rule that names no event": Mistake(
        "event: [op,",
        "happening: [op,",
        "- id: call",
        ("1.rules.0: the rule names no event", "the dialect a field event"),
    ),
    "a component of a rule that nobody knows": Mistake(
        "event: host:mount",
        "event: host:mount\n      component: shopwindow",
        "component: shopwindow",
        ("logs.rules.1.component: there is no component 'shopwindow'", "shop-window, cash-desk"),
    ),
    "a profile that nobody knows": Mistake(
        "silenceMinutes: 5",
        "profile: combind",
        "combind",
        ("logs.profile is 'combind'", "json-lines", "write combined."),
    ),
    "a profile that resembles nothing": Mistake(
        "silenceMinutes: 5", "profile: xyz", "xyz", ("logs.profile is 'xyz'", "there are combined", "rules of your own")
    ),
    "a rule id that the profile has": Mistake(
        TEXT[TEXT.index("silenceMinutes") : TEXT.index("\n      kind: success")],
        "profile: combined\n  rules:\n    - id: request",
        "- id: request",
        ("logs.rules.0.id: the profile combined has a rule 'request' as well", "rename"),
    ),
    "a dialect that the profile's rules cannot use": Mistake(
        "silenceMinutes: 5\n",
        "profile: otlp\n  dialect: {format: json, time: {field: at}}\n",
        "format: json, time: {field: at}}",
        ("logs.dialect: rule 'timed-ms' of the profile otlp: there is no group or field 'service'",),
    ),
    "a dialect without rules": Mistake(
        TEXT[TEXT.index("      rules:") : TEXT.index("\n  rules:") + 1],
        "",
        "      dialect:",
        ("logs.sources.1.dialect: no rule reads its lines", "a profile or rules"),
    ),
    "a time zone that nobody knows": Mistake(
        "zone: Europe/Berlin",
        "zone: Europe/Berlinn",
        "Berlinn",
        ("time.zone is 'Europe/Berlinn'", "write Europe/Berlin."),
    ),
    "a time zone that is a folder": Mistake("zone: Europe/Berlin", "zone: Europe", "zone:", ("time.zone is 'Europe'",)),
    "a time zone that is a path": Mistake("zone: Europe/Berlin", "zone: /etc/x", "zone:", ("zone is '/etc/x'", "IANA")),
    "a time at the start and after a text": Mistake(
        "time: {field: at,", "time: {at: start, after: ts=,", "ts=", ("dialect.time is ", "only one of at and after")
    ),
    "JSON without a field of the time": Mistake(
        "time: {field: at,", "time: {", "      dialect:", ("sources.1.dialect is ", "give time.field")
    ),
    "JSON with a place of the time": Mistake(
        "time: {field: at,",
        "time: {field: at, at: start,",
        "      dialect:",
        ("dialect is ", "remove time.at and time.after"),
    ),
    "text with fields": Mistake(
        "format: json",
        "format: text",
        "      dialect:",
        ("sources.1.dialect is ", "text has no records", "format: json"),
    ),
    "text in which any number is a time": Mistake(
        "silenceMinutes: 5",
        "dialect: {time: {format: epoch}}",
        "format: epoch",
        ("logs.dialect is ", "any number would be a time", "time.at: start", "time.after"),
    ),
    "a path that is none": Mistake(
        "http.status}", "http..status}", "http..status", ("fields.code.0 is 'http..status'", "name[key]")
    ),
    "a path of a list in a field": Mistake("http.status}", '"http[]"}', '"http[]"', ("fields.code.0 is 'http[]'",)),
    "a path of records without a list": Mistake(
        "format: json", "format: json\n        records: spans", "records: spans", ("records is 'spans'", "name[]")
    ),
    "a field with a blank": Mistake(
        ", code: http", ', "my code": http', "my code", ("dialect.fields.my code", "pattern")
    ),
    "a year of two digits": Mistake(
        'files: "api/*"', 'files: "api/*"\n      year: 25', "year: 25", ("sources.1.year is 25", "1970")
    ),
    "a warning above the error": Mistake(
        "silenceMinutes: 5", "unreadable: {warnPercent: 30}", "unreadable", ("logs.unreadable is ", "not be above")
    ),
    "a line that is too short to read": Mistake(
        "silenceMinutes: 5", "maxLineBytes: 1000", "maxLineBytes", ("maxLineBytes is 1000", "1024")
    ),
    "a rule that names no event": Mistake(
        "'done (?P<event>\\S+)'", "'done (?:.+)'", "- id: done", ("logs.rules.0", "names no event", "(?P<event>…)")
    ),
    "a rule of an unknown kind": Mistake(
        "kind: failure", "kind: fail", "kind: fail", ("rules.1.kind is 'fail'", "'start'", "'success'", "'failure'")
    ),
    "a rule whose text is empty": Mistake(
        "contains: lost", 'contains: ""', 'contains: ""', ("rules.1.contains is ''",)
    ),
    "a rule whose text ends with a line end": Mistake(
        "contains: lost",
        "contains: |\n        lost",
        "contains: |",
        ("rules.1.contains: no line holds a line end", "in one line", "|-"),
    ),
    "a rule whose pattern ends with a line end": Mistake(
        "'done (?P<event>\\S+)'",
        "|\n        done (?P<event>\\S+)",
        "pattern: |",
        ("rules.0.pattern: no line holds a line end", "in one line", "|-"),
    ),
    "a rule id that is given twice": Mistake(
        "- id: lost", "- id: done", "- id: done", ("logs.rules.1.id", "'done'", "twice", "rename"), second=True
    ),
    "a prefix that two components own": Mistake(
        "[cash]", "[cash, shop]", "[cash, shop]", ("cash-desk.prefixes.1", "'shop'", "shop-window", "one of the two")
    ),
    "a prefix that two components own, with a point": Mistake(
        "[cash]", "[window.pane]", "[window.pane]", ("prefixes.0", "'window.pane'", "shop-window", "one of the two")
    ),
    "a prefix with a blank": Mistake("[cash]", '["cash desk"]', '["cash', ("prefixes.0 is 'cash desk'", "pattern")),
    "a prefix that ends in a colon": Mistake("[cash]", '["cash:"]', '["cash', ("prefixes.0 is 'cash:'", "pattern")),
    "no prefix": Mistake("[cash]", "[]", "cash-desk", ("components.cash-desk: no event", "name it in a rule")),
    "an event that two components own": Mistake(
        "prefixes: [cash]",
        "events: [tax]\n  bureau:\n    name: Bureau\n    events: [due, tax]",
        "[due, tax]",
        ("components.bureau.events.1", "'tax'", "cash-desk", "one of the two"),
    ),
    "a pattern of a component that does not compile": Mistake(
        "prefixes: [cash]",
        "patterns: ['^/cash(']",
        "patterns",
        ("cash-desk.patterns.0", "does not compile", "missing )"),
    ),
    "a component in capitals": Mistake("cash-desk:", "Cash-Desk:", "Cash-Desk:", ("components.Cash-Desk", "pattern")),
    "an unknown escalation policy": Mistake(
        "escalation: loud", "escalation: quiet", "escalation: quiet", ("shop-window.escalation", "'quiet'", "loud")
    ),
    "an escalation that tells nobody": Mistake("[team]", "[]", "notify: []", ("loud.0.notify is []", "at least 1")),
    "an escalation at 0 %": Mistake("at: 50", "at: 0", "at: 0", ("loud.0.at is 0", "greater than 0")),
    "a policy on missing data that nobody knows": Mistake(
        "noDataPolicy: down", "noDataPolicy: guess", "noDataPolicy", ("'guess'", "'ignore'", "'up'", "'down'")
    ),
    "an availability over 100 %": Mistake(
        "availability: 99.9", "availability: 100.1", "availability", ("100.1", "less than or equal to 100")
    ),
    "no silence at all": Mistake(
        "silenceMinutes: 5", "silenceMinutes: 0", "silenceMinutes", ("silenceMinutes is 0", "greater than 0")
    ),
    "a number that is none": Mistake(
        "silenceMinutes: 5", "silenceMinutes: .nan", "silenceMinutes", ("silenceMinutes is nan", "finite")
    ),
    "a heartbeat that is neither on nor off": Mistake(
        "heartbeat: true", "heartbeat: maybe", "heartbeat", ("sources.0.heartbeat is 'maybe'", "boolean")
    ),
    "a ladder that does not fall": appended(
        "targets:\n  availabilityLadder: [99, 99.9]\n", "Ladder", "availabilityLadder", "[99, 99.9]", "fall"
    ),
    "a ladder with a step twice": appended(
        "targets:\n  availabilityLadder: [99.9, 99.9]\n", "Ladder", "availabilityLadder", "[99.9, 99.9]", "fall"
    ),
    "a ladder without a step": appended(
        "targets:\n  availabilityLadder: []\n", "Ladder", "availabilityLadder is []", "at least one step"
    ),
    "a ladder over 100": appended(
        "targets:\n  availabilityLadder: [101, 99]\n", "Ladder", "availabilityLadder.0 is 101", "100"
    ),
    "no baseline": appended("targets: {baselinePeriods: 0}\n", "baseline", "baselinePeriods is 0", "greater than"),
    "half a baseline": appended("targets: {baselinePeriods: 1.5}\n", "baseline", "baselinePeriods is 1.5", "integer"),
    "latency thresholds that fall": appended(
        "latencyThresholds:\n  healthy: 3\n", "latencyThresholds", "latencyThresholds", "3", "must rise"
    ),
    "budget thresholds that fall": appended(
        "budgetThresholds:\n  warning: 85\n", "budgetThresholds", "budgetThresholds", "85", "warning"
    ),
    "budget thresholds that are one": appended(
        "budgetThresholds: {warning: 60, critical: 60}\n", "budgetThresholds", "budgetThresholds", "60", "critical"
    ),
    "a budget that is critical when it is exhausted": appended(
        "budgetThresholds: {critical: 100}\n", "budgetThresholds", "budgetThresholds.critical is 100", "less than 100"
    ),
    "a negative weight": appended(
        "severityWeights:\n  low: -1\n", "low: -1", "severityWeights.low is -1", "greater than or equal to 0"
    ),
    "a severity that nobody knows": appended(
        "detection:\n  gapSeverity: fatal\n", "fatal", "detection.gapSeverity is 'fatal'", "'critical'", "'low'"
    ),
    "an outage of no failure": appended(
        "detection: {outage: {failures: 0}}\n", "failures: 0", "detection.outage.failures is 0", "greater than"
    ),
    "a YAML key that is given twice": Mistake(
        "    name: Cash desk",
        "    name: Cash desk\n    name: Till",
        "name: Till",
        ("'name'", "given twice", "keep one"),
    ),
    "a component that is given twice": Mistake(
        "  cash-desk:", "  shop-window:", "  shop-window:", ("'shop-window'", "given twice", "keep one"), second=True
    ),
    "a bracket that is left open": Mistake("[cash]", "[cash", "noDataPolicy", ("expected",)),
    "a tabulator": Mistake("    name: Cash desk", "\tname: Cash desk", "\tname", ("\\t",)),
    "a wrong indentation": Mistake("    prefixes: [cash]", "   prefixes: [cash]", "   prefixes: [cash]", ("block",)),
}


def refusal(text: str) -> list[str]:
    """The lines of the message with which a configuration is refused."""
    with pytest.raises(ConfigError) as refused:
        parse_config(text, "my.yaml")
    return str(refused.value).splitlines()


def line_of(text: str, part: str) -> int:
    (line,) = [number for number, line in enumerate(text.splitlines(), start=1) if part in line]
    return line


def test_the_text_in_which_mistakes_are_made_has_none() -> None:
    config = parse_config(TEXT)

    assert (config.version, config.application, config.first_period) == ("1.2.3", "shop", "2025-01")
    assert list(config.components) == ["shop-window", "cash-desk"]


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_file_line_value_and_remedy(mistake: Mistake) -> None:
    told = refusal(mistake.text)

    (line,) = [line for line in told if all(part in line for part in mistake.says)]
    assert line.startswith(f"my.yaml, line {mistake.line}: ")
    assert " Remedy: " in line
    assert line.endswith(".")
    assert all(other.startswith("my.yaml, line ") and " Remedy: " in other for other in told)


def test_one_wrong_item_of_a_list_is_told_once() -> None:
    assert len(refusal(MISTAKES["a prefix with a blank"].text)) == 1


def test_a_list_that_is_empty_is_told_beside_a_wrong_item_of_another() -> None:
    text = TEXT.replace("[team]", "[]").replace('"window:pane"', '"window pane"')

    assert [line.split(" is ")[0] for line in refusal(text)] == [
        f"my.yaml, line {line_of(text, 'window pane')}: components.shop-window.prefixes.1",
        f"my.yaml, line {line_of(text, 'notify: []')}: escalationPolicies.loud.0.notify",
    ]


def test_all_mistakes_are_told_at_once_each_with_its_line() -> None:
    text = TEXT.replace("2025-01", "January").replace("[cash]", "cash").replace("at: 50", "at: -5")

    assert [line.split(":")[0] for line in refusal(text)] == [
        f"my.yaml, line {line_of(text, part)}" for part in ("January", "prefixes: cash", "at: -5")
    ]


def test_all_contradictions_are_told_at_once_each_with_its_line() -> None:
    text = TEXT.replace("[cash]", "[shop, window.pane]").replace("escalation: loud", "escalation: quiet")

    assert [line.split(":")[0] for line in refusal(text)] == [
        f"my.yaml, line {line_of(text, part)}"
        for part in ("escalation: quiet", "[shop, window.pane]", "[shop, window.pane]")
    ]


def test_all_keys_that_are_given_twice_are_told_at_once() -> None:
    text = TEXT.replace("version: 1.2.3\n", "version: 1.2.3\nversion: 1.2.4\n").replace(
        "{at: 50,", "{at: 50, action: Wait,"
    )

    assert [line.split(":")[0] for line in refusal(text)] == [
        "my.yaml, line 2",
        f"my.yaml, line {line_of(text, 'at: 50')}",
    ]


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing but a comment\n"], ids=repr)
def test_an_empty_file_is_refused_with_a_way_out(text: str) -> None:
    (told,) = refusal(text)

    assert told.startswith("my.yaml, line 1: ")
    assert " Remedy: " in told


@pytest.mark.parametrize("text", ["- a\n- b\n", "hello\n", "42\n"], ids=["a list", "a text", "a number"])
def test_a_document_that_is_no_mapping_is_refused(text: str) -> None:
    (told,) = refusal(text)

    assert told.startswith("my.yaml, line 1: the document: ")
    assert "dictionary" in told


def test_a_second_document_is_refused_with_its_line() -> None:
    (told,) = refusal(TEXT + "---\nversion: 2.0.0\n")

    assert told.startswith(f"my.yaml, line {len(TEXT.splitlines()) + 1}: ")


def test_a_long_value_is_cut() -> None:
    (told,) = refusal(TEXT.replace("2025-01", "x" * 5000))

    assert "line 3: firstPeriod is 'xxx" in told
    assert len(told) < 400


def test_the_file_is_called_by_its_default_name() -> None:
    with pytest.raises(ConfigError, match=r"^slo-config\.yaml, line 1: "):
        parse_config("")


#: What nobody expects in a configuration, and what stands in its line.
UNFORESEEN = {
    "a control character": (TEXT.replace("Shop window", "Shop\x00window"), "Shop\x00window"),
    "a tag that nobody knows": (TEXT.replace("name: Shop window", "name: !shop window"), "!shop"),
    "a template that was not filled in": (TEXT.replace("application: shop", "application: {{ name }}"), "{{ name }}"),
    "a key that is a list": (TEXT + "? [a, b]\n: c\n", "[a, b]"),
    "a repetition without end": (TEXT.replace("\\S+", "\\S{9999}"), "\\S{9"),
    "a number of thousands of digits": (TEXT.replace("at: 50", f"at: {'5' * 5000}"), "at: 5"),
    "an alias that nobody defined": (TEXT.replace("[cash]", "*cash"), "*cash"),
    "a merge of what is no mapping": (TEXT + "dashboard:\n  <<: 5\n", "dashboard"),
}


@pytest.mark.parametrize(("text", "at"), UNFORESEEN.values(), ids=UNFORESEEN)
def test_whatever_yaml_can_hold_is_refused_as_a_mistake_with_its_line(text: str, at: str) -> None:
    (told,) = refusal(text)

    line = [number for number, line in enumerate(text.split("\n"), start=1) if at in line]
    assert told.startswith(tuple(f"my.yaml, line {near}: " for near in (line[0], line[0] + (at == "dashboard"))))
    assert " Remedy: " in told


def test_an_alias_of_itself_is_refused() -> None:
    (told,) = refusal(TEXT + "dashboard: &own\n  title: *own\n")

    assert told.startswith("my.yaml, line ")
    assert "itself" in told


SWITCHES = {
    "an objective": ("availability: 99.9", "availability: {}"),
    "the silence": ("silenceMinutes: 5", "silenceMinutes: {}"),
    "a step of the escalation": ("at: 50", "at: {}"),
    "a weight": ("escalationPolicies:", "severityWeights: {{low: {}}}\nescalationPolicies:"),
    "a number of failures": ("escalationPolicies:", "detection: {{outage: {{failures: {}}}}}\nescalationPolicies:"),
    "a number of periods": ("escalationPolicies:", "targets: {{baselinePeriods: {}}}\nescalationPolicies:"),
    "a budget threshold": ("escalationPolicies:", "budgetThresholds: {{warning: {}}}\nescalationPolicies:"),
}


@pytest.mark.parametrize("word", ["yes", "on", "true", "'5'"])
@pytest.mark.parametrize(("old", "new"), SWITCHES.values(), ids=SWITCHES)
def test_neither_a_switch_nor_a_text_is_a_number(old: str, new: str, word: str) -> None:
    (told,) = refusal(TEXT.replace(old, new.format(word)))

    assert "valid number" in told or "valid integer" in told


# --- defaults -----------------------------------------------------------------------------------------------

#: Every number that the specification names, by the setting that holds it, and another that is valid there.
DEFAULTS: Mapping[str, tuple[object, object]] = {
    "logs.silence_minutes": (5, 7.5),
    "logs.max_line_bytes": (1_048_576, 4096),
    "logs.unreadable.warn_percent": (1, 2.5),
    "logs.unreadable.error_percent": (20, 30),
    "logs.unreadable.samples": (20, 5),
    "detection.outage.failures": (3, 4),
    "detection.outage.severity": ("critical", "low"),
    "detection.gap_severity": ("high", "low"),
    "detection.failed_severity": ("high", "low"),
    "detection.storm.operations_per_second": (50, 60),
    "detection.storm.severity": ("medium", "low"),
    "detection.slow.slow_operation_ms": (250, 300.5),
    "detection.slow.severity": ("medium", "low"),
    "severity_weights.critical": (1, 2),
    "severity_weights.high": (1, 0),
    "severity_weights.medium": (1, 0.5),
    "severity_weights.low": (1, 0.25),
    "latency_thresholds.healthy": (1.1, 1.2),
    "latency_thresholds.warning": (1.5, 1.6),
    "latency_thresholds.critical": (2, 2.5),
    "targets.baseline_periods": (3, 6),
    "targets.minimum_operations": (100, 1),
    "targets.availability_ladder": ((99.99, 99.95, 99.9, 99.5, 99, 98, 95, 90), (99, 90.5)),
    "targets.latency_margin": (1.1, 1.3),
    "targets.latency_step_ms": (10, 5),
    "targets.error_rate_margin": (1.5, 2),
    "targets.defaults.availability": (99.9, 99.5),
    "targets.defaults.latency_p95_ms": (50, 60),
    "targets.defaults.latency_p99_ms": (100, 120),
    "targets.defaults.error_rate": (0.1, 0.2),
    "budget_thresholds.warning": (50, 60),
    "budget_thresholds.critical": (80, 90),
    "compliance.budget_at_risk_percent": (80, 70),
    "compliance.latency_at_risk_percent": (5, 2.5),
    "compliance.history_periods": (12, 6),
    "dashboard.trend_percent": (5, 3),
}


@pytest.mark.parametrize("config", [parse_config(TEXT), shipped_config()], ids=["a small file", "the shipped file"])
@pytest.mark.parametrize(("setting", "value"), [(name, row[0]) for name, row in DEFAULTS.items()], ids=DEFAULTS)
def test_a_setting_that_is_not_written_has_the_value_of_the_specification(
    config: SloConfig, setting: str, value: object
) -> None:
    assert attrgetter(setting)(config) == value


@pytest.mark.parametrize(("setting", "value"), [(name, row[1]) for name, row in DEFAULTS.items()], ids=DEFAULTS)
def test_a_setting_that_is_written_in_camel_case_has_the_written_value(setting: str, value: object) -> None:
    document = place = yaml.safe_load(TEXT)
    *parents, last = (re.sub(r"_(.)", lambda found: found[1].upper(), part) for part in setting.split("."))
    for part in parents:
        place = place.setdefault(part, {})
    place[last] = list(value) if isinstance(value, tuple) else value

    assert attrgetter(setting)(parse_config(yaml.safe_dump(document))) == value


def test_a_component_ignores_unknown_time_and_follows_the_default_policy_unless_it_says_otherwise() -> None:
    components = parse_config(TEXT).components

    assert [component.no_data_policy for component in components.values()] == ["ignore", "down"]
    assert [component.escalation for component in components.values()] == ["loud", "default"]
    assert components["cash-desk"].objectives.availability is None
    assert components["cash-desk"].objectives.latency.p95 is None
    assert components["cash-desk"].objectives.error_rate is None
    assert components["shop-window"].objectives.availability == 99.9


# --- the shipped file ---------------------------------------------------------------------------------------


def test_the_shipped_file_has_the_five_components_of_renderx_with_their_prefixes() -> None:
    config = shipped_config()

    assert config.application == "renderx-web"
    assert {name: {*component.prefixes} for name, component in config.components.items()} == {
        "canvas-component": {"canvas"},
        "control-panel": {"control:panel"},
        "library-component": {"library"},
        "theme": {"app:ui:theme", "theme"},
        "host-sdk": {"host:sdk"},
    }


def test_the_shipped_components_name_their_anomalies_as_the_specification_does() -> None:
    prefixes = {name: shipped_config().prefix_of(name) for name in shipped_config().components}

    assert prefixes == {
        "canvas-component": "canvas",
        "control-panel": "control:panel",
        "library-component": "library",
        "host-sdk": "host:sdk",
        "theme": "theme",
    }


def test_the_shipped_components_escalate_at_50_80_and_100_percent() -> None:
    config = shipped_config()

    for name in config.components:
        steps = config.escalation_of(name)
        assert [step.at for step in steps] == [50, 80, 100]
        assert all(step.notify and step.action for step in steps)


def test_the_shipped_file_is_the_one_that_was_read() -> None:
    document = yaml.safe_load(SHIPPED_CONFIG.read_text(encoding="utf-8"))

    assert shipped_config().version == document["version"]
    assert shipped_config().logs.reading("any.log").rules == profile(document["logs"]["profile"]).rules


# --- questions that the configuration answers ---------------------------------------------------------------

SLIS = {
    "control:panel:state:sync:race": "errorRate",
    "canvas:validation:schema": "errorRate",
    "library:checking:types": "errorRate",
    "library:search:cache:invalidation": "errorRate",
    "canvas:operation:failed": "errorRate",
    "host:sdk:plugin:timeout": "availability",
    "canvas:availability:outage": "availability",
    "canvas:availability:gap": "availability",
    "canvas:latency:slow": "latency",
    "canvas:event:storm": "latency",
    "canvas:render:performance:throttle": "latency",
    "canvas:race:lost": "latency",
    "canvas:tracerace": "latency",
    "canvas:timeout:retry": "latency",
    "canvas:operation:failedly": "latency",
    "host:sdk:plugin:init:serialization": "latency",
}


@pytest.mark.parametrize(("event", "sli"), SLIS.items(), ids=SLIS)
def test_an_anomaly_belongs_to_the_sli_that_the_specification_names(event: str, sli: str) -> None:
    assert shipped_config().sli_of(event) == sli


segments = st.sampled_from(["a", "ab"])
keys = st.lists(segments, min_size=1, max_size=3)


def naive_owner(event: list[str], owners: Mapping[str, list[list[str]]]) -> str | None:
    """The component whose longest prefix an event begins with, segment by segment."""
    fitting = [
        (len(prefix), name)
        for name, prefixes in owners.items()
        for prefix in prefixes
        if event[: len(prefix)] == prefix
    ]
    return max(fitting)[1] if fitting else None


@settings(max_examples=40, deadline=None)
@given(
    prefixes=st.lists(keys, min_size=2, max_size=6, unique_by=tuple),
    event=st.lists(segments, min_size=2, max_size=4),
    marks=st.lists(st.sampled_from(":."), min_size=12, max_size=12),
)
def test_the_longest_prefix_of_whole_segments_owns_an_event(
    prefixes: list[list[str]], event: list[str], marks: list[str]
) -> None:
    def joined(parts: list[str], offset: int) -> str:
        return "".join(part + marks[(offset + n) % 12] for n, part in enumerate(parts))[:-1]

    document = yaml.safe_load(TEXT)
    owners = {"one": prefixes[::2], "two": prefixes[1::2]}
    document["components"] = {
        name: {"name": name, "prefixes": [joined(prefix, n) for n, prefix in enumerate(own)]}
        for name, own in owners.items()
    }

    config = parse_config(yaml.safe_dump(document))

    assert config.component_of(joined(event, 5)) == naive_owner(event, owners)


#: Event keys, and the component that takes each: by the whole key, by the longest prefix, by the first pattern.
OWNERS = {
    "cash:open": "drawer",
    "cash:open:wide": "cash-desk",
    "cash.open": "cash-desk",
    "cash": "cash-desk",
    "/api/orders/7": "orders",
    "/api/items": "api",
    "/health/api/": "api",
    "/über/uns": "abroad",
    "/health": None,
    "cashier": None,
    "": None,
}


@pytest.mark.parametrize(("event", "component"), OWNERS.items(), ids=OWNERS)
def test_a_component_takes_an_event_by_its_key_else_a_prefix_else_a_pattern(event: str, component: str | None) -> None:
    document = yaml.safe_load(TEXT)
    document["components"] = {
        "cash-desk": {"name": "Cash desk", "prefixes": ["cash"]},
        "orders": {"name": "Orders", "patterns": ["^/api/orders(/|$)"]},
        "api": {"name": "All others", "patterns": ["^cash:open", "/api/"]},
        "drawer": {"name": "Drawer", "events": ["cash:open"]},
        "abroad": {"name": "Abroad", "patterns": ["^/über"]},
    }

    assert parse_config(yaml.safe_dump(document, sort_keys=False)).component_of(event) == component


def test_a_component_without_prefixes_names_its_anomalies_by_its_own_name() -> None:
    config = parse_config(TEXT.replace("prefixes: [cash]", "events: [pay]").replace("[shop,", "[shop.front,"))

    assert [config.prefix_of(name) for name in config.components] == ["shop:front", "cash-desk"]


def test_a_component_that_a_rule_names_needs_no_prefix() -> None:
    text = TEXT.replace("    prefixes: [cash]\n", "").replace("id: call", "id: call\n          component: cash-desk")

    assert parse_config(text).logs.reading("api/1.log").rules[0].component == "cash-desk"


# --- how lines are read -------------------------------------------------------------------------------------

#: Files, and of the reading: the ids of its rules, the format, whether it is a heartbeat, its year.
READINGS: Mapping[str, tuple[list[str], str, bool, int | None]] = {
    "web.log": (["done", "lost"], "text", False, None),
    "2025-11/pulse-1.log": (["done", "lost"], "text", True, None),
    "pulse-1.log": (["done", "lost"], "text", True, None),
    "api/1.log": (["call"], "json", False, None),
    "2025-11/api/1.log": (["done", "lost"], "text", False, None),
    "api/pulse-1.log": (["done", "lost"], "text", True, None),
    "access.log.gz": (["own", "request"], "text", False, 2024),
    "plain.log": (["request"], "json", False, None),
    "empty": (["done", "lost"], "text", False, 1999),
}


@pytest.mark.parametrize(("file", "reading"), READINGS.items(), ids=READINGS)
def test_a_file_is_read_as_its_first_source_says_else_as_the_top_does(
    file: str, reading: tuple[list[str], str, bool, int | None]
) -> None:
    document = yaml.safe_load(TEXT)
    own = {"id": "own", "kind": "success", "contains": "x", "event": "x"}
    fields = {"status": "s"}
    document["logs"]["sources"] += [
        {"name": "web", "files": "access.log*", "profile": "combined", "rules": [own], "year": 2024},
        {
            "name": "own dialect",
            "files": "plain*",
            "profile": "combined",
            "dialect": {"format": "json", "time": {"field": "t"}, "fields": fields},
        },
        {"name": "only a year", "files": "empty", "year": 1999},
    ]

    found = parse_config(yaml.safe_dump(document)).logs.reading(file)

    assert ([rule.id for rule in found.rules], found.dialect.format, found.heartbeat, found.year) == reading


def test_a_dialect_of_its_own_replaces_the_profile_s() -> None:
    text = TEXT.replace("silenceMinutes: 5", "profile: combined\n  dialect: {time: {format: clf, after: '['}}")

    reading = parse_config(text).logs.reading("web.log")

    assert reading.dialect == Dialect(time=Time(format="clf", after="["))
    assert [rule.id for rule in reading.rules] == ["done", "lost", "request"]


def test_a_reading_is_made_once_for_all_files_of_a_source() -> None:
    logs = parse_config(TEXT).logs

    assert logs.reading("a.log") is logs.reading("b.log")
    assert logs.reading("api/a.log") is logs.reading("api/b.log")


def test_one_path_may_be_given_as_a_text() -> None:
    dialect = parse_config(TEXT).logs.reading("api/1.log").dialect

    assert dialect.time.field == ("at",)
    assert dialect.paths == {"message": ("message",), "event": ("op", "[http.op]"), "code": ("http.status",)}


PATHS = ["a", "@timestamp", "a.b-c.d", "a[http.route]", "[log.level]", "a.b[k8s.io/name].c", "/a.b", "/[a b]", "ü.é"]
NO_PATHS = ["", ".", "a.", ".a", "a..b", "a b", "a[]", "a[", "a]b", "a[b]c", "a[b][c]", "//a", "a/b", "{a}", "a[b[c]]"]


@pytest.mark.parametrize("path", PATHS)
def test_a_path_goes_by_names_and_by_keys_in_brackets(path: str) -> None:
    assert Time(field=path).field == (path,)


@pytest.mark.parametrize("path", NO_PATHS)
def test_anything_else_is_no_path(path: str) -> None:
    with pytest.raises(ValueError, match="that is no path"):
        Time(field=(path,))


EQUALS = {"200": "200", "1.5": "1.5", "true": "true", "'007'": "007", "GET": "GET", '""': ""}


@pytest.mark.parametrize(("written", "text"), EQUALS.items(), ids=EQUALS)
def test_a_field_equals_a_text_however_yaml_takes_it(written: str, text: str) -> None:
    config = parse_config(TEXT.replace("atLeast: 500", f"equals: {written}"))

    assert config.logs.reading("api/1.log").rules[0].failure_when[0].equals == text


def test_patterns_are_searched_in_bytes_of_any_kind() -> None:
    found = compiled("µs (?P<key>.)").search("10 µs ".encode() + b"\xff")

    assert found.groupdict() == {b"key": b"\xff"}


HEARTBEATS = {
    "heartbeat-theme-2025-10-06.log": True,
    "heartbeat-theme.log.gz": True,
    "localhost-1762811808902.log": False,
    "my-heartbeat-theme.log": False,
    "Heartbeat-theme.log": False,
}


@pytest.mark.parametrize(("file", "heartbeat"), HEARTBEATS.items(), ids=HEARTBEATS)
def test_a_file_is_a_heartbeat_by_its_name(file: str, heartbeat: bool) -> None:
    assert shipped_config().logs.is_heartbeat(file) is heartbeat


def test_the_first_source_that_fits_a_name_decides() -> None:
    def change(document: dict[str, Any]) -> None:
        document["logs"]["sources"] = [
            {"name": "quiet", "files": "*-quiet.log"},
            {"name": "heartbeat", "files": "heartbeat-*", "heartbeat": True},
        ]

    logs = config_with(change).logs

    assert [logs.is_heartbeat(name) for name in ("heartbeat-a.log", "heartbeat-quiet.log")] == [True, False]


ESCALATIONS: Mapping[str, tuple[Callable[[str], str], list[float]]] = {
    "a policy of its own": (lambda text: text, [50]),
    "the default policy": (
        lambda text: (
            text.replace("    escalation: loud\n", "") + "  default:\n    - {at: 70, notify: [x], action: y}\n"
        ),
        [70],
    ),
    "no default policy": (lambda text: text.replace("    escalation: loud\n", ""), []),
}


@pytest.mark.parametrize(("change", "steps"), ESCALATIONS.values(), ids=ESCALATIONS)
def test_a_component_escalates_by_its_own_policy_or_the_default_one(
    change: Callable[[str], str], steps: list[float]
) -> None:
    assert [step.at for step in parse_config(change(TEXT)).escalation_of("shop-window")] == steps
