"""How log lines are read: dialects, rules, sources, and ready profiles of common logs (``logs/profiles``)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from slo_assets.config.document import Place, read, unknown
from slo_assets.config.model import ComponentId, Count, Duration, Model, Percentage, Positive, RuleKind, Text
from slo_assets.config.patterns import FieldName, Paths, Pattern, RecordsPath, RulePattern, Zone, compiled
from slo_assets.periods import DAY, MINUTE

PROFILES = Path(__file__).parents[1] / "logs" / "profiles"


class Time(Model):
    """How a line tells its time."""

    format: Literal["iso", "clf", "syslog", "epoch"] = Field(
        default="iso",
        description="iso: 2025-11-04T13:49:54Z, also with a blank for the T. clf: 04/Nov/2025:13:49:54 +0200. "
        "syslog: Nov  4 13:49:54, without a year. epoch: seconds (10 digits and perhaps decimals), milliseconds "
        "(13), microseconds (16) or nanoseconds (19), told by the digits.",
    )
    at: Literal["anywhere", "start"] = Field(
        default="anywhere",
        description="anywhere: the first time in the line. start: the line begins with it, after nothing but "
        "blanks, quotes, brackets or a <priority>.",
    )
    after: Text | None = Field(default=None, description="Literal text that stands directly before the time.")
    field: Paths = Field(default=(), description="JSON: paths of the time; the first that is there counts.")
    zone: Zone = Field(default="UTC", description="IANA time zone of times that name no offset.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.after is not None and self.at == "start":
            msg = "the time stands either at the start or after a text. Remedy: give only one of at and after"
            raise ValueError(msg)
        return self


class Dialect(Model):
    """How the lines of a log are written.

    Paths name what a JSON line holds:

    ``name.name``
        what an object has under a name; ``name`` is any text without blanks, ``.``, ``/`` and brackets.
    ``name[key]``
        of an object, its key, points and all; of a list of ``{key, value}`` as OpenTelemetry writes
        attributes, the value under the key, unwrapped (``stringValue``, ``intValue``, …).
    ``[key]``
        the same of the record itself: ``[log.level]``.
    ``name[]``
        every item of a list, in ``records`` only.

    A path begins at the record. Where its first step is not there, the objects around the record are looked at
    as well, innermost first: ``resource.attributes[service.name]`` is found beside the list that holds the
    record. A path that begins with ``/`` begins at the line's outermost object. What is null, empty, an object
    or a list is not there.
    """

    format: Literal["text", "json"] = Field(default="text", description="json: each line is one JSON object.")
    time: Time = Time()
    records: RecordsPath | None = Field(
        default=None, description="JSON: path of the records inside one line, for example resourceLogs[].logRecords[]."
    )
    fields: dict[FieldName, Paths] = Field(
        default_factory=dict,
        description="JSON: what rules call a field, and its paths; the first that is there counts. message is the "
        "path message unless it is given here.",
    )

    @model_validator(mode="after")
    def _fits_its_format(self) -> Self:
        problem = self._json_problem() if self.format == "json" else self._text_problem()
        if problem:
            raise ValueError(problem)
        return self

    def _json_problem(self) -> str | None:
        if not self.time.field:
            return "JSON tells its time in a field. Remedy: give time.field, for example timestamp"
        if self.time.after is not None or self.time.at == "start":
            return "JSON tells its time in a field. Remedy: remove time.at and time.after"
        return None

    def _text_problem(self) -> str | None:
        if self.records is not None or self.fields or self.time.field:
            return "text has no records and no fields. Remedy: write format: json, or remove records and fields"
        if self.time.format == "epoch" and self.time.at == "anywhere" and self.time.after is None:
            return "any number would be a time. Remedy: give time.at: start, or in time.after the text before the time"
        return None

    @property
    def paths(self) -> Mapping[str, tuple[str, ...]]:
        """Every field that a line of the dialect has by itself, and its paths."""
        return {"message": ("message",), **self.fields} if self.format == "json" else {}


def _text_of(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


class Condition(Model):
    """One test of a field; it does not hold where the field is not there."""

    field: FieldName = Field(description="A group of the pattern, or a field of the dialect.")
    equals: Annotated[str, BeforeValidator(_text_of, json_schema_input_type=str | float | bool)] | None = Field(
        default=None, description="The field's text; numbers and true count as text."
    )
    matches: Pattern | None = Field(default=None, description="Regular expression that is searched in the field.")
    at_least: Annotated[float, Field(strict=True)] | None = Field(
        default=None, description="The field is a number, and not below this one."
    )
    below: Annotated[float, Field(strict=True)] | None = Field(
        default=None, description="The field is a number below this one."
    )

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        if sum(test is not None for test in (self.equals, self.matches, self.at_least, self.below)) != 1:
            msg = "a condition is one test. Remedy: give one of equals, matches, atLeast and below"
            raise ValueError(msg)
        return self


PLACEHOLDER = re.compile(r"\{(\w+)\}")
_TEMPLATE = re.compile(r"(?:[^\s{}]|\{\w+\})+")


def _template(event: str) -> str:
    if not _TEMPLATE.fullmatch(event):
        msg = "an event key has no blanks, and braces only around the name of a field. Remedy: write it like api:{path}"
        raise ValueError(msg)
    return event


class Rule(Model):
    """How a line becomes the start, the success or the failure of an operation.

    Fields are the named groups of the pattern and, in JSON, the dialect's fields. Four have a meaning: ``event``,
    ``key`` (pairs starts and ends, else the event does), ``duration``, and ``unit`` (a text like ns, us, µs, ms, s).
    """

    id: Text = Field(description="Its name, wherever lines are counted by rule.")
    kind: RuleKind = Field(description="operation: a failure where failureWhen says so, else a success.")
    contains: Text | None = Field(default=None, description="Literal text that every line of the rule has; fast.")
    pattern: RulePattern | None = Field(
        default=None, description="Regular expression that is searched in the line (JSON: in the field message)."
    )
    event: Annotated[str, AfterValidator(_template)] | None = Field(
        default=None,
        description="Event key, with {field} for what the line says; a line that lacks one of them is not the "
        "rule's. A group event of the pattern wins over a key without {field}, and either over the dialect's field.",
    )
    component: ComponentId | None = Field(default=None, description="Wins over what the event key says.")
    where: tuple[Condition, ...] = Field(default=(), description="All hold, else the rule does not take the line.")
    failure_when: tuple[Condition, ...] = Field(default=(), description="Of an operation: it failed if any holds.")
    duration_unit: Literal["s", "ms", "us", "ns"] = Field(default="ms", description="Where the line says no unit.")

    @model_validator(mode="after")
    def _failures_are_operations(self) -> Self:
        if self.kind == "operation" and not self.failure_when:
            msg = "no operation could fail. Remedy: give failureWhen, or write kind: success"
            raise ValueError(msg)
        if self.kind != "operation" and self.failure_when:
            msg = "failureWhen belongs to kind: operation. Remedy: write that kind, or where for failureWhen"
            raise ValueError(msg)
        return self

    @property
    def groups(self) -> frozenset[str]:
        """The named groups of the pattern."""
        return frozenset(name.decode() for name in compiled(self.pattern or "").groupindex)

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The fields that the event key is made of."""
        return tuple(PLACEHOLDER.findall(self.event or ""))


class Profile(Model):
    """Dialect and rules of a common kind of log, ready for use."""

    dialect: Dialect = Dialect()
    rules: tuple[Rule, ...] = Field(min_length=1)


def _known_profile(name: str) -> str:
    if name not in profile_names():
        near = difflib.get_close_matches(name, profile_names(), n=1)
        remedy = f"write {near[0]}" if near else "write one of these, or give a dialect and rules of your own"
        msg = f"no such profile; there are {', '.join(profile_names())}. Remedy: {remedy}"
        raise ValueError(msg)
    return name


class Reading(Model):
    """All that is needed to read one file."""

    dialect: Dialect
    rules: tuple[Rule, ...]
    heartbeat: bool = False
    year: int | None = None


class Reader(Model):
    """What can say how lines are read."""

    profile: Annotated[str, AfterValidator(_known_profile)] | None = Field(
        default=None, description="A ready dialect with rules."
    )
    dialect: Dialect | None = Field(default=None, description="Replaces the profile's.")
    rules: tuple[Rule, ...] = Field(
        default=(), description="They come before the profile's; the first that fits a line takes it."
    )

    @property
    def says_how(self) -> bool:
        """Whether anything here says how lines are read."""
        return self.profile is not None or self.dialect is not None or bool(self.rules)

    def resolved(self, heartbeat: bool = False, year: int | None = None) -> Reading:
        """Own rules and dialect together with the profile's."""
        ready = None if self.profile is None else profile(self.profile)
        dialect = self.dialect or (ready.dialect if ready else Dialect())
        return Reading(
            dialect=dialect, rules=(*self.rules, *(ready.rules if ready else ())), heartbeat=heartbeat, year=year
        )


class Source(Reader):
    """What is known about some of the log files. One that says how lines are read takes nothing from the top."""

    name: str = Field(description="Its name, wherever sources are told of.")
    files: str = Field(description="Shell pattern of the file's name, or of its path below the log folder.")
    heartbeat: bool = Field(default=False, description="Lines are written all the time: a silence is an outage.")
    year: Annotated[int, Field(ge=1970, le=2200, strict=True)] | None = Field(
        default=None, description="The year of the first line, for times that name none."
    )
    expected_every: Duration | None = Field(
        default=None, description="A line of the source comes at least so often, like 15min or 1h: else it is late."
    )

    @property
    def patience(self) -> int | None:
        """The same in microseconds; None where nothing is expected."""
        if self.expected_every is None:
            return None
        number, unit = re.fullmatch(r"(\d+)(\w+)", self.expected_every).groups()  # type: ignore[union-attr]
        return int(number) * {"s": 1_000_000, "min": MINUTE, "h": 60 * MINUTE, "d": DAY}[unit]


class Unreadable(Model):
    """Above which percentage of a month's lines that cannot be read a check warns, and says that it is an error."""

    warn_percent: Percentage = Field(default=1.0, description="Percent of the month's lines.")
    error_percent: Percentage = Field(
        default=20.0, description="Percent of the month's lines; the command exits with 1."
    )
    samples: Count = Field(default=20, description="Lines that are kept for each file and reason.")

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if self.warn_percent > self.error_percent:
            msg = "warnPercent must not be above errorPercent"
            raise ValueError(msg)
        return self


class Logs(Reader):
    """How log lines are read."""

    silence_minutes: Positive = Field(
        default=5.0, description="Where nothing was written for longer than this, nobody looked; a heartbeat was down."
    )
    max_line_bytes: Annotated[int, Field(ge=1024, strict=True)] = Field(
        default=1_048_576, description="A longer line is unreadable."
    )
    unreadable: Unreadable = Unreadable()
    sources: tuple[Source, ...] = Field(default=(), description="The first one that fits a file decides.")

    def is_heartbeat(self, file_name: str) -> bool:
        """Whether a file's first matching source is marked as heartbeat."""
        return self.reading(file_name).heartbeat

    def reading(self, file: str) -> Reading:
        """How a file is read, as the first source says whose pattern fits its name or its path.

        Args:
            file: the path below the log folder, or the name alone.
        """
        place = self._place(file)
        return self._usual if place is None else self._readings[place]

    def source(self, file: str) -> Source | None:
        """The first source whose pattern fits a file's name or its path; None where none does.

        Args:
            file: the path below the log folder, or the name alone.
        """
        place = self._place(file)
        return None if place is None else self.sources[place]

    def _place(self, file: str) -> int | None:
        name = file.rsplit("/", 1)[-1]
        for place, source in enumerate(self.sources):
            if fnmatchcase(name, source.files) or fnmatchcase(file, source.files):
                return place
        return None

    @cached_property
    def _usual(self) -> Reading:
        return self.resolved()

    @cached_property
    def _readings(self) -> tuple[Reading, ...]:
        return tuple(
            (source if source.says_how else self).resolved(source.heartbeat, source.year) for source in self.sources
        )


def reader_contradictions(reader: Reader) -> Iterator[tuple[Place, str]]:
    """What no single setting of a reader shows: where it stands, and what is wrong with a remedy."""
    reading = reader.resolved()
    if not reading.rules:
        yield ["dialect"], "no rule reads its lines. Remedy: give a profile or rules beside the dialect"
    ids = [rule.id for rule in reading.rules]
    for index, rule in enumerate(reading.rules):
        own = index < len(reader.rules)
        for below, what in _rule_contradictions(rule, reading.dialect):
            if own:
                yield ["rules", index, *below], what
            else:
                yield ["dialect"], f"rule {rule.id!r} of the profile {reader.profile}: {what}"
        if own and rule.id in ids[:index]:
            yield ["rules", index, "id"], f"rule id {rule.id!r} is given twice. Remedy: rename one of them"
        elif own and rule.id in ids[len(reader.rules) :]:
            reason = f"the profile {reader.profile} has a rule {rule.id!r} as well. Remedy: rename this one"
            yield ["rules", index, "id"], reason


def _rule_contradictions(rule: Rule, dialect: Dialect) -> Iterator[tuple[Place, str]]:
    """What a rule asks for that the lines of a dialect do not have."""
    fields = rule.groups | set(dialect.paths)
    remedy = "its pattern a group (?P<event>…)" + (", or the dialect a field event" if dialect.paths else "")
    if rule.event is None and "event" not in fields:
        yield [], f"the rule names no event. Remedy: give it an event, or {remedy}"
    if dialect.format == "text" and rule.contains is None and rule.pattern is None:
        yield [], "the rule would take every line. Remedy: give it contains or pattern"
    texts = {"contains": rule.contains, "pattern": rule.pattern if dialect.format == "text" else None}
    for name, text in texts.items():
        if "\n" in (text or ""):
            yield [name], "no line holds a line end. Remedy: write it in one line (YAML: | ends with one, |- does not)"
    asked: list[tuple[Place, str]] = [(["event"], name) for name in rule.placeholders]
    for setting, conditions in (("where", rule.where), ("failureWhen", rule.failure_when)):
        asked += [([setting, index, "field"], condition.field) for index, condition in enumerate(conditions)]
    for place, name in asked:
        if name not in fields:
            yield place, unknown(name, "group or field" if dialect.paths else "group", sorted(fields))


@cache
def profile_names() -> tuple[str, ...]:
    """The profiles that there are."""
    return tuple(sorted(path.stem for path in PROFILES.glob("*.yaml")))


@cache
def profile(name: str) -> Profile:
    """A ready dialect with rules.

    Args:
        name: one of :func:`profile_names`.
    """
    path = PROFILES / f"{name}.yaml"
    return read(path.read_text(encoding="utf-8"), path.name, Profile, _profile_contradictions)


def _profile_contradictions(ready: Profile) -> Iterator[tuple[Place, str]]:
    return reader_contradictions(Reader(dialect=ready.dialect, rules=ready.rules))
