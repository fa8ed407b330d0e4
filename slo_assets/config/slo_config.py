"""The configuration as a whole, and what no single setting of it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidationError

from slo_assets.config.alerts import Alerts
from slo_assets.config.document import Place, path_of, read, reason_of, unknown
from slo_assets.config.logs import Logs, Reader, reader_contradictions
from slo_assets.config.model import ComponentId, Model, PeriodKey
from slo_assets.config.objectives import (
    BudgetThresholds,
    Change,
    Classification,
    Compliance,
    Component,
    Dashboard,
    Detection,
    EscalationStep,
    LatencyThresholds,
    Monitoring,
    Releases,
    SeverityWeights,
    Targets,
)
from slo_assets.config.patterns import compiled
from slo_assets.config.versions import OPERATIONAL, bumped, differences, level, merged
from slo_assets.periods import Period


class SloConfig(Model):
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


#: How many months before it a month reads, which Dagster has to know of all months at once.
SPAN = "which months a month is made from"
#: What is the same in all periods, and how it is called.
TIMELESS: Mapping[tuple[str, ...], str] = {
    ("version",): "it",
    ("application",): "it",
    ("firstPeriod",): "it",
    ("monitoring",): "it",
    ("releases",): "it",
    ("changes",): "it",
    ("targets", "baselinePeriods"): SPAN,
    ("compliance", "historyPeriods"): SPAN,
}


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
        timeless = next((path for path in TIMELESS if _says(change.settings, path)), None)
        if timeless:
            told = f"{TIMELESS[timeless]} is the same in all periods. Remedy: set it outside of changes"
            yield [*place, "settings", *timeless], told
            return
        try:
            config, before = config.changed(change), change.effective_from
        except ValidationError as problem:
            for error in problem.errors(include_url=False):
                reason, remedy = reason_of(dict(error), SloConfig)
                yield [*place, "settings", *path_of(error["loc"])], f"{reason}. Remedy: {remedy}"
            return
        found = [([*place, "settings", *below], what) for below, what in _contradictions(config)]
        if found:
            yield from found
            return


def _says(settings: Any, path: Sequence[str]) -> bool:
    """Whether settings say anything of a setting, by its path."""
    for name in path:
        if not isinstance(settings, Mapping) or name not in settings:
            return False
        settings = settings[name]
    return True


def _contradictions(config: SloConfig) -> Iterator[tuple[Place, str]]:
    if not config.logs.says_how:
        yield ["logs"], "nothing says how lines are read. Remedy: give logs a profile, or rules"
    named: set[str] = set()
    for place, reader in _readers(config.logs):
        yield from ((place + below, what) for below, what in reader_contradictions(reader))
        named |= {rule.component for rule in reader.rules if rule.component}
        for index, rule in enumerate(reader.rules):
            if rule.component and rule.component not in config.components:
                yield [*place, "rules", index, "component"], unknown(rule.component, "component", config.components)
    for name, component in config.components.items():
        if not (component.prefixes or component.patterns or component.events or name in named):
            reason = "no event belongs to it. Remedy: give it prefixes, patterns or events, or name it in a rule"
            yield ["components", name], reason
        if component.escalation not in {"default", *config.escalation_policies}:
            reason = unknown(component.escalation, "escalation policy", config.escalation_policies)
            yield ["components", name, "escalation"], reason
    yield from _shared(config, "prefix", "prefixes", lambda component: component.prefixes)
    yield from _shared(config, "event", "events", lambda component: component.events)
    yield from _alert_contradictions(config)


def _alert_contradictions(config: SloConfig) -> Iterator[tuple[Place, str]]:
    """Names of receivers and teams that nothing else knows."""
    alerts, teams = config.alerts, {team for p in config.escalation_policies.values() for s in p for team in s.notify}
    for team in alerts.routes:
        if team not in teams:
            yield ["alerts", "routes", team], unknown(team, "team in escalationPolicies", sorted(teams))
    named: list[tuple[Place, tuple[str, ...]]] = [(["alerts", "default"], alerts.default)]
    named += [(["alerts", "routes", team], receivers) for team, receivers in alerts.routes.items()]
    for place, receivers in named:
        for index, name in enumerate(receivers):
            if name not in alerts.all_receivers:
                yield [*place, index], unknown(name, "receiver", alerts.all_receivers)


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


def _readers(logs: Logs) -> Iterator[tuple[Place, Reader]]:
    if logs.says_how:
        yield ["logs"], logs
    for index, source in enumerate(logs.sources):
        if source.says_how:
            yield ["logs", "sources", index], source


@lru_cache(maxsize=8)
def parse_config(text: str, name: str = "slo-config.yaml") -> SloConfig:
    """Read the configuration from YAML text.

    Args:
        text: the YAML document.
        name: how messages call the file.

    Raises:
        ConfigError: names line, value and remedy of each mistake.
    """
    return read(text, name, SloConfig, contradictions)


def config_schema() -> dict[str, Any]:
    """The configuration's JSON Schema (draft-07), generated from the models."""
    schema = SloConfig.model_json_schema()
    schema["properties"]["components"]["additionalProperties"] = False
    schema["$defs"]["Dialect"]["properties"]["fields"]["additionalProperties"] = False
    return {"$schema": "http://json-schema.org/draft-07/schema#", "$id": "slo-config.schema.json", **schema}
