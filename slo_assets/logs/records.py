"""JSON lines: each line an object, or an object that holds records, with fields by their paths."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from slo_assets.config import Dialect, Rule, Time
from slo_assets.logs.lines import Lines
from slo_assets.logs.machine import NONE
from slo_assets.logs.rules import Taken, captured, joined, taken
from slo_assets.logs.timestamps import Ints, LineTimes

STEP = re.compile(r"([^./\[\]]+)|\[([^\]]*)\]")
#: The field in which a rule's pattern is searched.
MESSAGE = "message"
#: The time among the fields, whose names are never empty.
TIME = ""
#: The paths that lead somewhere are remembered for so many sets of names, each of no more than so many characters.
LAYOUTS, SHORT = 1 << 10, 1 << 12
#: What OpenTelemetry writes where it does not know a time.
UNKNOWN_TIME = "0"

Step = tuple[str, str]


class Records:
    """Reads the lines of a JSON dialect.

    Args:
        dialect: paths of the records, the time and the fields.
        rules: in their order.
        name: the file's name, which may hold a year.
        year: the year of the first line that has a time, where the format has none.
    """

    def __init__(self, dialect: Dialect, rules: tuple[Rule, ...], name: str = "", year: int | None = None) -> None:
        """Take the paths apart once."""
        self._records = _steps(dialect.records) if dialect.records else None
        paths = {TIME: dialect.time.field, **dialect.paths}
        self._paths = {name: [_Path.of(path) for path in found] for name, found in paths.items()}
        self._layouts: dict[tuple[tuple[str, ...], ...], Mapping[str, list[_Path]]] = {}
        self._rules = rules
        self._times = LineTimes(dialect.time.model_copy(update={"field": ()}), name, year)
        self._epochs = LineTimes(Time(format="epoch", at="start"))

    def read(self, lines: Lines) -> tuple[Ints, Ints, Taken, Ints]:
        """What the lines of a block tell.

        Returns:
            The number of the line of each record (a line without any counts as one), the instant that each
            record tells, what the rules took by the records' places, and the lines that are no JSON objects.
        """
        of: list[int] = []
        values: dict[str, list[str | None]] = {name: [] for name in self._paths}
        raw: list[bytes] = []
        malformed: list[int] = []
        stops = lines.stops(np.arange(len(lines.ends)))
        for number, (start, stop) in enumerate(zip(lines.starts.tolist(), stops.tolist(), strict=True)):
            text = bytes(lines.data[start:stop])
            scopes = self._scopes(text)
            if scopes is None:
                malformed.append(number)
            for scope in scopes or [()]:
                of.append(number)
                raw.append(text)
                for name, paths in self._leading(scope).items():
                    values[name].append(_first(scope, paths, UNKNOWN_TIME if name == TIME else "") if paths else None)
        times = values.pop(TIME)
        block = memoryview("".join((time or "").replace("\n", " ") + "\n" for time in times).encode())
        instants = self._times.read(block, len(block))[1]
        # Whatever format the texts have, a number is one of seconds or of their parts since 1970.
        instants = np.where(instants == NONE, self._epochs.read(block, len(block))[1], instants)
        return np.array(of, np.int64), instants, self._take(values, raw), np.array(malformed, np.int64)

    def _scopes(self, text: bytes) -> list[tuple[Any, ...]] | None:
        """The records of a line, each with the objects around it, innermost first; None for no JSON object."""
        if not text.strip():
            return []
        whole = _parsed(text)
        if not isinstance(whole, dict):
            return None
        return [(whole,)] if self._records is None else list(_descend((whole,), self._records))

    def _leading(self, scope: tuple[Any, ...]) -> Mapping[str, list[_Path]]:
        """For each field those of its paths that may lead somewhere: most lines have the names of the one before."""
        if not all(isinstance(level, dict) for level in scope):
            return self._paths
        layout = tuple(map(tuple, scope))
        found = self._layouts.get(layout)
        if found is None:
            found = {name: [path for path in paths if path.begins_in(layout)] for name, paths in self._paths.items()}
            if len(self._layouts) < LAYOUTS and sum(map(len, chain.from_iterable(layout))) <= SHORT:
                self._layouts[layout] = found
        return found

    def _take(self, values: dict[str, list[str | None]], raw: list[bytes]) -> Taken:
        fields = {name: pa.array(column, pa.string()) for name, column in values.items()}
        free = np.ones(len(raw), bool)
        found_by_rule = []
        for rule in self._rules:
            candidates = np.flatnonzero(free)
            if rule.contains:
                text = rule.contains.encode()
                candidates = candidates[[text in raw[place] for place in candidates]]
            own = {name: column.take(pa.array(candidates)) for name, column in fields.items()}
            if rule.event is not None and not rule.placeholders:
                own.pop("event", None)
            if rule.pattern is not None:
                found = pc.extract_regex(own.get(MESSAGE, pa.nulls(len(candidates), pa.string())), rule.pattern)
                valid = np.asarray(found.is_valid())
                own = {name: column.filter(valid) for name, column in own.items()} | captured(found.filter(valid))
                candidates = candidates[valid]
            part = taken(rule, own, candidates)
            free[part.lines] = False
            found_by_rule.append(part)
        return joined(found_by_rule)


def _parsed(text: bytes) -> Any:
    """A JSON value, also where a text in it is no UTF-8; None for no JSON."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    try:
        return orjson.loads(text.decode(errors="replace"))
    except orjson.JSONDecodeError:
        return None


def _steps(path: str) -> tuple[Step, ...]:
    """A path's steps: ``("name", n)``, ``("all", "")`` for ``[]``, ``("key", k)`` for ``[k]``."""
    return tuple(("name", name) if name else ("key", key) if key else ("all", "") for name, key in STEP.findall(path))


@dataclass(frozen=True)
class _Path:
    """Where a value is.

    Attributes:
        from_root: whether the path begins at the line's root alone.
        steps: from there, or from the record or any object around it.
    """

    from_root: bool
    steps: tuple[Step, ...]

    @classmethod
    def of(cls, path: str) -> _Path:
        """A path as it is written."""
        return cls(path.startswith("/"), _steps(path))

    def begins_in(self, layout: tuple[tuple[str, ...], ...]) -> bool:
        """Whether objects with these names have the first one of the path."""
        return any(self.steps[0][1] in names for names in (layout[-1:] if self.from_root else layout))


def _descend(scope: tuple[Any, ...], steps: tuple[Step, ...]) -> Iterator[tuple[Any, ...]]:
    """The objects at a path, each with all objects on the way to it, innermost first."""
    if not steps:
        yield scope
        return
    kind, name = steps[0]
    inner = scope[0]
    found = inner.get(name) if kind == "name" and isinstance(inner, dict) else inner
    items = found if kind == "all" and isinstance(found, list) else [found]
    for item in items:
        if isinstance(item, dict | list):
            yield from _descend((item, *scope), steps[1:])


def _first(scope: tuple[Any, ...], paths: list[_Path], nothing: str = "") -> str | None:
    """The first value that is there at any of the paths, as text; objects around a record count as well.

    Args:
        scope: the record and the objects around it, innermost first.
        paths: where to look.
        nothing: a text that says that nothing is there.
    """
    for path in paths:
        for level in scope[-1:] if path.from_root else scope:
            # A call for each step would be most of the time: nearly all paths lead nowhere.
            value = level
            for kind, name in path.steps:
                if kind != "name":
                    value = _attribute(value, name)
                else:
                    value = value.get(name) if isinstance(value, dict) else None
                if value is None:
                    break
            else:
                text = _text(value)
                if text is not None and text != nothing:
                    return text
    return None


def _attribute(value: Any, key: str) -> Any:
    """The value of a key with dots in it, in an object or in a list of OpenTelemetry attributes."""
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict) and item.get("key") == key:
                return item.get("value")
    return None


def _text(value: Any) -> str | None:
    """A JSON value as text, an OpenTelemetry value as what it wraps; None for empty ones, objects and lists."""
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)).endswith("Value"):
        value = next(iter(value.values()))
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None
