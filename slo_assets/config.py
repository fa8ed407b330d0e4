"""The SLO configuration: what is measured, against which objectives, with every default, once.

The models are read from ``slo-config.yaml``. A mistake raises :class:`ConfigError`, which names file, line,
value and remedy for each thing that is wrong. ``schemas/slo-config.schema.json`` is generated from here.
Ready dialects and rules of common logs are in ``logs/profiles``.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import re2
import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from slo_assets.config_versions import OPERATIONAL, bumped, differences, level, merged
from slo_assets.periods import DAY, MINUTE, PERIOD_PATTERN, Period

SEVERITIES = ("critical", "high", "medium", "low")

Severity = Literal["critical", "high", "medium", "low"]
NoDataPolicy = Literal["ignore", "up", "down"]
AlertSeverity = Literal["info", "warning", "error", "critical"]
RuleKind = Literal["start", "success", "failure", "operation"]
ComponentId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
EventPrefix = Annotated[str, StringConstraints(pattern=r"^[^\s:.]+([:.][^\s:.]+)*$")]
# Strict, since YAML's `yes` would be 1 otherwise.
Positive = Annotated[float, Field(gt=0, strict=True)]
Percentage = Annotated[float, Field(ge=0, le=100, strict=True)]
Weight = Annotated[float, Field(ge=0, strict=True)]
Count = Annotated[int, Field(ge=1, strict=True)]
Text = Annotated[str, StringConstraints(min_length=1)]
Duration = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,5}(s|min|h|d)$")]
PeriodKey = Annotated[str, StringConstraints(pattern=f"^{PERIOD_PATTERN}$")]
ReceiverName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=60)]
Address = Annotated[str, StringConstraints(pattern=r"^[^@\s<>,;:\"]+@[^@\s<>,;:\"]+$")]

PROFILES = Path(__file__).parent / "logs" / "profiles"

#: Where a setting stands in the document, from the outside in.
Place = list[str | int]


class ConfigError(ValueError):
    """The configuration cannot be used; the message names file, line, value and remedy of each mistake."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, allow_inf_nan=False)


def compiled(pattern: str) -> Any:
    """A regular expression as RE2, which reads a line in linear time: no rule can hang a run.

    It is compiled in Latin-1 mode over the UTF-8 bytes of the pattern, so that lines need no decoding.

    Raises:
        re2.error: RE2 refuses the pattern.
    """
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    return re2.compile(pattern.encode(), options)


def _compilable(pattern: str) -> str:
    try:
        compiled(pattern)
    except re2.error as problem:
        reason = problem.args[0].decode(errors="replace")
        msg = (
            f"the regular expression does not compile: {reason}. Remedy: mend it; RE2 has no lookahead or "
            "backreference and repeats nothing more than 1000 times"
        )
        raise ValueError(msg) from problem
    bare = re.sub(r"(?s)\\.", "", pattern)
    names = _GROUP.findall(bare)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:  # RE2 would take the first of them and say nothing
        msg = f"the group {twice} is given twice. Remedy: rename one of them, or write two rules"
        raise ValueError(msg)
    if _MANY_BYTES.search(bare):
        msg = (
            "a character outside of ASCII is several bytes, of which [] and repetitions take one. "
            "Remedy: write (?:µ|u) for [µu], and (?:µ)+ for µ+"
        )
        raise ValueError(msg)
    return pattern


_GROUP = re.compile(r"\(\?P?<(\w+)>")
_MANY_BYTES = re.compile(r"\[[^\]]*[^\x00-\x7f]|[^\x00-\x7f][*+?{]")


def _named_groups(pattern: str) -> str:
    expression = compiled(pattern)
    if expression.groups > len(expression.groupindex):
        msg = "a group has no name. Remedy: write (?P<name>…), or (?:…) where nobody asks for what it holds"
        raise ValueError(msg)
    return pattern


Pattern = Annotated[str, AfterValidator(_compilable)]
RulePattern = Annotated[Pattern, AfterValidator(_named_groups)]

_NAME, _KEY = r"[^\s.\[\]/{}]+", r"\[[^\[\]]+\]"
_STEP = rf"(?:{_NAME}(?:{_KEY})?|{_KEY})"
_PATH = re.compile(rf"/?{_STEP}(?:\.{_STEP})*")
_RECORDS = re.compile(rf"{_NAME}(?:\[\])?(?:\.{_NAME}(?:\[\])?)*")


def _path(text: str) -> str:
    if not _PATH.fullmatch(text):
        msg = "that is no path. Remedy: write name.name, or name[key] for an attribute or for a key with points"
        raise ValueError(msg)
    return text


def _records(text: str) -> str:
    if not _RECORDS.fullmatch(text) or "[]" not in text:
        msg = "that is no path of records. Remedy: write name.name[], with [] after each name that holds a list"
        raise ValueError(msg)
    return text


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


FieldName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
FieldPath = Annotated[str, AfterValidator(_path)]
Paths = Annotated[
    tuple[FieldPath, ...], BeforeValidator(_listed, json_schema_input_type=FieldPath | tuple[FieldPath, ...])
]


def _zone(name: str) -> str:
    import zoneinfo

    try:
        zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError) as problem:
        near = difflib.get_close_matches(name, zoneinfo.available_timezones(), n=1)
        remedy = f"write {near[0]}" if near else "write an IANA name such as UTC or Europe/Berlin"
        msg = f"no such time zone. Remedy: {remedy}"
        raise ValueError(msg) from problem
    return name


class Time(_Model):
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
    zone: Annotated[str, AfterValidator(_zone)] = Field(
        default="UTC", description="IANA time zone of times that name no offset."
    )

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.after is not None and self.at == "start":
            msg = "the time stands either at the start or after a text. Remedy: give only one of at and after"
            raise ValueError(msg)
        return self


class Dialect(_Model):
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
    records: Annotated[str, AfterValidator(_records)] | None = Field(
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


class Condition(_Model):
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


class Rule(_Model):
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


class Profile(_Model):
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


class Reading(_Model):
    """All that is needed to read one file."""

    dialect: Dialect
    rules: tuple[Rule, ...]
    heartbeat: bool = False
    year: int | None = None


class _Reader(_Model):
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


class Source(_Reader):
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


class Unreadable(_Model):
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


class Logs(_Reader):
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


class LatencyObjectives(_Model):
    """Agreed latencies in milliseconds; one that is absent is derived from the baseline."""

    p95: Positive | None = Field(default=None, description="Milliseconds.")
    p99: Positive | None = Field(default=None, description="Milliseconds.")


class Objectives(_Model):
    """Agreed objectives; one that is absent is derived from the baseline."""

    availability: Percentage | None = Field(default=None, description="Percent of the observed time.")
    latency: LatencyObjectives = LatencyObjectives()
    error_rate: Percentage | None = Field(default=None, description="Percent of the operations.")


class Component(_Model):
    """A part of the application that has objectives of its own."""

    name: str = Field(description="Its name, for people.")
    prefixes: tuple[EventPrefix, ...] = Field(
        default=(), description="First segments of event keys; the first prefix names the detected anomalies."
    )
    patterns: tuple[Pattern, ...] = Field(default=(), description="Regular expressions, searched in event keys.")
    events: tuple[Text, ...] = Field(default=(), description="Whole event keys.")
    objectives: Objectives = Objectives()
    no_data_policy: NoDataPolicy = Field(
        default="ignore",
        description="What time counts as in which nobody looked: ignore leaves it out, up and down count it as such.",
    )
    escalation: str = Field(default="default", description="The name of its escalation policy.")


class Outage(_Model):
    """Failures in a row that make an outage."""

    failures: Count = Field(default=3, description="So many of a component in one file.")
    severity: Severity = Field(default="critical", description="Severity of outages.")


class Storm(_Model):
    """More operations of one event in one clock second than this are a storm."""

    operations_per_second: Count = Field(default=50, description="Operations in one second.")
    severity: Severity = Field(default="medium", description="Severity of storms.")


class Slow(_Model):
    """An operation over this duration is slow."""

    slow_operation_ms: Positive = Field(default=250.0, description="Milliseconds.")
    severity: Severity = Field(default="medium", description="Severity of slow operations.")


class Detection(_Model):
    """When log events are an anomaly, and how grave it is."""

    outage: Outage = Outage()
    gap_severity: Severity = Field(default="high", description="Severity of a silence of a source that is a heartbeat.")
    failed_severity: Severity = Field(default="high", description="Severity of operations that failed.")
    storm: Storm = Storm()
    slow: Slow = Slow()


class Classification(_Model):
    """Which SLI an anomaly belongs to, by shell patterns over its event key; latency takes all others."""

    error_rate: tuple[str, ...] = Field(
        default=("*:race", "*:validation:*", "*:checking:*", "*:invalidation", "*:operation:failed"),
        description="Patterns of the error rate; they are looked at first.",
    )
    availability: tuple[str, ...] = Field(
        default=("*:timeout", "*:availability:*"), description="Patterns of availability."
    )


class SeverityWeights(_Model):
    """How much a bad minute of each severity counts."""

    critical: Weight = Field(default=1.0, description="1 counts each bad minute once, 0 not at all.")
    high: Weight = Field(default=1.0, description="1 counts each bad minute once, 0 not at all.")
    medium: Weight = Field(default=1.0, description="1 counts each bad minute once, 0 not at all.")
    low: Weight = Field(default=1.0, description="1 counts each bad minute once, 0 not at all.")


class Defaults(_Model):
    """Objectives and baselines where a component has too few operations to derive any."""

    availability: Percentage = Field(default=99.9, description="Percent.")
    latency_p50_ms: Positive = Field(default=10.0, description="Milliseconds.")
    latency_p95_ms: Positive = Field(default=50.0, description="Milliseconds.")
    latency_p99_ms: Positive = Field(default=100.0, description="Milliseconds.")
    error_rate: Percentage = Field(default=0.1, description="Percent.")


class Targets(_Model):
    """How objectives are derived from a baseline."""

    baseline_periods: int = Field(
        default=3, ge=1, le=12, strict=True, description="Months before the own one, whose median is the baseline."
    )
    minimum_operations: Count = Field(
        default=100,
        description="With fewer operations, in all these months together, the defaults hold; with fewer in a month, "
        "its figures have low confidence.",
    )
    availability_ladder: tuple[Percentage, ...] = Field(
        default=(99.99, 99.95, 99.9, 99.5, 99.0, 98.0, 95.0, 90.0),
        description="Percentages, falling; the target is the highest that the baseline reaches.",
    )
    latency_margin: Positive = Field(default=1.1, description="A latency's target is so many times its baseline.")
    latency_step_ms: Positive = Field(
        default=10.0, description="It is rounded up to a multiple of so many milliseconds."
    )
    error_rate_margin: Positive = Field(
        default=1.5, description="An error rate's target is so many times its baseline."
    )
    defaults: Defaults = Defaults()

    @field_validator("availability_ladder", mode="after")
    @classmethod
    def _descending(cls, ladder: tuple[float, ...]) -> tuple[float, ...]:
        if not ladder or list(ladder) != sorted(set(ladder), reverse=True):
            msg = "the ladder must name at least one step and fall from the highest to the lowest"
            raise ValueError(msg)
        return ladder


class LatencyThresholds(_Model):
    """Multiples of the baseline's p95 up to which a latency is healthy and in warning, and from which critical."""

    healthy: Positive = Field(default=1.1, description="Up to so many times the usual p95.")
    warning: Positive = Field(default=1.5, description="Up to so many times the usual p95; above, it is degraded.")
    critical: Positive = Field(default=2.0, description="From so many times the usual p95.")

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if not self.healthy <= self.warning <= self.critical:
            msg = "healthy, warning and critical must rise in this order"
            raise ValueError(msg)
        return self


class BudgetThresholds(_Model):
    """Percent of the error budget from which its status is warning and critical; from 100 it is exhausted."""

    warning: Annotated[float, Field(gt=0, lt=100, strict=True)] = Field(
        default=50.0, description="Percent of the budget."
    )
    critical: Annotated[float, Field(gt=0, lt=100, strict=True)] = Field(
        default=80.0, description="Percent of the budget."
    )

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if not self.warning < self.critical:
            msg = "warning must be below critical"
            raise ValueError(msg)
        return self

    @property
    def levels(self) -> Mapping[str, float]:
        """By status, the percentage from which it holds, rising."""
        return {"warning": self.warning, "critical": self.critical, "exhausted": 100.0}


class Compliance(_Model):
    """When a met objective is at risk, and how far back the report looks."""

    budget_at_risk_percent: Percentage = Field(
        default=80.0, description="A met availability or error rate is at risk from this percentage of its budget on."
    )
    latency_at_risk_percent: Percentage = Field(
        default=5.0, description="A met latency is at risk when it is within so many percent of its target."
    )
    history_periods: int = Field(
        default=12, ge=1, le=12, strict=True, description="Months that the report looks at, its own included."
    )
    trend_points: Positive = Field(default=5.0, description="Change of the budget used, in percentage points.")


class Dashboard(_Model):
    """How the dashboard is titled, refreshed and compared."""

    title: str = Field(
        default="SLO/SLI/SLA Monitoring Dashboard", description="Title of the dashboard and of its page."
    )
    refresh_interval: Count = Field(default=300, description="Seconds.")
    trend_percent: Positive = Field(
        default=5.0, description="A figure is stable that changed by no more percent than this since the month before."
    )


class EscalationStep(_Model):
    """Who is told and what is done when so much of the budget is used."""

    at: Positive = Field(description="Percent of the error budget.")
    notify: tuple[str, ...] = Field(
        min_length=1, description="People, teams or channels; alerts.routes says how they are reached."
    )
    action: str = Field(description="What is done, in words.")


class Change(_Model):
    """Settings that hold from a period on, while earlier periods keep theirs."""

    effective_from: PeriodKey = Field(description="The first period in which they hold.")
    reason: Text = Field(description="Why, for those who read it later.")
    settings: dict[str, Any] = Field(
        min_length=1, description="Part of the configuration, put over what holds before; a list is replaced whole."
    )


class Monitoring(_Model):
    """How soon new input is followed, and when results are overdue."""

    refresh_seconds: Annotated[int, Field(ge=10, strict=True)] = Field(
        default=60, description="At least so long between two runs that follow new logs or telemetry."
    )
    warn_hours: Positive = Field(
        default=26.0, description="Results older than this are late: a nightly run is missing."
    )
    fail_hours: Positive = Field(default=36.0, description="Results older than this are overdue.")

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if self.warn_hours > self.fail_hours:
            msg = "warnHours must not be above failHours"
            raise ValueError(msg)
        return self


class Releases(_Model):
    """How published releases are kept."""

    keep: Count = Field(default=24, description="So many releases of a period; the current one is always kept.")
    automatic_rollback: bool = Field(
        default=True, description="Put the last good release back where published files have drifted."
    )


#: The type of an error whose value is not shown.
MASKED = "masked"


class Variable(_Model):
    """A value that an environment variable holds, so that neither this file nor the UI shows it."""

    env: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] = Field(
        description="The variable's name; it is read when something is sent."
    )

    @model_validator(mode="before")
    @classmethod
    def _no_value(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            raise PydanticCustomError(
                MASKED, "a secret does not belong in this file. Remedy: write {env: NAME} and put it into that variable"
            )
        return given


class _Receiver(_Model):
    min_severity: AlertSeverity = Field(default="info", description="What is less severe is not sent here.")


class WebhookReceiver(_Receiver):
    """A JSON document for each alert, as docs/MONITORING_GUIDE.md tells, with the header Idempotency-Key."""

    kind: Literal["webhook"]
    url: Variable
    headers: dict[str, Variable] = Field(default_factory=dict, description="For example Authorization.")


class SlackReceiver(_Receiver):
    """An incoming webhook of Slack, or of what takes the same messages."""

    kind: Literal["slack"]
    url: Variable


class TeamsReceiver(_Receiver):
    """A workflow of Microsoft Teams that posts an Adaptive Card when a webhook request is received."""

    kind: Literal["teams"]
    url: Variable


class PagerDutyReceiver(_Receiver):
    """A service of PagerDuty, by its Events API v2: incidents open, and close by themselves."""

    kind: Literal["pagerduty"]
    routing_key: Variable = Field(description="The integration key of the service.")
    url: Variable | None = Field(default=None, description="Another address than https://events.pagerduty.com.")


class EmailReceiver(_Receiver):
    """Mails over SMTP."""

    kind: Literal["email"]
    host: Text = Field(description="The mail server.")
    port: Annotated[int, Field(ge=1, le=65535, strict=True)] = Field(default=587, description="Its port.")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="How the connection is encrypted; none is for a server on the same machine."
    )
    sender: Address = Field(alias="from", description="Address that mails come from.")
    to: tuple[Address, ...] = Field(min_length=1, description="Addresses that mails go to.")
    username: Variable | None = Field(default=None, description="Where the server asks for one.")
    password: Variable | None = Field(
        default=None, description="Where the server asks for one; never sent without encryption."
    )

    @model_validator(mode="after")
    def _protected(self) -> Self:
        if (self.username is None) != (self.password is None):
            msg = "one of username and password is missing. Remedy: give both or none"
            raise ValueError(msg)
        if self.password is not None and self.security == "none":
            msg = "the password would be sent in the clear. Remedy: write security: starttls or tls"
            raise ValueError(msg)
        return self


class FileReceiver(_Receiver):
    """A file of JSON lines, one for each alert; it only grows."""

    kind: Literal["file"]
    path: Text = Field(description="Absolute, or below alerts/ in DAGSTER_HOME.")


#: Who is told when nobody else is: nothing is ever said to no one.
JOURNAL = "journal"

Receiver = Annotated[
    WebhookReceiver | SlackReceiver | TeamsReceiver | PagerDutyReceiver | EmailReceiver | FileReceiver,
    Field(discriminator="kind"),
]


class Alerts(_Model):
    """Who is told when something is wrong.

    The receiver journal is always there: the file alerts/alerts.jsonl in DAGSTER_HOME, unless it is given here.
    """

    receivers: dict[ReceiverName, Receiver] = Field(default_factory=dict, description="Where alerts can go, by name.")
    routes: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Receivers of each team that an escalation policy notifies."
    )
    default: tuple[str, ...] = Field(
        default=(JOURNAL,),
        min_length=1,
        description="Receivers of what no component answers for, and of teams without a route.",
    )
    recovered_after_minutes: Annotated[float, Field(ge=0, strict=True)] = Field(
        default=10.0, description="So long something has to be well before its recovery is told: it may flicker."
    )
    ui_url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")] | None = Field(
        default=None, description="Where people see the Dagster UI, for links to runs."
    )

    @property
    def all_receivers(self) -> Mapping[str, Receiver]:
        """By name, the journal included."""
        return {JOURNAL: FileReceiver(kind="file", path="alerts.jsonl"), **self.receivers}


class SloConfig(_Model):
    """The whole configuration of one application."""

    version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")] = Field(
        description="Version that its owner declares, MAJOR.MINOR.PATCH; documents carry it."
    )
    application: str = Field(description="Name of the application, in documents and alerts.")
    first_period: PeriodKey = Field(description="The first month that there is, YYYY-MM.")
    logs: Logs
    components: dict[ComponentId, Component] = Field(
        min_length=1,
        description="The parts of the application that have objectives, by id: lower-case words with hyphens.",
    )
    escalation_policies: dict[str, tuple[EscalationStep, ...]] = Field(
        default_factory=dict,
        description="Who is told and what is done as a budget is used up, by the policy's name; default is that of "
        "components that name none.",
    )
    detection: Detection = Detection()
    classification: Classification = Classification()
    severity_weights: SeverityWeights = SeverityWeights()
    targets: Targets = Targets()
    latency_thresholds: LatencyThresholds = LatencyThresholds()
    budget_thresholds: BudgetThresholds = BudgetThresholds()
    compliance: Compliance = Compliance()
    dashboard: Dashboard = Dashboard()
    monitoring: Monitoring = Monitoring()
    releases: Releases = Releases()
    alerts: Alerts = Alerts()
    changes: tuple[Change, ...] = Field(
        default=(), description="Settings that hold from a period on, in the order of the periods."
    )

    def of_period(self, period: Period) -> SloConfig:
        """The configuration that holds in a period: with every change up to it, and the version that follows."""
        return [config for begin, config in self._stages if begin <= period.key][-1]

    def written(self) -> dict[str, Any]:
        """What the user wrote of it, without defaults, as JSON values."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)

    def settings(self) -> dict[str, Any]:
        """Everything that documents depend on, defaults included, as JSON values."""
        without: Any = {
            **dict.fromkeys(OPERATIONAL, True),
            "logs": {"sources": {"__all__": {"expected_every"}}},
        }
        return self.model_dump(mode="json", by_alias=True, exclude=without)

    @cached_property
    def _stages(self) -> tuple[tuple[str, SloConfig], ...]:
        """From which period which configuration holds; the first holds from the beginning of time."""
        config = self.model_copy(update={"changes": ()})
        stages = [("", config)]
        for change in self.changes:
            config = config.changed(change)
            stages.append((change.effective_from, config))
        return tuple(stages)

    def changed(self, change: Change) -> SloConfig:
        """This configuration with a change, and the version that follows from it.

        Raises:
            ValidationError: the change makes it invalid.
        """
        after = SloConfig.model_validate(merged(self.written(), change.settings))
        version = bumped(self.version, level(differences(self.settings(), after.settings())))
        return after.model_copy(update={"version": version})

    def component_of(self, event: str) -> str | None:
        """The component of an event key, else None.

        It is the one that names the key itself, else the one with the longest prefix of the key's segments, else
        the first, in the order of the configuration, with a pattern that is found in the key.
        """
        return self._by_event.get(event) or self._prefixed(event) or self._matching(event)

    def prefix_of(self, component: str) -> str:
        """What the event keys of a component's detected anomalies begin with."""
        prefixes = self.components[component].prefixes
        return prefixes[0].replace(".", ":") if prefixes else component

    def _prefixed(self, event: str) -> str | None:
        segments = event.replace(".", ":").split(":")
        for length in range(len(segments), 0, -1):
            component = self._by_prefix.get(":".join(segments[:length]))
            if component is not None:
                return component
        return None

    def _matching(self, event: str) -> str | None:
        key = event.encode(errors="replace")
        return next((name for pattern, name in self._by_pattern if pattern.search(key)), None)

    def sli_of(self, event: str) -> Literal["errorRate", "availability", "latency"]:
        """The SLI to which an anomaly's event key belongs."""
        if any(fnmatchcase(event, pattern) for pattern in self.classification.error_rate):
            return "errorRate"
        if any(fnmatchcase(event, pattern) for pattern in self.classification.availability):
            return "availability"
        return "latency"

    def escalation_of(self, component: str) -> tuple[EscalationStep, ...]:
        """The escalation policy of a component; empty where the default policy is not defined."""
        return self.escalation_policies.get(self.components[component].escalation, ())

    @cached_property
    def _by_event(self) -> Mapping[str, str]:
        return {event: name for name, c in self.components.items() for event in c.events}

    @cached_property
    def _by_pattern(self) -> tuple[tuple[Any, str], ...]:
        return tuple((compiled(pattern), name) for name, c in self.components.items() for pattern in c.patterns)

    @cached_property
    def _by_prefix(self) -> Mapping[str, str]:
        return {p.replace(".", ":"): name for name, c in self.components.items() for p in c.prefixes}


def contradictions(config: SloConfig) -> Iterator[tuple[Place, str]]:
    """What no single setting shows: where it stands, and what is wrong with a remedy."""
    found = list(_contradictions(config))
    yield from found or _change_contradictions(config)


#: What is the same in all periods.
TIMELESS = ("version", "application", "firstPeriod", "monitoring", "releases", "changes")


def _change_contradictions(config: SloConfig) -> Iterator[tuple[Place, str]]:
    """What is wrong with the changes, or with the configuration that one of them gives."""
    changes, config, before = config.changes, config.model_copy(update={"changes": ()}), ""
    for index, change in enumerate(changes):
        place: Place = ["changes", index]
        if change.effective_from <= before:
            yield (
                [*place, "effectiveFrom"],
                f"{change.effective_from} does not come after {before}. Remedy: bring the changes into the order of "
                "their periods, one for each",
            )
            return
        timeless = [name for name in TIMELESS if name in change.settings]
        if timeless:
            yield [*place, "settings", timeless[0]], "it is the same in all periods. Remedy: set it outside of changes"
            return
        try:
            config, before = config.changed(change), change.effective_from
        except ValidationError as problem:
            for error in problem.errors(include_url=False):
                reason, remedy = _reason(dict(error))
                yield [*place, "settings", *_path_of(error["loc"])], f"{reason}. Remedy: {remedy}"
            return
        found = [([*place, "settings", *below], what) for below, what in _contradictions(config)]
        if found:
            yield from found
            return


def _contradictions(config: SloConfig) -> Iterator[tuple[Place, str]]:
    if not config.logs.says_how:
        yield ["logs"], "nothing says how lines are read. Remedy: give logs a profile, or rules"
    named: set[str] = set()
    for place, reader in _readers(config.logs):
        yield from ((place + below, what) for below, what in _reader_contradictions(reader))
        named |= {rule.component for rule in reader.rules if rule.component}
        for index, rule in enumerate(reader.rules):
            if rule.component and rule.component not in config.components:
                yield [*place, "rules", index, "component"], _unknown(rule.component, "component", config.components)
    for name, component in config.components.items():
        if not (component.prefixes or component.patterns or component.events or name in named):
            reason = "no event belongs to it. Remedy: give it prefixes, patterns or events, or name it in a rule"
            yield ["components", name], reason
        if component.escalation not in {"default", *config.escalation_policies}:
            reason = _unknown(component.escalation, "escalation policy", config.escalation_policies)
            yield ["components", name, "escalation"], reason
    yield from _shared(config, "prefix", "prefixes", lambda component: component.prefixes)
    yield from _shared(config, "event", "events", lambda component: component.events)
    yield from _alert_contradictions(config)


def _alert_contradictions(config: SloConfig) -> Iterator[tuple[Place, str]]:
    """Names of receivers and teams that nothing else knows."""
    alerts, teams = config.alerts, {team for p in config.escalation_policies.values() for s in p for team in s.notify}
    for team in alerts.routes:
        if team not in teams:
            yield ["alerts", "routes", team], _unknown(team, "team in escalationPolicies", sorted(teams))
    named: list[tuple[Place, tuple[str, ...]]] = [(["alerts", "default"], alerts.default)]
    named += [(["alerts", "routes", team], receivers) for team, receivers in alerts.routes.items()]
    for place, receivers in named:
        for index, name in enumerate(receivers):
            if name not in alerts.all_receivers:
                yield [*place, index], _unknown(name, "receiver", alerts.all_receivers)


def _unknown(name: str, what: str, known: Iterable[str]) -> str:
    choice = ", ".join(known)
    return f"there is no {what} {name!r}. Remedy: " + (f"add it, or write one of: {choice}" if choice else "add it")


def _shared(
    config: SloConfig, what: str, setting: str, owned: Callable[[Component], Sequence[str]]
) -> Iterator[tuple[Place, str]]:
    """Prefixes or events that two components own."""
    owners: dict[str, str] = {}
    for name, component in config.components.items():
        for index, text in enumerate(owned(component)):
            owner = owners.setdefault(text.replace(".", ":") if what == "prefix" else text, name)
            if owner != name:
                reason = f"{what} {text!r} belongs to {owner} already. Remedy: give it to one of the two"
                yield ["components", name, setting, index], reason


def _readers(logs: Logs) -> Iterator[tuple[Place, _Reader]]:
    if logs.says_how:
        yield ["logs"], logs
    for index, source in enumerate(logs.sources):
        if source.says_how:
            yield ["logs", "sources", index], source


def _reader_contradictions(reader: _Reader) -> Iterator[tuple[Place, str]]:
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
    asked: list[tuple[Place, str]] = [(["event"], name) for name in rule.placeholders]
    for setting, conditions in (("where", rule.where), ("failureWhen", rule.failure_when)):
        asked += [([setting, index, "field"], condition.field) for index, condition in enumerate(conditions)]
    for place, name in asked:
        if name not in fields:
            yield place, _unknown(name, "group or field" if dialect.paths else "group", sorted(fields))


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
    return _read(path.read_text(encoding="utf-8"), path.name, Profile, _profile_contradictions)


def _profile_contradictions(ready: Profile) -> Iterator[tuple[Place, str]]:
    return _reader_contradictions(_Reader(dialect=ready.dialect, rules=ready.rules))


@lru_cache(maxsize=8)
def parse_config(text: str, name: str = "slo-config.yaml") -> SloConfig:
    """Read the configuration from YAML text.

    Args:
        text: the YAML document.
        name: how messages call the file.

    Raises:
        ConfigError: names line, value and remedy of each mistake.
    """
    return _read(text, name, SloConfig, contradictions)


_Document = TypeVar("_Document", SloConfig, Profile)
_Contradictions = Callable[[_Document], Iterator[tuple[Place, str]]]


def _read(text: str, name: str, model: type[_Document], contradictory: _Contradictions[_Document]) -> _Document:
    try:
        return _parse(text, name, model, contradictory)
    except yaml.MarkedYAMLError as problem:
        line, reason = (problem.problem_mark.line + 1 if problem.problem_mark else 1), problem.problem
    except yaml.reader.ReaderError as problem:
        line, reason = text.count("\n", 0, problem.position) + 1, problem.reason
    except RecursionError:
        line, reason = 1, "something contains itself"
    msg = f"{name}, line {line}: {reason}. Remedy: mend the YAML there; indentation, quotes and brackets are usual."
    raise ConfigError(msg)


def _parse(text: str, name: str, model: type[_Document], contradictory: _Contradictions[_Document]) -> _Document:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is None:
        msg = f"{name}, line 1: the file is empty. Remedy: copy data/slo-config.yaml and adapt it."
        raise ConfigError(msg)
    wrong = [f"{name}, line {line}: {reason}." for reason, line in _wrong_keys(root)]
    if wrong:
        raise ConfigError("\n".join(wrong))
    try:
        document = model.model_validate(_StringDates.of(text))
    except ValidationError as problem:
        errors = [dict(error) for error in problem.errors(include_url=False)]
        told = [_explain(name, root, error) for error in errors if not _follows(error, errors)]
        raise ConfigError("\n".join(dict.fromkeys(told))) from problem
    found = [
        f"{name}, line {_line_of(root, place)}: {_dotted(place)}: {what}." for place, what in contradictory(document)
    ]
    if found:
        raise ConfigError("\n".join(found))
    return document


def _follows(error: dict[str, Any], errors: list[dict[str, Any]]) -> bool:
    """Whether a list is only called too short because an item of it is wrong."""
    depth = len(error["loc"])
    return error["type"] == "too_short" and any(
        len(other["loc"]) > depth and other["loc"][:depth] == error["loc"] for other in errors
    )


class _StringDates(yaml.SafeLoader):
    """YAML without dates: a version or a period stays the text that was written."""

    @classmethod
    def of(cls, text: str) -> Any:
        return yaml.load(text, Loader=cls)  # noqa: S506 - a safe loader with fewer types


_StringDates.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _wrong_keys(node: yaml.Node) -> Iterator[tuple[str, int]]:
    """Keys that are no text or stand twice, and numbers that no machine can hold: what is wrong, and the line."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                yield "a key is no text. Remedy: write it as a word, or in quotes", key.start_mark.line + 1
            elif key.value in seen:
                yield f"key {key.value!r} is given twice. Remedy: keep one of them", key.start_mark.line + 1
            else:
                seen.add(key.value)
            yield from _wrong_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _wrong_keys(item)
    elif node.tag == "tag:yaml.org,2002:int" and len(node.value) > LONGEST_NUMBER:
        yield f"{_shorten(node.value)} is no number to count with. Remedy: give a shorter one", node.start_mark.line + 1


LONGEST_NUMBER = 30

REMEDIES = {
    "missing": "add the key",
    "string_type": "write it in quotes",
    "string_pattern_mismatch": "write it in the form that the pattern names",
    "union_tag_invalid": "write one of these kinds",
    "union_tag_not_found": "give it a kind",
}


def _explain(name: str, root: yaml.Node, error: dict[str, Any]) -> str:
    path = _written(root, _path_of(error["loc"]))
    line = _line_of(root, path)
    where = _dotted(path) or "the document"
    reason, remedy = _reason(error)
    shown = "" if error["type"] in ("missing", MASKED) or not path else f" is {_shorten(error['input'])}"
    return f"{name}, line {line}: {where}{shown}: {reason}. Remedy: {remedy}."


def _path_of(place: Iterable[str | int]) -> Place:
    return [part for part in place if part != "[key]"]


def _written(node: yaml.Node, path: Sequence[str | int]) -> list[str | int]:
    """A path without the kinds that a model adds inside of it, which the document does not have as a key."""
    kept: list[str | int] = []
    for place, part in enumerate(path):
        if isinstance(node, yaml.MappingNode):
            found = next((value for key, value in node.value if key.value == str(part)), None)
            if found is None and place < len(path) - 1:
                continue
            node = node if found is None else found
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
        kept.append(part)
    return kept


def _reason(error: dict[str, Any]) -> tuple[str, str]:
    """What is wrong with a setting, and the remedy."""
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(_path_of(error["loc"])[-1]), _settings(), n=1)
        return "no such setting", f"write {near[0]}" if near else "remove it"
    reason, _, own = error["msg"].removeprefix("Value error, ").partition(". Remedy: ")
    return reason, own or REMEDIES.get(error["type"], "give a value that fits")


def _settings() -> list[str]:
    schema = SloConfig.model_json_schema()
    return [key for model in (schema, *schema["$defs"].values()) for key in model["properties"]]


def _dotted(path: Sequence[str | int]) -> str:
    return ".".join(map(str, path))


def _shorten(value: Any, limit: int = 80) -> str:
    text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]}…"


def _line_of(node: yaml.Node, path: Sequence[str | int]) -> int:
    """The line of the deepest part of a path that the document has."""
    line = node.start_mark.line + 1
    for part in path:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            if found is None:
                return line
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line


def config_schema() -> dict[str, Any]:
    """The configuration's JSON Schema (draft-07), generated from the models."""
    schema = SloConfig.model_json_schema()
    schema["properties"]["components"]["additionalProperties"] = False
    schema["$defs"]["Dialect"]["properties"]["fields"]["additionalProperties"] = False
    return {"$schema": "http://json-schema.org/draft-07/schema#", "$id": "slo-config.schema.json", **schema}
