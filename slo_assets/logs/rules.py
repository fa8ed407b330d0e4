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

from slo_assets.config import Condition, Rule
from slo_assets.logs.lines import Lines
from slo_assets.logs.timestamps import Ints

START, SUCCESS, FAILURE = range(3)
KINDS = {"start": START, "success": SUCCESS, "failure": FAILURE}
MILLISECONDS = {"ns": 1e-6, "us": 1e-3, "µs": 1e-3, "μs": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4, "min": 6e4, "h": 3.6e6}
NUMBER = r"^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$"
PLACEHOLDER = re.compile(r"\{(\w+)\}")

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
    """Where literals stand: which one, its position in the block, and its line; shapes (hits,), by position."""

    literals: Ints
    positions: Ints
    lines: Ints


class TextRules:
    """The rules of a text dialect.

    A line is looked at by the rules whose literal text it holds, in their order; the first that fits takes it.

    Args:
        rules: in their order.
    """

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        """Prepare the search for all literals at once."""
        self._rules = rules
        self._literals = list(dict.fromkeys(rule.contains.encode() for rule in rules if rule.contains))
        kind = MatchKind.LeftmostFirst
        self._search = BytesAhoCorasick(self._literals, matchkind=kind) if self._literals else None

    def take(self, lines: Lines) -> pa.Table:
        """What the rules take of the lines of a block; columns of :data:`TAKEN`."""
        hits = self._hits(lines)
        free = np.ones(len(lines.ends), bool)
        tables = []
        for rule in self._rules:
            candidates, positions = self._candidates(rule, hits, lines)
            open_ = free[candidates]
            candidates = candidates[open_]
            if len(candidates):
                positions = None if positions is None else positions[open_]
                table = self._apply(rule, candidates, positions, lines)
                free[table["line"].to_numpy()] = False
                tables.append(table)
        return joined(tables)

    def _hits(self, lines: Lines) -> Hits:
        found = self._search.find_matches_as_indexes(lines.data) if self._search else []
        flat = np.fromiter(chain.from_iterable(found), np.int64, 3 * len(found)).reshape(-1, 3)
        return Hits(flat[:, 0].copy(), flat[:, 1].copy(), np.searchsorted(lines.ends, flat[:, 1]))

    def _candidates(self, rule: Rule, hits: Hits, lines: Lines) -> tuple[Ints, Ints | None]:
        """The lines that hold a rule's text, and where it stands first in each, if that is known."""
        if not rule.contains:
            return np.arange(len(lines.ends)), None
        text = rule.contains.encode()
        chosen = hits.literals == self._literals.index(text)
        candidates, positions = hits.lines[chosen], hits.positions[chosen]
        hidden = self._hidden(text, hits, lines)
        if len(hidden):
            candidates = np.union1d(candidates, hidden)
            found = pc.find_substring(lines.texts(candidates), text).to_numpy()
            candidates, positions = candidates[found >= 0], (lines.starts[candidates] + found)[found >= 0]
        first = np.ones(len(candidates), bool)
        np.not_equal(candidates[1:], candidates[:-1], out=first[1:])
        return candidates[first], positions[first]

    def _hidden(self, text: bytes, hits: Hits, lines: Lines) -> Ints:
        """Lines in which another literal may hide the text, since of two that overlap only the first is told."""
        data, found = np.frombuffer(lines.data, np.uint8), [np.empty(0, np.int64)]
        for number, literal in enumerate(self._literals):
            if literal == text:
                continue
            chosen = hits.literals == number
            follows = hits.positions[chosen] + len(literal)
            if text in literal:
                found.append(hits.lines[chosen])
            for length in _overlaps(literal, text):
                goes_on = data[np.minimum(follows, len(data) - 1)] == text[length]
                found.append(hits.lines[chosen][goes_on])
        return np.concatenate(found)

    def _apply(self, rule: Rule, candidates: Ints, positions: Ints | None, lines: Lines) -> pa.Table:
        if rule.pattern is None:
            return taken(rule, {}, candidates)
        anchored = positions is not None and _begins_with_text(rule)
        texts = lines.texts(candidates, positions if anchored else None).dictionary_encode()
        distinct = texts.dictionary
        found = pc.extract_regex(distinct, f"^(?:{rule.pattern})" if anchored else rule.pattern)
        if anchored and found.null_count:
            # The match may begin at a later occurrence of the text.
            found = pc.coalesce(found, pc.extract_regex(distinct, rule.pattern))
        valid = np.asarray(found.is_valid())
        places = np.cumsum(valid) - 1
        fields = captured(found.filter(valid))
        indices = np.asarray(texts.indices)
        fits = valid[indices]
        return taken(rule, fields, candidates[fits], places[indices[fits]], int(valid.sum()))


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
    return pc.if_else(pc.equal(text, ""), None, text)


def taken(rule: Rule, fields: Fields, lines: Ints, places: Ints | None = None, distinct: int | None = None) -> pa.Table:
    """The rows of a rule.

    Args:
        rule: decides on conditions, kind, event, key and duration.
        fields: by name, the distinct values of each field.
        lines: the numbers of the lines, shape (lines,).
        places: where each line's values stand in the fields; the lines' own places without it.
        distinct: how long the fields are; as many as lines without it.
    """
    count = len(lines) if distinct is None else distinct
    where = np.ones(count, bool)
    for condition in rule.where:
        where &= holds(condition, fields, count)
    event = _event(rule, fields, count)
    where &= np.asarray(event.is_valid())
    kind = np.full(count, KINDS.get(rule.kind, SUCCESS), np.int8)
    for condition in rule.failure_when:
        kind[holds(condition, fields, count)] = FAILURE
    key = pc.binary_join_element_wise(rule.event or "", pc.coalesce(fields.get("key", _nulls(count)), event), "\0")
    columns = {
        "kind": pa.array(kind),
        "event": event.dictionary_encode(),
        "component": _repeated(rule.component, count),
        "key": key.dictionary_encode(),
        "duration_ms": _duration(rule, fields, count),
    }
    chosen = np.arange(count) if places is None else places
    fits = where[chosen]
    at, numbers = pa.array(chosen[fits]), lines[fits]
    columns = {name: values.take(at) for name, values in columns.items()}
    columns |= {"line": pa.array(numbers), "rule": _repeated(rule.id, len(numbers))}
    return pa.table({name: columns[name] for name in TAKEN.names}, schema=TAKEN)


def _nulls(count: int) -> pa.Array:
    return pa.nulls(count, pa.string())


def _repeated(text: str | None, count: int) -> pa.DictionaryArray:
    indices = np.zeros(count, np.int32)
    return pa.DictionaryArray.from_arrays(
        pa.array(indices, mask=np.full(count, text is None)), pa.array([text or ""], pa.string())
    )


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
    plain = pc.match_substring_regex(texts, NUMBER)
    return pc.utf8_trim_whitespace(pc.if_else(plain, texts, None)).cast(pa.float64())


def _duration(rule: Rule, fields: Fields, count: int) -> pa.Array:
    """Milliseconds that the line says: NaN where that is no number, null where it says none."""
    written = fields.get("duration", _nulls(count))
    said = pc.coalesce(numbers(written), pc.if_else(pc.is_valid(written), float("nan"), None))
    factor = pa.scalar(MILLISECONDS[rule.duration_unit])
    if "unit" in fields:
        units = [MILLISECONDS.get(unit or rule.duration_unit, float("nan")) for unit in fields["unit"].to_pylist()]
        factor = pa.array(units, pa.float64())
    product = pc.multiply(said, factor)
    return pc.if_else(pc.is_inf(product), float("nan"), product)


def joined(tables: list[pa.Table]) -> pa.Table:
    """Tables of several rules as one, in the order of the lines."""
    if not tables:
        return TAKEN.empty_table()
    whole = pa.concat_tables(tables).unify_dictionaries().combine_chunks()
    return whole.take(pa.array(np.argsort(whole["line"].to_numpy(), kind="stable")))
