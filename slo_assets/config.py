"""The SLO configuration: what is measured, against which objectives, with every default, once.

The models are read from ``slo-config.yaml``. A mistake raises :class:`ConfigError`, which names file, line,
value and remedy for each thing that is wrong. ``schemas/slo-config.schema.json`` is generated from here.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

from slo_assets.periods import PERIOD_PATTERN

SEVERITIES = ("critical", "high", "medium", "low")

Severity = Literal["critical", "high", "medium", "low"]
NoDataPolicy = Literal["ignore", "up", "down"]
RuleKind = Literal["start", "success", "failure"]
ComponentId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
EventPrefix = Annotated[str, StringConstraints(pattern=r"^[^\s:.]+([:.][^\s:.]+)*$")]
# Strict, since YAML's `yes` would be 1 otherwise.
Positive = Annotated[float, Field(gt=0, strict=True)]
Percentage = Annotated[float, Field(ge=0, le=100, strict=True)]
Weight = Annotated[float, Field(ge=0, strict=True)]
Count = Annotated[int, Field(ge=1, strict=True)]


class ConfigError(ValueError):
    """The configuration cannot be used; the message names file, line, value and remedy of each mistake."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, allow_inf_nan=False)


def _compilable(pattern: str) -> str:
    try:
        re.compile(pattern.encode())
    except (re.error, OverflowError) as problem:
        msg = f"the regular expression does not compile: {problem}"
        raise ValueError(msg) from problem
    return pattern


class Source(_Model):
    """What is known about the log files whose name matches a pattern."""

    name: str
    files: str = Field(description="Shell pattern of file names.")
    heartbeat: bool = Field(default=False, description="Lines are written all the time: a silence is an outage.")


class Rule(_Model):
    """How a line becomes a start, a success or a failure of an operation."""

    id: str
    kind: RuleKind
    contains: str = Field(min_length=1, description="Literal text that every line of the rule has.")
    pattern: Annotated[str, AfterValidator(_compilable)] = Field(
        description="Regular expression with the named groups event, key and duration (ms), each optional."
    )
    event: EventPrefix | None = Field(default=None, description="Event key where the pattern names none.")

    @model_validator(mode="after")
    def _names_an_event(self) -> Self:
        if self.event is None and "event" not in re.compile(self.pattern).groupindex:
            msg = "the rule names no event: give it an event, or its pattern a group (?P<event>…)"
            raise ValueError(msg)
        return self


class Logs(_Model):
    """How log lines are read."""

    silence_minutes: Positive = 5.0
    sources: tuple[Source, ...] = ()
    rules: tuple[Rule, ...] = Field(min_length=1)

    def is_heartbeat(self, file_name: str) -> bool:
        """Whether a file's first matching source is marked as heartbeat."""
        for source in self.sources:
            if fnmatchcase(file_name, source.files):
                return source.heartbeat
        return False


class LatencyObjectives(_Model):
    """Agreed latencies in milliseconds; one that is absent is derived from the baseline."""

    p95: Positive | None = None
    p99: Positive | None = None


class Objectives(_Model):
    """Agreed objectives; one that is absent is derived from the baseline."""

    availability: Percentage | None = Field(default=None, description="Percent of the observed time.")
    latency: LatencyObjectives = LatencyObjectives()
    error_rate: Percentage | None = Field(default=None, description="Percent of the operations.")


class Component(_Model):
    """A part of the application that has objectives of its own."""

    name: str
    prefixes: tuple[EventPrefix, ...] = Field(min_length=1)
    objectives: Objectives = Objectives()
    no_data_policy: NoDataPolicy = "ignore"
    escalation: str = "default"

    @property
    def prefix(self) -> str:
        """The prefix that names the component's detected anomalies."""
        return self.prefixes[0].replace(".", ":")


class Outage(_Model):
    """Failures in a row that make an outage."""

    failures: Count = 3
    severity: Severity = "critical"


class Storm(_Model):
    """More operations of one event in one clock second than this are a storm."""

    operations_per_second: Count = 50
    severity: Severity = "medium"


class Slow(_Model):
    """An operation over this duration is slow."""

    slow_operation_ms: Positive = 250.0
    severity: Severity = "medium"


class Detection(_Model):
    """When log events are an anomaly, and how grave it is."""

    outage: Outage = Outage()
    gap_severity: Severity = "high"
    failed_severity: Severity = "high"
    storm: Storm = Storm()
    slow: Slow = Slow()


class Classification(_Model):
    """Which SLI an anomaly belongs to, by shell patterns over its event key; latency takes all others."""

    error_rate: tuple[str, ...] = ("*:race", "*:validation:*", "*:checking:*", "*:invalidation", "*:operation:failed")
    availability: tuple[str, ...] = ("*:timeout", "*:availability:*")


class SeverityWeights(_Model):
    """How much a bad minute of each severity counts."""

    critical: Weight = 1.0
    high: Weight = 1.0
    medium: Weight = 1.0
    low: Weight = 1.0


class Defaults(_Model):
    """Objectives and baselines where a component has too few operations to derive any."""

    availability: Percentage = 99.9
    latency_p50_ms: Positive = 10.0
    latency_p95_ms: Positive = 50.0
    latency_p99_ms: Positive = 100.0
    error_rate: Percentage = 0.1


class Targets(_Model):
    """How objectives are derived from a baseline."""

    baseline_periods: int = Field(default=3, ge=1, le=12, strict=True)
    minimum_operations: Count = 100
    availability_ladder: tuple[Percentage, ...] = (99.99, 99.95, 99.9, 99.5, 99.0, 98.0, 95.0, 90.0)
    latency_margin: Positive = 1.1
    latency_step_ms: Positive = 10.0
    error_rate_margin: Positive = 1.5
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

    healthy: Positive = 1.1
    warning: Positive = 1.5
    critical: Positive = 2.0

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if not self.healthy <= self.warning <= self.critical:
            msg = "healthy, warning and critical must rise in this order"
            raise ValueError(msg)
        return self


class BudgetThresholds(_Model):
    """Percent of the error budget from which its status is warning and critical; from 100 it is exhausted."""

    warning: Annotated[float, Field(gt=0, lt=100, strict=True)] = 50.0
    critical: Annotated[float, Field(gt=0, lt=100, strict=True)] = 80.0

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

    budget_at_risk_percent: Percentage = 80.0
    latency_at_risk_percent: Percentage = 5.0
    history_periods: int = Field(default=12, ge=1, le=12, strict=True)
    trend_points: Positive = Field(default=5.0, description="Change of the budget used, in percentage points.")


class Dashboard(_Model):
    """How the dashboard is titled, refreshed and compared."""

    title: str = "SLO/SLI/SLA Monitoring Dashboard"
    refresh_interval: Count = Field(default=300, description="Seconds.")
    trend_percent: Positive = 5.0


class EscalationStep(_Model):
    """Who is told and what is done when so much of the budget is used."""

    at: Positive = Field(description="Percent of the error budget.")
    notify: tuple[str, ...] = Field(min_length=1)
    action: str


class SloConfig(_Model):
    """The whole configuration of one application."""

    version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")]
    application: str
    first_period: Annotated[str, StringConstraints(pattern=f"^{PERIOD_PATTERN}$")]
    logs: Logs
    components: dict[ComponentId, Component] = Field(min_length=1)
    escalation_policies: dict[str, tuple[EscalationStep, ...]] = Field(default_factory=dict)
    detection: Detection = Detection()
    classification: Classification = Classification()
    severity_weights: SeverityWeights = SeverityWeights()
    targets: Targets = Targets()
    latency_thresholds: LatencyThresholds = LatencyThresholds()
    budget_thresholds: BudgetThresholds = BudgetThresholds()
    compliance: Compliance = Compliance()
    dashboard: Dashboard = Dashboard()

    def component_of(self, event: str) -> str | None:
        """The component of an event key: the one with the longest prefix of its segments, else None."""
        segments = event.replace(".", ":").split(":")
        for length in range(len(segments), 0, -1):
            component = self._by_prefix.get(":".join(segments[:length]))
            if component is not None:
                return component
        return None

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
    def _by_prefix(self) -> Mapping[str, str]:
        return {p.replace(".", ":"): name for name, c in self.components.items() for p in c.prefixes}


def contradictions(config: SloConfig) -> Iterator[tuple[list[str | int], str]]:
    """What no single setting shows: where it stands, and what is wrong with a remedy."""
    rules = [rule.id for rule in config.logs.rules]
    for index, rule in enumerate(rules):
        if rule in rules[:index]:
            yield ["logs", "rules", index, "id"], f"rule id {rule!r} is given twice. Remedy: rename one of them"
    owners: dict[str, str] = {}
    for name, component in config.components.items():
        for index, prefix in enumerate(component.prefixes):
            owner = owners.setdefault(prefix.replace(".", ":"), name)
            if owner != name:
                path: list[str | int] = ["components", name, "prefixes", index]
                yield path, f"prefix {prefix!r} belongs to {owner} already. Remedy: give it to one of the two"
        if component.escalation not in {"default", *config.escalation_policies}:
            known = ", ".join(config.escalation_policies) or "none"
            reason = (
                f"no escalation policy {component.escalation!r} is defined. Remedy: define it, or use one of: {known}"
            )
            yield ["components", name, "escalation"], reason


@lru_cache(maxsize=8)
def parse_config(text: str, name: str = "slo-config.yaml") -> SloConfig:
    """Read the configuration from YAML text.

    Args:
        text: the YAML document.
        name: how messages call the file.

    Raises:
        ConfigError: names line, value and remedy of each mistake.
    """
    try:
        return _parse(text, name)
    except yaml.MarkedYAMLError as problem:
        line, reason = (problem.problem_mark.line + 1 if problem.problem_mark else 1), problem.problem
    except yaml.reader.ReaderError as problem:
        line, reason = text.count("\n", 0, problem.position) + 1, problem.reason
    except RecursionError:
        line, reason = 1, "something contains itself"
    msg = f"{name}, line {line}: {reason}. Remedy: mend the YAML there; indentation, quotes and brackets are usual."
    raise ConfigError(msg)


def _parse(text: str, name: str) -> SloConfig:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is None:
        msg = f"{name}, line 1: the file is empty. Remedy: copy data/slo-config.yaml and adapt it."
        raise ConfigError(msg)
    wrong = [f"{name}, line {line}: {reason}." for reason, line in _wrong_keys(root)]
    if wrong:
        raise ConfigError("\n".join(wrong))
    try:
        config = SloConfig.model_validate(_StringDates.of(text))
    except ValidationError as problem:
        errors = [dict(error) for error in problem.errors(include_url=False)]
        told = [_explain(name, root, error) for error in errors if not _follows(error, errors)]
        raise ConfigError("\n".join(dict.fromkeys(told))) from problem
    found = [f"{name}, line {_line_of(root, path)}: {_dotted(path)}: {what}." for path, what in contradictions(config)]
    if found:
        raise ConfigError("\n".join(found))
    return config


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
}


def _explain(name: str, root: yaml.Node, error: dict[str, Any]) -> str:
    path = [part for part in error["loc"] if part != "[key]"]
    line = _line_of(root, path)
    where = _dotted(path) or "the document"
    reason = error["msg"].removeprefix("Value error, ")
    remedy = REMEDIES.get(error["type"], "give a value that fits")
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(path[-1]), _settings(), n=1)
        reason, remedy = "no such setting", f"write {near[0]}" if near else "remove it"
    shown = "" if error["type"] == "missing" or not path else f" is {_shorten(error['input'])}"
    return f"{name}, line {line}: {where}{shown}: {reason}. Remedy: {remedy}."


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
    return {"$schema": "http://json-schema.org/draft-07/schema#", "$id": "slo-config.schema.json", **schema}
