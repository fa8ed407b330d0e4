"""What the rules take from lines: which line belongs to which rule, and the operation that it tells of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from ahocorasick_rs import BytesAhoCorasick, MatchKind

from slo_assets.config import PLACEHOLDER, Condition, Rule
from slo_assets.logs.lines import Lines
from slo_assets.logs.timestamps import Ints

START, SUCCESS, FAILURE = range(3)
KINDS = {"start": START, "success": SUCCESS, "failure": FAILURE}
MILLISECONDS = {"ns": 1e-6, "us": 1e-3, "µs": 1e-3, "μs": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4, "min": 6e4, "h": 3.6e6}
NUMBER = r"^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$"

#: What the rules took, one row for each line that a rule took, in the order of the lines.
TAKEN = pa.schema(
    [
        ("line", pa.int64()),
        ("rule", pa.dictionary(pa.int32(), pa.string())),
        ("kind", pa.int8()),
        ("event", pa.dictionary(pa.int32(), pa.string())),
        ("component", pa.dictionary(pa.int32(), pa.string())),
        ("key", pa.dictionary(pa.int32(), pa.string())),
        ("duration_ms", pa.float64()),
    ]
)

Fields = Mapping[str, pa.Array]


@dataclass(frozen=True)
class Hits:
    """Where literals stand: which one, and its position in the block, ascending; shapes (hits,)."""

    literals: Ints
    positions: Ints

    @classmethod
    def joined(cls, parts: list[tuple[int, Hits]]) -> Hits:
        """The hits in parts of a block, each with the position at which it begins."""
        none = np.empty(0, np.int64)
        return cls(
            np.concatenate([none, *(part.literals for _, part in parts)]),
            np.concatenate([none, *(part.positions + start for start, part in parts)]),
        )


@dataclass(frozen=True)
class _Search:
    """How the lines of a rule are found.

    Attributes:
        literal: the number of its literal text; None where any line may be its.
        hiding: literals that can hide it by overlapping it, since of two that overlap only the first is told:
            their number, their length, and the byte that follows when they do (None: any).
        anchored: the pattern from the literal text on; None where the match may begin before it.
    """

    rule: Rule
    literal: int | None
    hiding: tuple[tuple[int, int, int | None], ...]
    anchored: str | None

    @classmethod
    def of(cls, rule: Rule, literals: list[bytes]) -> _Search:
        if not rule.contains:
            return cls(rule, None, (), None)
        text = rule.contains.encode()
        hiding: list[tuple[int, int, int | None]] = []
        for number, literal in enumerate(literals):
            if literal != text:
                follows: list[int | None] = (
                    [None] if text in literal else [text[length] for length in _overlaps(literal, text)]
                )
                hiding += [(number, len(literal), byte) for byte in follows]
        anchored = f"^(?:{rule.pattern})" if _begins_with_text(rule) else None
        return cls(rule, literals.index(text), tuple(hiding), anchored)


class TextRules:
    """The rules of a text dialect.

    A line is looked at by the rules whose literal text it holds, in their order; the first that fits takes it.

    Args:
        rules: in their order.
    """

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        """Prepare the search for all literals at once."""
        literals = list(dict.fromkeys(rule.contains.encode() for rule in rules if rule.contains))
        kind = MatchKind.LeftmostFirst
        self._literals = BytesAhoCorasick(literals, matchkind=kind) if literals else None
        self._searches = [_Search.of(rule, literals) for rule in rules]

    def search(self, data: memoryview) -> Hits:
        """Where the rules' literal texts stand."""
        found = self._literals.find_matches_as_indexes(data) if self._literals else []
        flat = np.fromiter(chain.from_iterable(found), np.int64, 3 * len(found)).reshape(-1, 3)
        return Hits(flat[:, 0], flat[:, 1])

    def take(self, lines: Lines, hits: Hits) -> pa.Table:
        """What the rules take of the lines of a block; columns of :data:`TAKEN`.

        Args:
            lines: all lines of the block.
            hits: where the literals stand in it.
        """
        of = np.searchsorted(lines.ends, hits.positions)
        free = np.ones(len(lines.ends), bool)
        found = []
        for search in self._searches:
            candidates, positions = _candidates(search, hits, of, lines)
            left = free[candidates]
            if not left.any():
                continue
            if not left.all():
                candidates, positions = candidates[left], None if positions is None else positions[left]
            part = _apply(search, candidates, positions, lines)
            free[part.lines] = False
            found.append(part)
        return joined(found)


def _candidates(search: _Search, hits: Hits, of: Ints, lines: Lines) -> tuple[Ints, Ints | None]:
    """The lines that hold a rule's text, and where it stands first in each, if that is known."""
    if search.literal is None:
        return np.arange(len(lines.ends)), None
    chosen = np.flatnonzero(hits.literals == search.literal)
    candidates, positions = of[chosen], hits.positions[chosen]
    hidden = _hidden(search, hits, of, lines)
    if len(hidden):
        candidates = np.union1d(candidates, hidden)
        found = pc.find_substring(lines.texts(candidates), str(search.rule.contains).encode()).to_numpy()
        candidates, positions = candidates[found >= 0], (lines.starts[candidates] + found)[found >= 0]
    looked_at = positions + len(str(search.rule.contains).encode()) <= lines.starts[candidates] + lines.limit
    candidates, positions = candidates[looked_at], positions[looked_at]
    again = np.flatnonzero(candidates[1:] == candidates[:-1]) + 1
    return (np.delete(candidates, again), np.delete(positions, again)) if len(again) else (candidates, positions)


def _hidden(search: _Search, hits: Hits, of: Ints, lines: Lines) -> Ints:
    """Lines in which another literal may hide the rule's."""
    data, found = np.frombuffer(lines.data, np.uint8), [np.empty(0, np.int64)]
    for number, length, byte in search.hiding:
        chosen = np.flatnonzero(hits.literals == number)
        follows = np.minimum(hits.positions[chosen] + length, len(data) - 1)
        found.append(of[chosen if byte is None else chosen[data[follows] == byte]])
    return np.concatenate(found)


def _apply(search: _Search, candidates: Ints, positions: Ints | None, lines: Lines) -> Taken:
    rule, pattern = search.rule, search.anchored or search.rule.pattern
    if pattern is None:
        return taken(rule, {}, candidates)
    texts = lines.texts(candidates, positions if search.anchored else None).dictionary_encode()
    found = pc.extract_regex(texts.dictionary, pattern)
    if search.anchored and found.null_count:
        # The match may begin at a later occurrence of the text.
        found = pc.coalesce(found, pc.extract_regex(texts.dictionary, rule.pattern))
    places = np.asarray(texts.indices)
    if found.null_count:
        valid = np.asarray(found.is_valid())
        fits = valid[places]
        candidates, places = candidates[fits], (np.cumsum(valid) - 1)[places[fits]]
        found = found.filter(valid)
    return taken(rule, captured(found), candidates, places, len(found))


def _overlaps(literal: bytes, text: bytes) -> list[int]:
    """How many of a text's first bytes can be a literal's last."""
    return [length for length in range(1, min(len(literal), len(text) - 1) + 1) if literal.endswith(text[:length])]


def _begins_with_text(rule: Rule) -> bool:
    """Whether every match begins with the rule's literal text: then it is looked for there alone."""
    text, pattern = str(rule.contains), str(rule.pattern)
    plain = re.sub(r"[.^$*+?{}\[\]\\|()]", lambda special: "\\" + special.group(), text)
    rest = pattern.removeprefix(plain)
    return rest != pattern and not rest.startswith(("*", "+", "?", "{")) and "|" not in _outside_groups(rest)


def _outside_groups(pattern: str) -> str:
    """A pattern without its groups, classes and escapes."""
    while (shorter := re.sub(r"\\.|\[[^\]]*\]|\([^()]*\)", "", pattern)) != pattern:
        pattern = shorter
    return pattern


def captured(found: pa.StructArray) -> dict[str, pa.Array]:
    """What named groups captured, as text; a group that took no part is null."""
    return {group.name: _text(found.field(group.name)) for group in found.type}


def _text(values: pa.Array) -> pa.Array:
    try:
        text = values.cast(pa.string())
    except pa.ArrowInvalid:
        text = pa.array([value.decode(errors="replace") for value in values.to_pylist()], pa.string())
    empty = pc.equal(text, "")
    return pc.if_else(empty, None, text) if pc.any(empty).as_py() else text


@dataclass(frozen=True)
class Taken:
    """What one rule took.

    Attributes:
        rule: which one.
        lines: the numbers of the lines, ascending, shape (lines,).
        places: where each line's values stand, shape (lines,).
        kinds, events, keys, durations: what each distinct text tells, shape (texts,).
    """

    rule: Rule
    lines: Ints
    places: Ints
    kinds: npt.NDArray[np.int8]
    events: pa.Array
    keys: pa.Array
    durations: pa.Array


def taken(rule: Rule, fields: Fields, lines: Ints, places: Ints | None = None, texts: int | None = None) -> Taken:
    """Apply a rule's conditions to lines that it fits, and find what they tell.

    Args:
        rule: decides on conditions, kind, event, key and duration.
        fields: by name, the values of each field in the distinct texts.
        lines: the numbers of the lines, ascending, shape (lines,).
        places: where each line's text stands among the distinct ones; at its own place without it.
        texts: how many distinct texts there are; as many as lines without it.
    """
    count = len(lines) if texts is None else texts
    places = np.arange(count) if places is None else places
    events = _event(rule, fields, count)
    where = np.asarray(events.is_valid())
    for condition in rule.where:
        where &= holds(condition, fields, count)
    kinds = np.full(count, KINDS.get(rule.kind, SUCCESS), np.int8)
    for condition in rule.failure_when:
        kinds[holds(condition, fields, count)] = FAILURE
    keys = pc.coalesce(fields["key"], events) if "key" in fields else events
    keys = pc.binary_join_element_wise(rule.event or "", keys, "\0")
    if not where.all():
        fits = where[places]
        lines, places = lines[fits], places[fits]
    return Taken(rule, lines, places, kinds, events, keys, _duration(rule, fields, count))


def joined(found: list[Taken]) -> pa.Table:
    """What several rules took as one table, in the order of the lines; columns of :data:`TAKEN`."""
    if not found:
        return TAKEN.empty_table()
    starts = np.cumsum([0, *(len(part.kinds) for part in found)])
    lines = np.concatenate([part.lines for part in found])
    order = np.argsort(lines, kind="stable")
    what = np.concatenate([part.places + start for part, start in zip(found, starts, strict=False)])[order]
    rules = np.repeat(np.arange(len(found)), [len(part.lines) for part in found])[order]
    durations = pa.concat_arrays([part.durations for part in found])
    said = np.asarray(durations.is_valid())[what]
    columns = {
        "line": pa.array(lines[order]),
        "rule": _named(rules, [part.rule.id for part in found]),
        "kind": pa.array(np.concatenate([part.kinds for part in found])[what]),
        "event": _distinct([part.events for part in found], what),
        "component": _named(rules, [part.rule.component for part in found]),
        "key": _distinct([part.keys for part in found], what),
        "duration_ms": pa.array(durations.to_numpy(zero_copy_only=False)[what], mask=~said),
    }
    return pa.table(columns, schema=TAKEN)


def _distinct(texts: list[pa.Array], what: Ints) -> pa.DictionaryArray:
    encoded = pa.concat_arrays(texts).dictionary_encode()
    codes = encoded.indices.fill_null(0).to_numpy()
    return pa.DictionaryArray.from_arrays(pa.array(codes[what]), encoded.dictionary)


def _named(numbers: Ints, names: list[str | None]) -> pa.DictionaryArray:
    absent = np.array([name is None for name in names])[numbers]
    known = list(dict.fromkeys(name or "" for name in names))
    codes = np.array([known.index(name or "") for name in names], np.int32)[numbers]
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=absent), pa.array(known, pa.string()))


def _nulls(count: int) -> pa.Array:
    return pa.nulls(count, pa.string())


def _event(rule: Rule, fields: Fields, count: int) -> pa.Array:
    """The event keys: the rule's with its placeholders filled in, else the line's own, else the rule's.

    Null where there is none, or a placeholder's field is absent: then the rule does not take the line.
    """
    given = fields.get("event", _nulls(count))
    if rule.event is None:
        return given
    if not rule.placeholders:
        return pc.coalesce(given, rule.event)
    parts = [
        fields.get(part, _nulls(count)) if place % 2 else pa.scalar(part)
        for place, part in enumerate(PLACEHOLDER.split(rule.event))
    ]
    return pc.binary_join_element_wise(*parts, "")


def holds(condition: Condition, fields: Fields, count: int) -> npt.NDArray[np.bool_]:
    """For which values a condition holds, shape (count,); never where the field is absent."""
    values = fields.get(condition.field, _nulls(count))
    if condition.equals is not None:
        found = pc.equal(values, condition.equals)
    elif condition.matches is not None:
        found = pc.match_substring_regex(values, condition.matches)
    elif condition.at_least is not None:
        found = pc.greater_equal(numbers(values), condition.at_least)
    else:
        found = pc.less(numbers(values), condition.below)
    return np.asarray(found.fill_null(False), bool)


def numbers(texts: pa.Array) -> pa.Array:
    """Texts as float64; null where one is no number."""
    try:
        found = texts.cast(pa.float64())
    except pa.ArrowInvalid:
        plain = pc.match_substring_regex(texts, NUMBER)
        found = pc.utf8_trim_whitespace(pc.if_else(plain, texts, None)).cast(pa.float64())
    return pc.if_else(pc.is_finite(found), found, None)


def _duration(rule: Rule, fields: Fields, count: int) -> pa.Array:
    """Milliseconds that the line says: NaN where that is no number, null where it says none."""
    if "duration" not in fields:
        return pa.nulls(count, pa.float64())
    said = numbers(fields["duration"])
    if said.null_count:
        said = pc.coalesce(said, pc.if_else(pc.is_valid(fields["duration"]), float("nan"), None))
    factor = pa.scalar(MILLISECONDS[rule.duration_unit])
    if "unit" in fields:
        units = [MILLISECONDS.get(unit or rule.duration_unit, float("nan")) for unit in fields["unit"].to_pylist()]
        factor = pa.array(units, pa.float64())
    product = pc.multiply(said, factor)
    return pc.if_else(pc.is_finite(product), product, pc.if_else(pc.is_valid(product), float("nan"), None))
