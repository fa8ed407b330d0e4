"""The JSON Schemas: they take the plan's examples and what the code writes, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from slo_assets.config import SloConfig, config_schema
from slo_assets.domain.documents import Document
from slo_assets.domain.event_log import EventLog
from slo_assets.domain.telemetry import Reports
from slo_assets.periods import parse_instant
from slo_assets.storage.deliverables import DELIVERABLES
from slo_assets_tests.situations import (
    SHIPPED_CONFIG,
    config_with,
    documents,
    event_log,
    shipped_config,
    telemetry_files,
)

ROOT = Path(__file__).parents[1]
SCHEMAS = ROOT / "schemas"
EXAMPLES = Path(__file__).parent / "plan_examples"
SHARED = ROOT.parent / "shared"
PLAN = SHARED / "spec" / "implementation-plan.md"
REAL_TELEMETRY = SHARED / "data" / "renderx" / "telemetry" / "renderx-web-telemetry.json"

PUBLISHED = tuple(deliverable.name for deliverable in DELIVERABLES.values())
DESIGNED = (*PUBLISHED, "telemetry", "release-manifest")
ENVELOPE = {"version": "1.0.0", "schemaVersion": "1", "period": "2025-11"}
CANVAS = "canvas-component"
TWO_COMPONENTS = (CANVAS, "control-panel")
REGENERATE = (
    "python -c 'import json, slo_assets.config as c; "
    "print(json.dumps(c.config_schema(), indent=2, ensure_ascii=False))' > schemas/slo-config.schema.json"
)

#: The plan's code blocks in their order, by the name under which each is kept.
PLAN_BLOCKS = (
    "sli-framework",
    "sli-metrics",
    "slo-targets",
    "error-budgets",
    "sla-compliance-report",
    "slo-sli-sla-dashboard",
    "slo-workflow-state",
    "sli-framework-schema",
    "release-manifest",
)
#: The deliverables of the plan; those that were added since have no example in it.
PLANNED = ("renderx-web-telemetry", *PLAN_BLOCKS[:7])
#: The plan has no example of the telemetry; its shape is the real file's.
TELEMETRY_FILE: Document = {
    "metadata": {
        "source": "renderx-web production logs",
        "logFiles": ["logs/component-canvas-2025-11-01.log"],
        "analysisDate": "2025-11-03T06:00:00Z",
        "logEntriesAnalyzed": 1247,
        "timeRange": "2025-10-31T18:00:00Z to 2025-11-03T06:00:00Z",
    },
    "anomalies": [
        {
            "id": "anom-001",
            "event": "canvas:render:performance:throttle",
            "component": "canvas-component",
            "severity": "critical",
            "occurrences": 187,
            "avgDuration": 425,
            "description": "Canvas resize event fired 187 times without throttling",
            "firstSeen": "2025-10-31T20:00:00Z",
            "lastSeen": "2025-11-01T20:00:00Z",
            "source": "component-canvas-2025-11-01.log:4521",
        },
        {
            "id": "anom-002",
            "event": "control:panel:state:sync:race",
            "component": "control-panel",
            "severity": "high",
            "occurrences": 94,
            "avgDuration": 312,
            "description": "Race during concurrent property updates",
            "firstSeen": "2025-11-01T21:05:12Z",
            "lastSeen": "2025-11-01T23:45:22Z",
            "source": "localhost-0.0.0.0:3000-2025-11-01.log:8234",
        },
        {
            "id": "anom-003",
            "event": "minimap:render:slow",
            "component": "minimap",
            "severity": "low",
            "occurrences": 3,
            "avgDuration": 12.5,
            "description": "A component that the configuration does not know",
            "firstSeen": "2025-11-01T21:05:12Z",
            "lastSeen": "2025-11-01T21:05:12Z",
            "source": "localhost-0.0.0.0:3000-2025-11-01.log:1",
        },
    ],
    "summary": {
        "totalAnomalies": 3,
        "criticalCount": 1,
        "highCount": 1,
        "mediumCount": 0,
        "lowCount": 1,
        "totalOccurrences": 284,
        "componentsAffected": ["canvas-component", "control-panel"],
        "mostCommonEvent": "canvas:render:performance:throttle",
        "highestImpactEvent": "canvas:render:performance:throttle",
    },
}

DONE = "{day}T{clock}.000Z 🎼 ✅ BeatExecutor: Beat 1 ({event}) completed in {ms}ms"
FAILED = "{day}T{clock}.000Z 🎼 ❌ BeatExecutor: Beat 1 ({event}) failed: Error"
STARTED = "{day}T{clock}.000Z 🎼 🎵 Beat 2 Started: Resize ({event})"


LATE_LINE = DONE.format(day="2025-11-20", clock="09:00:00", event="canvas:component:create", ms=10)


def busy_log(day: str) -> str:
    """A log with an outage of an hour, a failure, a slow, an unfinished and an unmapped operation."""
    canvas, panel = "canvas:component:create", "control.panel.selection.show"
    rows = [(DONE, f"09:{minute:02d}:00", canvas, 10 + minute) for minute in range(60)]
    rows += [(FAILED, f"10:{minute:02d}:00", canvas, 0) for minute in range(60)]
    rows += [(DONE, f"11:{minute:02d}:00", canvas, 300) for minute in range(3)]
    rows += [(DONE, "11:03:00", "theme:toggle", 5), (FAILED, "11:04:00", "theme:toggle", 0)]
    rows += [(STARTED, "11:05:00", "canvas:component:resize", 0), (DONE, "11:06:00", "minimap:show", 3)]
    rows += [(DONE, f"22:{minute:02d}:00", panel, 20 + minute) for minute in range(60)]
    return "\n".join(line.format(day=day, clock=clock, event=event, ms=ms) for line, clock, event, ms in rows) + "\n"


def plan_schema() -> dict[str, Any]:
    """The schema that the plan itself has for the framework."""
    return read_json(EXAMPLES / "sli-framework-schema.json")


def read_json(path: Path) -> Any:
    """A JSON file's value."""
    return json.loads(path.read_text(encoding="utf-8"))


@cache
def schema(name: str) -> dict[str, Any]:
    """One of the project's schemas."""
    return dict(read_json(SCHEMAS / f"{name}.schema.json"))


@cache
def validator(name: str) -> Draft7Validator:
    return Draft7Validator(schema(name))


def mistakes(document: Any, name: str) -> list[str]:
    """What a schema says of a document; nothing when it fits."""
    return [f"{list(error.absolute_path)}: {error.message}" for error in validator(name).iter_errors(document)]


def example(name: str) -> Document:
    """A deliverable as the plan shows it (the telemetry: as the real file shows it), with the envelope."""
    if name == "renderx-web-telemetry":
        return {**ENVELOPE, **deepcopy(TELEMETRY_FILE)}
    shown = read_json(EXAMPLES / f"{name}.json")
    return {**ENVELOPE, **({"sloTargets": shown} if name == "slo-targets" else shown)}


# --- situations: whole months of documents as the code makes them ---------------------------------------------------


def nothing_allowed(policy: str) -> SloConfig:
    """The shipped configuration with objectives that allow nothing, and a policy for unknown time."""

    def change(settings: dict[str, Any]) -> None:
        strict = {"availability": 100, "latency": {"p95": 1, "p99": 1}, "errorRate": 0}
        for component in settings["components"].values():
            component |= {"noDataPolicy": policy, "objectives": strict}

    return config_with(change)


def two_components() -> SloConfig:
    """The shipped configuration with fewer components, for documents that stay small; one objective is agreed."""

    def change(settings: dict[str, Any]) -> None:
        settings["components"] = {name: settings["components"][name] for name in TWO_COMPONENTS}
        settings["components"][CANVAS]["objectives"] = {"availability": 99.9}

    return config_with(change)


def busy_month(config: SloConfig, now: str = "2025-11-03T12:00:00Z") -> dict[str, Document]:
    """Everything at once, after another month: incidents of each kind, and input that had to be set aside."""
    aside = {
        "quarantine": [{"file": "notes.log", "reason": "undated", "detail": "no line tells a time"}],
        "duplicates": [{"file": "copy.log", "sameAs": "busy.log"}],
    }
    reports = telemetry_files({"report.json": TELEMETRY_FILE, "late.json": late_report()})
    october = event_log({"busy.log": busy_log("2025-10-20")}, "2025-10", now, config)
    before = documents(october, reports, "2025-10", now, config)
    november = event_log({"busy.log": busy_log("2025-11-01") + LATE_LINE}, "2025-11", now, config, aside)
    return documents(november, reports, "2025-11", now, config, {"2025-10": (october, before)})


def late_report() -> Document:
    late = deepcopy(TELEMETRY_FILE)
    late["metadata"]["analysisDate"] = "2026-11-03T06:00:00Z"
    return late


SITUATIONS: Mapping[str, Callable[[], dict[str, Document]]] = {
    "an empty month that is closed": lambda: documents(
        EventLog(), Reports(), "2025-11", "2025-12-02T00:00:00Z", shipped_config()
    ),
    "an empty month that is open": lambda: documents(
        EventLog(), Reports(), "2025-11", "2025-11-20T00:00:00Z", shipped_config()
    ),
    "a month at its first instant": lambda: documents(
        EventLog(), Reports(), "2025-11", "2025-11-01T00:00:00Z", nothing_allowed("up")
    ),
    "an empty month where unknown time is down": lambda: documents(
        EventLog(), Reports(), "2025-11", "2025-12-02T00:00:00Z", nothing_allowed("down")
    ),
    "logs only": lambda: documents(
        event_log({"busy.log": busy_log("2025-11-01")}, "2025-11", "2025-12-02T00:00:00Z", shipped_config()),
        Reports(),
        "2025-11",
        "2025-12-02T00:00:00Z",
        shipped_config(),
    ),
    "telemetry only": lambda: documents(
        EventLog(),
        telemetry_files({"report.json": TELEMETRY_FILE}),
        "2025-11",
        "2025-11-24T12:00:00Z",
        shipped_config(),
    ),
    "logs and telemetry after another month": lambda: busy_month(shipped_config()),
    "logs and telemetry where nothing is allowed": lambda: busy_month(nothing_allowed("ignore")),
    "logs and telemetry of a closed month where nothing is allowed": lambda: busy_month(
        nothing_allowed("down"), "2025-12-02T00:00:00Z"
    ),
}


@cache
def situation(name: str) -> dict[str, Document]:
    return SITUATIONS[name]()


@cache
def full(name: str) -> Document:
    """A document with as many of its keys as one month can have."""
    return small_month()[name]


@cache
def small_month() -> dict[str, Document]:
    return busy_month(two_components())


# --- the schemas themselves -----------------------------------------------------------------------------------------


def test_there_is_a_schema_for_each_deliverable_each_input_and_nothing_else():
    files = {path.name for path in SCHEMAS.iterdir()}
    assert files == {f"{name}.schema.json" for name in (*DESIGNED, "slo-config")}


@pytest.mark.parametrize("name", [*DESIGNED, "slo-config"])
def test_a_schema_is_valid_draft_07_and_named_like_its_file(name: str):
    Draft7Validator.check_schema(schema(name))
    assert schema(name)["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert schema(name)["$id"] == f"{name}.schema.json"


@pytest.mark.parametrize("name", [*DESIGNED, "slo-config"])
def test_a_schema_is_pretty_printed(name: str):
    expected = json.dumps(schema(name), indent=2, ensure_ascii=False) + "\n"
    assert (SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8") == expected


@pytest.mark.parametrize("name", DESIGNED)
def test_a_schema_refers_to_its_own_definitions_only_and_to_each(name: str):
    used = set(re.findall(r'"\$ref": "([^"]*)"', json.dumps(schema(name))))
    assert used == {f"#/definitions/{definition}" for definition in schema(name)["definitions"]}


def undescribed(node: Any, path: str = "") -> Iterator[str]:
    """The properties without a sentence that tells what they are; conditions only repeat others' names."""
    if isinstance(node, dict):
        for key, value in node.get("properties", {}).items():
            if not str(value.get("description", "")).endswith("."):
                yield f"{path}.{key}"
        for key, value in node.items():
            if key not in ("if", "then", "else"):
                yield from undescribed(value, f"{path}.{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from undescribed(value, f"{path}[{index}]")


@pytest.mark.parametrize("name", DESIGNED)
def test_every_property_of_a_schema_says_in_a_sentence_what_it_is(name: str):
    assert schema(name)["title"]
    assert schema(name)["description"].endswith(".")
    assert list(undescribed(schema(name))) == []


def test_the_configuration_schema_is_the_one_that_the_models_give():
    made = json.dumps(config_schema(), indent=2, ensure_ascii=False) + "\n"
    kept = (SCHEMAS / "slo-config.schema.json").read_text(encoding="utf-8")
    assert kept == made, f"the models have changed: write the schema again with\n{REGENERATE}"


def test_the_shipped_configuration_fits_its_schema():
    assert mistakes(yaml.safe_load(SHIPPED_CONFIG.read_text(encoding="utf-8")), "slo-config") == []


# --- the plan's examples --------------------------------------------------------------------------------------------


def test_the_examples_are_the_plan_s_own():
    if not PLAN.exists():
        pytest.skip(f"{PLAN} is not here")
    blocks = re.findall(r"^```json\n(.*?)^```$", PLAN.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    kept = {path.stem: path.read_text(encoding="utf-8") for path in EXAMPLES.iterdir()}
    assert kept == dict(zip(PLAN_BLOCKS, blocks, strict=True))


@pytest.mark.parametrize("name", PLANNED)
def test_the_plan_s_example_fits(name: str):
    assert mistakes(example(name), name) == []


def keys_in(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of every key of every object."""
    items: Iterator[tuple[str | int, Any]] = iter(())
    if isinstance(node, dict):
        items = iter(node.items())
    elif isinstance(node, list):
        items = enumerate(node)
    for key, value in items:
        if isinstance(key, str):
            yield (*path, key)
        yield from keys_in(value, (*path, key))


def at(document: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        document = document[key]
    return document


def changed(document: Document, path: tuple[str | int, ...], value: Any) -> Document:
    """A copy with another value in one place, or with a key more."""
    copy = deepcopy(document)
    at(copy, path[:-1])[path[-1]] = value
    return copy


def without(document: Document, path: tuple[str | int, ...]) -> Document:
    copy = deepcopy(document)
    del at(copy, path[:-1])[path[-1]]
    return copy


def dotted(path: tuple[str | int, ...]) -> str:
    return ".".join(map(str, path))


@pytest.mark.parametrize(
    ("name", "path"),
    [pytest.param(name, path, id=f"{name}: {dotted(path)}") for name in PLANNED for path in keys_in(example(name))],
)
def test_an_example_without_one_of_its_keys_does_not_fit(name: str, path: tuple[str | int, ...]):
    assert mistakes(without(example(name), path), name)


def test_the_plan_s_own_schema_takes_the_framework_that_the_code_makes():
    own = Draft7Validator(plan_schema())
    framework = full("sli-framework")
    assert list(own.iter_errors(framework)) == []
    path = ("sliFunctions", "canvas-component", "latency", "p95")
    assert not own.is_valid(changed(framework, path, None)), "the plan's schema has to judge the framework's components"


# --- what the code writes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("told", SITUATIONS)
def test_what_the_code_makes_fits(told: str, name: str):
    made = situation(told)
    assert list(made) == list(PUBLISHED)
    assert mistakes(made[name], name) == []


def shapes(document: Document) -> list[tuple[str | int, ...]]:
    """One path for each kind of place: the same key in two components or two days is one."""
    kinds: dict[str, tuple[str | int, ...]] = {}
    for path in keys_in(document):
        known = ["*" if isinstance(key, int) or key in TWO_COMPONENTS else str(key) for key in path]
        kinds.setdefault(".".join(known), path)
    return list(kinds.values())


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_key_that_nobody_knows_is_refused_wherever_it_stands(name: str):
    places = [(), *(path for path in shapes(full(name)) if isinstance(at(full(name), path), dict))]
    places += [(*path, 0) for path in shapes(full(name)) if is_list_of_objects(at(full(name), path))]
    taken = [place for place in places if not mistakes(changed(full(name), (*place, "No Such Key"), "?"), name)]
    assert taken == []


def is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_value_of_another_type_is_refused_wherever_it_stands(name: str):
    document = full(name)
    wrong = {path: 0.5 if isinstance(at(document, path), dict) else {"a": 1} for path in shapes(document)}
    taken = [dotted(path) for path, value in wrong.items() if not mistakes(changed(document, path, value), name)]
    assert taken == []


#: Each is one mistake in a document that fits: the schema, the place, and the value that has no place there.
REFUSED = (
    ("renderx-web-telemetry", "version", "1.0"),
    ("renderx-web-telemetry", "schemaVersion", "2"),
    ("renderx-web-telemetry", "period", "2025-13"),
    ("renderx-web-telemetry", "metadata.asOf", "2025-11-03 12:00"),
    ("renderx-web-telemetry", "metadata.closed", "no"),
    ("renderx-web-telemetry", "metadata.timeRange", "2025-11-01T09:00:00Z – 2025-11-03T06:00:00Z"),
    ("renderx-web-telemetry", "metadata.logEntriesAnalyzed", 1.5),
    ("renderx-web-telemetry", "metadata.reports.0.sha256", "sha256:abc"),
    ("renderx-web-telemetry", "metadata.reports.0.timeRange.start", None),
    ("renderx-web-telemetry", "metadata.setAside.futureLines.busy.log", 0),
    ("renderx-web-telemetry", "metadata.unmapped.events.minimap:show", 0),
    ("renderx-web-telemetry", "anomalies.0.severity", "fatal"),
    ("renderx-web-telemetry", "anomalies.0.origin", "guessed"),
    ("renderx-web-telemetry", "anomalies.0.sli", "freshness"),
    ("renderx-web-telemetry", "anomalies.0.occurrences", -1),
    ("renderx-web-telemetry", "anomalies.0.avgDuration", None),
    ("renderx-web-telemetry", "anomalies.0.totalDuration", -0.001),
    ("renderx-web-telemetry", "anomalies.0.event", "canvas render"),
    ("renderx-web-telemetry", "summary.criticalCount", -1),
    ("renderx-web-telemetry", "summary.componentsAffected.0", "Canvas Component"),
    ("sli-framework", "sliFunctions.Canvas_Component", {}),
    ("sli-framework", f"sliFunctions.{CANVAS}.latency.p50", None),
    ("sli-framework", f"sliFunctions.{CANVAS}.latency.p95", "50"),
    ("sli-framework", f"sliFunctions.{CANVAS}.latency.p99", -1),
    ("sli-framework", f"sliFunctions.{CANVAS}.latency.unit", "ms"),
    ("sli-framework", f"sliFunctions.{CANVAS}.latency.category", "Reliability"),
    ("sli-framework", f"sliFunctions.{CANVAS}.latency.sourceAnomaly", None),
    ("sli-framework", f"sliFunctions.{CANVAS}.latency.basis", "agreed"),
    ("sli-framework", f"sliFunctions.{CANVAS}.latency.thresholds.critical", None),
    ("sli-framework", f"sliFunctions.{CANVAS}.errorRate.threshold", 100.1),
    ("sli-framework", f"sliFunctions.{CANVAS}.riskLevel", "extreme"),
    ("sli-metrics", "timestamp", "2025-11-24"),
    ("sli-metrics", "calculationDate", "2025-11-24T12:00:00Z"),
    ("sli-metrics", "metrics", {}),
    ("sli-metrics", f"metrics.{CANVAS}.latency.p95", -0.1),
    ("sli-metrics", f"metrics.{CANVAS}.latency.p95", None),
    ("sli-metrics", f"metrics.{CANVAS}.latency.unit", "milliseconds"),
    ("sli-metrics", f"metrics.{CANVAS}.latency.status", "fine"),
    ("sli-metrics", f"metrics.{CANVAS}.errorRate", 100.0001),
    ("sli-metrics", f"metrics.{CANVAS}.errorRate", None),
    ("sli-metrics", f"metrics.{CANVAS}.errorRate", {"value": 0.1}),
    ("sli-metrics", f"metrics.{CANVAS}.availability", -0.1),
    ("sli-metrics", f"metrics.{CANVAS}.availability", "99.9%"),
    ("sli-metrics", f"metrics.{CANVAS}.completeness", 101),
    ("sli-metrics", f"metrics.{CANVAS}.freshness", -1),
    ("sli-metrics", f"metrics.{CANVAS}.availabilityDetail.observedMinutes", -1),
    ("sli-metrics", f"metrics.{CANVAS}.availabilityDetail.noDataPolicy", "unknown"),
    ("sli-metrics", f"metrics.{CANVAS}.errorRateDetail.failures", 0.5),
    ("sli-metrics", f"metrics.{CANVAS}.errorRateDetail.confidence", "medium"),
    ("sli-metrics", f"metrics.{CANVAS}.history.0.date", "2025-11-32"),
    ("sli-metrics", f"metrics.{CANVAS}.history.0.coverage", 100.5),
    ("slo-targets", f"sloTargets.{CANVAS}.availability.target", 100.5),
    ("slo-targets", f"sloTargets.{CANVAS}.availability.target", None),
    ("slo-targets", f"sloTargets.{CANVAS}.availability.errorBudget", -1),
    ("slo-targets", f"sloTargets.{CANVAS}.availability.period", "weekly"),
    ("slo-targets", f"sloTargets.{CANVAS}.availability.unit", "seconds"),
    ("slo-targets", f"sloTargets.{CANVAS}.latency.p95.target", 0),
    ("slo-targets", f"sloTargets.{CANVAS}.latency.p50", {"target": 10, "unit": "ms"}),
    ("slo-targets", f"sloTargets.{CANVAS}.errorRate.target", -0.1),
    ("slo-targets", f"sloTargets.{CANVAS}.errorRate.type", "guessed"),
    ("slo-targets", f"sloTargets.{CANVAS}.escalationPolicy.0.at", 0),
    ("slo-targets", f"sloTargets.{CANVAS}.escalationPolicy.0.notify", []),
    ("error-budgets", f"errorBudgets.{CANVAS}.period", "November"),
    ("error-budgets", f"errorBudgets.{CANVAS}.allowed", None),
    ("error-budgets", f"errorBudgets.{CANVAS}.consumed", -0.0001),
    ("error-budgets", f"errorBudgets.{CANVAS}.burnRate", "28.94%"),
    ("error-budgets", f"errorBudgets.{CANVAS}.burnRate", 28.9),
    ("error-budgets", f"errorBudgets.{CANVAS}.burnRatePercent", -1),
    ("error-budgets", f"errorBudgets.{CANVAS}.status", "failed"),
    ("error-budgets", f"errorBudgets.{CANVAS}.projection", None),
    ("error-budgets", f"errorBudgets.{CANVAS}.daysRemaining", -1),
    ("error-budgets", f"errorBudgets.{CANVAS}.daysRemaining", 2.5),
    ("error-budgets", f"errorBudgets.{CANVAS}.unit", "events"),
    ("error-budgets", f"errorBudgets.{CANVAS}.errorRate.unit", "minutes"),
    ("error-budgets", f"errorBudgets.{CANVAS}.alerts.0.status", "healthy"),
    ("error-budgets", f"errorBudgets.{CANVAS}.alerts.0.crossedAt", None),
    ("error-budgets", f"errorBudgets.{CANVAS}.burnDown.0.percentage", 100.1),
    ("sla-compliance-report", "complianceReport.period", "2025-1"),
    ("sla-compliance-report", f"complianceReport.components.{CANVAS}.overallStatus", "compliant"),
    ("sla-compliance-report", f"complianceReport.components.{CANVAS}.availabilityCompliance.status", "met"),
    ("sla-compliance-report", f"complianceReport.components.{CANVAS}.availabilityCompliance.deficit", -0.09),
    ("sla-compliance-report", f"complianceReport.components.{CANVAS}.availabilityCompliance.actual", None),
    ("sla-compliance-report", f"complianceReport.components.{CANVAS}.availabilityCompliance.certainty", "likely"),
    ("sla-compliance-report", f"complianceReport.components.{CANVAS}.latencyCompliance.p95Target", None),
    ("sla-compliance-report", f"complianceReport.components.{CANVAS}.latencyCompliance.p95Status", "at risk"),
    ("sla-compliance-report", f"complianceReport.components.{CANVAS}.trend", "up"),
    ("sla-compliance-report", "complianceReport.summary.compliancePercentage", 100.1),
    ("sla-compliance-report", "complianceReport.summary.componentsCompliant", "3"),
    ("sla-compliance-report", "complianceReport.history", []),
    ("slo-sli-sla-dashboard", "dashboard.refreshInterval", 0),
    ("slo-sli-sla-dashboard", "dashboard.sections.sliMetrics.cards.0.trend", "improving"),
    ("slo-sli-sla-dashboard", "dashboard.sections.sliMetrics.cards.0.status", "met"),
    ("slo-sli-sla-dashboard", "dashboard.sections.sliMetrics.cards.0.latencyP95", "48.3"),
    ("slo-sli-sla-dashboard", "dashboard.sections.sloCompliance.gauges.0.compliance", 100.5),
    ("slo-sli-sla-dashboard", "dashboard.sections.sloCompliance.gauges.0.status", "healthy"),
    ("slo-sli-sla-dashboard", "dashboard.sections.errorBudgets.burndown.0.percentage", 101),
    ("slo-sli-sla-dashboard", "dashboard.sections.errorBudgets.burndown.0.daysRemaining", -1),
    ("slo-sli-sla-dashboard", "dashboard.sections.componentHealth.components.0.riskLevel", None),
    ("slo-sli-sla-dashboard", "dashboard.sections.alerts.active.0.kind", "page"),
    ("slo-sli-sla-dashboard", "dashboard.sections.alerts.active.0.status", "exhausted"),
    ("slo-sli-sla-dashboard", "dashboard.sections.alerts.active.0.threshold", 50),
    ("slo-workflow-state", "workflowState.currentState", "PUBLISHED"),
    ("slo-workflow-state", "workflowState.currentVersion", "v1"),
    ("slo-workflow-state", "workflowState.stateTransitions.MONITORING", ["DONE"]),
    ("slo-workflow-state", "workflowState.stateTransitions.DONE", ["MONITORING"]),
    ("slo-workflow-state", "workflowState.checksums.sliFramework", ""),
    ("slo-workflow-state", "workflowState.checksums.framework", "sha256:abc"),
    ("slo-workflow-state", "workflowState.auditTrail.0.action", "guess"),
    ("slo-workflow-state", "workflowState.auditTrail.0.result", "maybe"),
    ("slo-workflow-state", "workflowState.auditTrail.0.timestamp", "2025-11-24T12:00:00+01:00"),
    ("telemetry", "metadata", []),
    ("telemetry", "metadata.logEntriesAnalyzed", -1),
    ("telemetry", "metadata.analysisDate", "yesterday"),
    ("telemetry", "metadata.timeRange", "2025-11-22T20:15:00Z until 2025-11-23T20:15:00Z"),
    ("telemetry", "metadata.timeRange", "2025-11-22T20:15:00 to 2025-11-23T20:15:00"),
    ("telemetry", "anomalies", {}),
    ("telemetry", "anomalies.0.event", "canvas render"),
    ("telemetry", "anomalies.0.event", "canvas::render"),
    ("telemetry", "anomalies.0.event", ""),
    ("telemetry", "anomalies.0.component", "Canvas Component"),
    ("telemetry", "anomalies.0.severity", "CRITICAL"),
    ("telemetry", "anomalies.0.occurrences", -1),
    ("telemetry", "anomalies.0.occurrences", 1.5),
    ("telemetry", "anomalies.0.occurrences", "187"),
    ("telemetry", "anomalies.0.occurrences", 10**30),
    ("telemetry", "anomalies.0.avgDuration", -1),
    ("telemetry", "anomalies.0.avgDuration", None),
    ("telemetry", "anomalies.0.avgDuration", float("inf")),
    ("telemetry", "anomalies.0.source", None),
    ("telemetry", "summary", None),
    ("telemetry", "summary.componentsAffected", 5),
)


def place(text: str, document: Document) -> tuple[str | int, ...]:
    """A dotted place as the path to it; a key of the document may have points itself."""
    path: list[str | int] = []
    node: Any = document
    while text:
        known = [key for key in node if text == key or text.startswith(f"{key}.")] if isinstance(node, dict) else []
        key: str | int = known[0] if known else text.partition(".")[0]
        path.append(int(key) if isinstance(node, list) else key)
        text = text[len(str(key)) + 1 :]
        node = node[path[-1]] if text else None
    return tuple(path)


@cache
def sound(name: str) -> Document:
    """A document that fits, so that what is refused after a change is the change."""
    document = TELEMETRY_FILE if name == "telemetry" else full(name)
    assert mistakes(document, name) == []
    return document


@pytest.mark.parametrize(
    ("name", "where", "value"), [pytest.param(*mistake, id=f"{mistake[1]} is {mistake[2]!r}") for mistake in REFUSED]
)
def test_a_mistake_is_refused_where_it_stands(name: str, where: str, value: Any):
    document = sound(name)
    path = place(where, document)
    found = [tuple(error.absolute_path) for error in validator(name).iter_errors(changed(document, path, value))]
    around = path[:-1]
    assert found
    assert all(path[: len(told)] == told or told[: len(around)] == around for told in found)


EMPTY, STRICT = "an empty month that is open", "logs and telemetry where nothing is allowed"
#: What a failed objective or an unknown figure has to say beside it.
TOLD = (
    ("error-budgets", EMPTY, f"errorBudgets.{CANVAS}.reason"),
    ("error-budgets", EMPTY, f"errorBudgets.{CANVAS}.errorRate.reason"),
    ("sli-metrics", EMPTY, f"metrics.{CANVAS}.latency.reason"),
    ("sli-metrics", EMPTY, f"metrics.{CANVAS}.errorRateDetail.reason"),
    ("sli-metrics", EMPTY, f"metrics.{CANVAS}.errorRateDetail"),
    ("sli-metrics", EMPTY, f"metrics.{CANVAS}.availabilityDetail.reason"),
    ("sli-metrics", EMPTY, f"metrics.{CANVAS}.completenessDetail.reason"),
    ("sli-metrics", EMPTY, f"metrics.{CANVAS}.freshnessDetail.reason"),
    (
        "sla-compliance-report",
        EMPTY,
        f"complianceReport.components.{CANVAS}.availabilityCompliance.reason",
    ),
    (
        "sla-compliance-report",
        EMPTY,
        f"complianceReport.components.{CANVAS}.latencyCompliance.reason",
    ),
    ("sla-compliance-report", STRICT, f"complianceReport.components.{CANVAS}.errorRateCompliance.deficit"),
    ("sla-compliance-report", STRICT, f"complianceReport.components.{CANVAS}.latencyCompliance.p95Deficit"),
    ("sla-compliance-report", STRICT, f"complianceReport.components.{CANVAS}.availabilityCompliance.deficit"),
)


@pytest.mark.parametrize(("name", "told", "where"), [pytest.param(*case, id=case[2]) for case in TOLD])
def test_a_failure_has_its_deficit_and_an_unknown_figure_its_reason(name: str, told: str, where: str):
    document = situation(told)[name]
    assert mistakes(without(document, place(where, document)), name)


# --- telemetry files ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "where",
    ["metadata", "anomalies"]
    + [
        f"anomalies.0.{key}"
        for key in ("event", "component", "severity", "occurrences", "avgDuration", "firstSeen", "lastSeen")
    ],
)
def test_a_telemetry_file_without_a_key_that_figures_depend_on_is_refused(where: str):
    assert mistakes(without(TELEMETRY_FILE, place(where, TELEMETRY_FILE)), "telemetry")


@pytest.mark.parametrize(
    "where",
    ["summary", "summary.componentsAffected"]
    + [f"metadata.{key}" for key in ("source", "logFiles", "analysisDate", "logEntriesAnalyzed", "timeRange")]
    + [f"anomalies.0.{key}" for key in ("id", "description", "source")],
)
def test_a_telemetry_file_without_an_optional_key_is_taken(where: str):
    assert mistakes(without(TELEMETRY_FILE, place(where, TELEMETRY_FILE)), "telemetry") == []


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("tool", "profiler 2"),
        ("metadata.host", {"name": "build-7"}),
        ("anomalies.0.tags", ["ui"]),
        ("anomalies.0.id", 17),
        ("anomalies.0.event", "canvas.render.slow"),
        ("anomalies.0.occurrences", 0),
        ("anomalies.0.avgDuration", 0),
        ("anomalies", []),
    ],
    ids=str,
)
def test_a_telemetry_file_may_say_more_or_nothing(where: str, value: Any):
    assert mistakes(changed(TELEMETRY_FILE, place(where, TELEMETRY_FILE), value), "telemetry") == []


@pytest.mark.parametrize(
    "instant",
    [
        "2025-11-22T20:18:45Z",
        "2025-11-22T20:18:45.123Z",
        "2025-11-22T20:18:45.123456789Z",
        "2025-11-22 20:18:45+00:00",
        "2025-11-22T15:18:45.5-05:00",
        "2025-11-22T20:18:45+0530",
    ],
)
def test_an_instant_with_an_offset_is_taken_and_can_be_read(instant: str):
    told = changed(TELEMETRY_FILE, ("anomalies", 0, "lastSeen"), instant)
    assert mistakes(told, "telemetry") == []
    assert parse_instant(instant) > parse_instant("2025-11-22T14:00:00Z")


@pytest.mark.parametrize(
    "instant",
    [
        "2025-11-22",
        "2025-11-22T20:18:45",
        "2025-11-22T20:18Z",
        "2025-13-22T20:18:45Z",
        "2025-11-32T20:18:45Z",
        "2025-11-22T24:00:00Z",
        "2025-11-22T20:60:00Z",
        "2025-11-22T20:18:45+25:00",
        " 2025-11-22T20:18:45Z",
        "22.11.2025 20:18:45",
        1763842725,
        None,
    ],
)
def test_an_instant_that_is_none_or_has_no_offset_is_refused(instant: Any):
    assert mistakes(changed(TELEMETRY_FILE, ("anomalies", 0, "firstSeen"), instant), "telemetry")


def test_the_real_telemetry_file_fits_as_input_and_with_the_envelope_as_deliverable():
    if not REAL_TELEMETRY.exists():
        pytest.skip(f"{REAL_TELEMETRY} is not here")
    real = read_json(REAL_TELEMETRY)
    assert mistakes(real, "telemetry") == []
    assert mistakes({**ENVELOPE, **real}, "renderx-web-telemetry") == []
