"""Versions of the configuration: what a change means, and from when it holds."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from slo_assets.config import ConfigError, SloConfig, parse_config
from slo_assets.config.versions import LEVELS, Level, bumped, differences, later, level, merged
from slo_assets.periods import Period
from slo_assets_tests.situations import SHIPPED_CONFIG, config_with, shipped_config

CANVAS = "components.canvas-component"


def changed(setting: str, value: Any) -> SloConfig:
    """The shipped configuration with one setting changed; a setting that is None is taken away."""

    def change(settings: dict[str, Any]) -> None:
        *path, last = setting.split("/")
        node = settings
        for key in path:
            node = node.setdefault(key, {})
        if value is None:
            del node[last]
        else:
            node[last] = value

    return config_with(change)


CHANGES: dict[str, tuple[str, Any, Level, list[str]]] = {
    "an agreed target": (
        "components/canvas-component/objectives",
        {"availability": 99.5},
        "major",
        [f"{CANVAS}.objectives.availability"],
    ),
    "a margin of derived targets": ("targets", {"latencyMargin": 1.2}, "major", ["targets.latencyMargin"]),
    "a threshold": ("detection", {"slow": {"slowOperationMs": 300}}, "major", ["detection.slow.slowOperationMs"]),
    "what belongs to a component": (
        "components/canvas-component/prefixes",
        ["canvas", "board"],
        "major",
        [f"{CANVAS}.prefixes"],
    ),
    "how logs are read": ("logs/maxLineBytes", 4096, "major", ["logs.maxLineBytes"]),
    "a component less": ("components/theme", None, "major", ["components.theme"]),
    "a component more": (
        "components/search",
        {"name": "Search", "prefixes": ["search"], "objectives": {"availability": 99.0}},
        "minor",
        ["components.search"],
    ),
    "a component's name": ("components/canvas-component/name", "The canvas", "patch", [f"{CANVAS}.name"]),
    "the title": ("dashboard", {"title": "Ours"}, "patch", ["dashboard.title"]),
    "who is told": ("components/theme/escalation", "platform", "patch", ["components.theme.escalation"]),
    "what is done": (
        "escalationPolicies/platform",
        [{"at": 50, "notify": ["us"], "action": "Look."}],
        "patch",
        ["escalationPolicies.platform"],
    ),
}


@pytest.mark.parametrize(("setting", "value", "expected", "places"), CHANGES.values(), ids=CHANGES)
def test_a_change_is_named_with_its_level(setting: str, value: Any, expected: Level, places: list[str]) -> None:
    found = differences(shipped_config().settings(), changed(setting, value).settings())

    assert [difference.setting for difference in found] == places
    assert level(found) == expected
    assert all(place in str(difference) for place, difference in zip(places, found, strict=True))


UNCHANGED: dict[str, tuple[str, Any]] = {
    "a default that is written down": ("targets", {"latencyMargin": 1.1}),
    "how many releases are kept": ("releases", {"keep": 3}),
    "the version itself": ("version", "7.0.0"),
}


@pytest.mark.parametrize(("setting", "value"), UNCHANGED.values(), ids=UNCHANGED)
def test_what_reaches_no_document_is_no_difference(setting: str, value: Any) -> None:
    assert differences(shipped_config().settings(), changed(setting, value).settings()) == []


def test_the_gravest_of_several_changes_decides() -> None:
    def change(settings: dict[str, Any]) -> None:
        settings["components"]["search"] = {"name": "Search", "prefixes": ["search"]}
        settings["components"]["theme"]["name"] = "Themes"

    found = differences(shipped_config().settings(), config_with(change).settings())

    assert [difference.level for difference in found] == ["minor", "patch"]
    assert level(found) == "minor"


@pytest.mark.parametrize(
    ("by", "expected"), [("major", "2.0.0"), ("minor", "1.10.0"), ("patch", "1.9.5"), (None, "1.9.4")]
)
def test_a_version_is_raised_by_a_level(by: Level | None, expected: str) -> None:
    assert bumped("1.9.4", by) == expected


@given(st.tuples(*[st.integers(0, 50)] * 3), st.sampled_from(LEVELS))
def test_a_raised_version_is_always_the_later_one(parts: tuple[int, ...], by: Level) -> None:
    version = ".".join(map(str, parts))

    assert later(version, bumped(version, by)) == later(bumped(version, by), version) == bumped(version, by) != version


def test_versions_are_compared_as_numbers() -> None:
    assert later("1.10.0", "1.9.9") == "1.10.0"


def test_a_change_is_put_over_what_it_names_alone() -> None:
    settings = {"a": {"b": 1, "c": [1, 2]}, "d": 5}

    assert merged(settings, {"a": {"c": [3]}, "e": {"f": 1}}) == {"a": {"b": 1, "c": [3]}, "d": 5, "e": {"f": 1}}
    assert settings == {"a": {"b": 1, "c": [1, 2]}, "d": 5}


DATED = """
changes:
  - effectiveFrom: 2025-12
    reason: Agreed with product in the November review.
    settings:
      components:
        canvas-component:
          objectives: {availability: 99.95}
  - effectiveFrom: 2026-02
    reason: The search is a service of its own now.
    settings:
      components:
        search: {name: Search, prefixes: [search]}
"""


@pytest.mark.parametrize(
    ("period", "version", "availability", "components"),
    [
        ("2025-11", "1.0.0", None, 5),
        ("2025-12", "2.0.0", 99.95, 5),
        ("2026-01", "2.0.0", 99.95, 5),
        ("2026-02", "2.1.0", 99.95, 6),
    ],
)
def test_a_change_holds_from_its_period_on(
    period: str, version: str, availability: float | None, components: int
) -> None:
    config = dated(DATED).of_period(Period(period))

    assert config.version == version
    assert config.components["canvas-component"].objectives.availability == availability
    assert len(config.components) == components
    assert config.changes == ()


def dated(changes: str) -> SloConfig:
    return parse_config(SHIPPED_CONFIG.read_text(encoding="utf-8") + changes, "slo-config.yaml")


WRONG: dict[str, tuple[str, str]] = {
    "a setting that does not exist": (
        "{effectiveFrom: 2025-12, reason: r, settings: {targets: {latencyMargn: 2.0}}}",
        "changes.0.settings.targets.latencyMargn: no such setting. Remedy: write latencyMargin",
    ),
    "a value that does not fit": (
        "{effectiveFrom: 2025-12, reason: r, settings: {dashboard: {title: 3}}}",
        "changes.0.settings.dashboard.title: Input should be a valid string. Remedy: write it in quotes",
    ),
    "what contradicts the rest": (
        "{effectiveFrom: 2025-12, reason: r, settings: {components: {theme: {escalation: nobody}}}}",
        "changes.0.settings.components.theme.escalation: there is no escalation policy 'nobody'",
    ),
    "what holds for ever": (
        "{effectiveFrom: 2025-12, reason: r, settings: {version: 2.0.0}}",
        "changes.0.settings.version: it is the same in all periods. Remedy: set it outside of changes",
    ),
    "how far a target looks back": (
        "{effectiveFrom: 2025-12, reason: r, settings: {targets: {baselinePeriods: 1}}}",
        "changes.0.settings.targets.baselinePeriods: which months a month is made from is the same in all periods. "
        "Remedy: set it outside of changes",
    ),
    "how far a report looks back": (
        "{effectiveFrom: 2025-12, reason: r, settings: {compliance: {historyPeriods: 24}}}",
        "changes.0.settings.compliance.historyPeriods: which months",
    ),
    "a value in the place of settings": (
        "{effectiveFrom: 2025-12, reason: r, settings: {targets: 3}}",
        "changes.0.settings.targets: Input should be a valid dictionary",
    ),
    "no month": ("{effectiveFrom: 2025-13, reason: r, settings: {dashboard: {}}}", "changes.0.effectiveFrom"),
    "no reason": ("{effectiveFrom: 2025-12, settings: {dashboard: {}}}", "changes.0.reason"),
    "nothing": ("{effectiveFrom: 2025-12, reason: r, settings: {}}", "changes.0.settings"),
}


@pytest.mark.parametrize(("change", "message"), WRONG.values(), ids=WRONG)
def test_a_mistake_in_a_change_is_named_with_its_line(change: str, message: str) -> None:
    line = SHIPPED_CONFIG.read_text(encoding="utf-8").count("\n") + 2

    with pytest.raises(ConfigError) as refused:
        dated(f"changes:\n  - {change}\n")

    assert f"slo-config.yaml, line {line}: " in str(refused.value)
    assert message in str(refused.value)


@pytest.mark.parametrize("second", ["2025-12", "2025-11"])
def test_changes_stand_in_the_order_of_their_periods(second: str) -> None:
    changes = [
        {"effectiveFrom": begin, "reason": "r", "settings": {"dashboard": {"title": begin}}}
        for begin in ("2025-12", second)
    ]

    with pytest.raises(ConfigError, match=rf"changes.1.effectiveFrom: {second} does not come after 2025-12"):
        dated(yaml.safe_dump({"changes": changes}))
