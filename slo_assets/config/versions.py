"""What a change of the configuration means: its level, and the version that follows from it.

Configurations are compared as plain mappings, the way they stand in YAML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Level = Literal["major", "minor", "patch"]
LEVELS: Sequence[Level] = ("major", "minor", "patch")

#: Settings that reach no document: who is told, what is late, and how much is kept.
OPERATIONAL = frozenset({"version", "changes", "alerts", "monitoring", "releases"})

#: The first pattern that fits a setting decides; all others are targets and formulas.
WORDING: Sequence[str] = (
    r"application",
    r"components\.[^.]+\.name",
    r"dashboard\.(title|refreshInterval)",
    r"escalationPolicies\..*",
    r"components\.[^.]+\.escalation",
)


@dataclass(frozen=True)
class Difference:
    """One setting that two configurations have different.

    Attributes:
        setting: its dotted path.
        before: its value; None where there was none.
        after: its value; None where there is none any more.
        level: what it means for the version.
    """

    setting: str
    before: Any
    after: Any
    level: Level

    def __str__(self) -> str:
        return f"{self.setting}: {shown(self.before)} → {shown(self.after)} ({self.level})"


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """The settings in which two configurations differ, by their paths.

    A new component is one minor difference, whatever it has; a removed one is major. Wording and who is told are
    patches. Everything else (targets, formulas, how logs are read) is major: numbers may change.
    """
    found: list[Difference] = []
    old, new = before.get("components", {}), after.get("components", {})
    for name in sorted(old.keys() ^ new.keys()):
        whole: Level = "minor" if name in new else "major"
        found.append(Difference(f"components.{name}", old.get(name), new.get(name), whole))
    shared = {"components": {name: old[name] for name in old if name in new}}
    kept = {"components": {name: new[name] for name in new if name in old}}
    for setting, was, now in leaves({**before, **shared}, {**after, **kept}):
        if setting.partition(".")[0] not in OPERATIONAL:
            found.append(Difference(setting, was, now, _level(setting)))
    return sorted(found, key=lambda difference: difference.setting)


def level(found: Sequence[Difference]) -> Level | None:
    """The gravest level among differences; None when there are none."""
    return min((difference.level for difference in found), key=LEVELS.index, default=None)


def bumped(version: str, by: Level | None) -> str:
    """The version after a change: ``1.4.2`` becomes ``2.0.0``, ``1.5.0`` or ``1.4.3``, or stays."""
    if by is None:
        return version
    position = LEVELS.index(by)
    parts = _numbers(version)
    return ".".join(map(str, [*parts[:position], parts[position] + 1, *[0] * (2 - position)]))


def later(one: str, other: str) -> str:
    """The higher of two versions."""
    return max(one, other, key=_numbers)


def merged(settings: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with those of a change put over them, mapping by mapping; anything else is replaced whole."""
    result = dict(settings)
    for key, value in change.items():
        old = result.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        result[key] = merged(old, value) if both else value  # type: ignore[arg-type]
    return result


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def leaves(before: Any, after: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The places at which two JSON values differ, as dotted paths with both values; lists are compared whole."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in {**before, **after}:
            yield from leaves(before.get(key), after.get(key), f"{place}.{key}" if place else str(key))
    elif before != after:
        yield place, before, after


def _level(setting: str) -> Level:
    return "patch" if any(re.fullmatch(pattern, setting) for pattern in WORDING) else "major"


def shown(value: Any, limit: int = 60) -> str:
    """A value as a message shows it."""
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= limit else f"{text[:limit]}…"
