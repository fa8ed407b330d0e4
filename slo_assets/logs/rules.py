"""What the rules take from lines: which line belongs to which rule, and the operation that it tells of."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from slo_assets.config import PLACEHOLDER, Condition, Rule
from slo_assets.logs.lines import Lines
from slo_assets.logs.sieve import NO_LINES, Hits
from slo_assets.logs.timestamps import Ints

START, SUCCESS, FAILURE = range(3)
KINDS = {"start": START, "success": SUCCESS, "failure": FAILURE}
MILLISECONDS = {"ns": 1e-6, "us": 1e-3, "µs": 1e-3, "μs": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4, "min": 6e4, "h": 3.6e6}
NUMBER = r"^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$"

#: What a rule makes of a text.
TOLD = pa.struct(
    [
        ("rule", pa.string()),
        ("kind", pa.int8()),
        ("event", pa.string()),
        ("component", pa.string()),
        ("key", pa.string()),
        ("duration_ms", pa.float64()),
    ]
)

#: So many texts of no more than so many bytes are remembered.
REMEMBERED, SHORT = 1 << 12, 1 << 10
#: A text that is not remembered.
UNKNOWN = -2

Fields = Mapping[str, pa.Array]


@dataclass(frozen=True)
class Taken:
    """What rules took.

    Attributes:
        lines: the numbers of the lines (of records, of texts), ascending, shape (lines,).
        whats: the place of what each of them tells, shape (lines,).
        told: an array of :data:`TOLD`.
    """

    lines: Ints
    whats: Ints
    told: pa.StructArray


class TextRules:
    """The rules of a text dialect.

    A line is looked at by the rules whose literal text it holds, in their order; the first that fits takes it.

    Args:
        rules: in their order.
    """

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        """Bring together the rules that look at the same texts."""
        self.literals = tuple(dict.fromkeys(rule.contains.encode() for rule in rules if rule.contains))
        looks = [((rule.contains or "").encode(), _part(rule)) for rule in rules]
        self._looks = {
            look: _Knowledge({place: rule for place, rule in enumerate(rules) if looks[place] == look})
            for look in looks
        }
        self._count = len(rules)

    @property
    def look_at_everything(self) -> bool:
        """Whether some rule looks at lines whatever text they hold."""
        return any(not literal for literal, _ in self._looks)

    def take(self, lines: Lines, hits: Sequence[Hits]) -> Taken:
        """What the rules take of lines.

        Args:
            lines: those that hold a literal text of the rules; all where some rule looks at everything.
            hits: for each literal text the lines that hold it.
        """
        claims, whats, told, known = [NO_LINES], [NO_LINES], [], 0
        for (literal, part), knowledge in self._looks.items():
            if literal:
                hit = hits[self.literals.index(literal)]
                of, positions = hit.lines, lines.starts[hit.lines] + hit.behind
            else:
                of, positions = np.arange(len(lines.ends)), lines.starts
            if not len(of):
                continue
            codes, texts = lines.distinct(of, _starts(part, lines, of, positions))
            what, rules, tells = knowledge.of(texts)
            fits = np.flatnonzero(what[codes] >= 0)
            what = what[codes[fits]]
            claims.append(of[fits] * self._count + rules[what])
            whats.append(what + known)
            told.append(tells)
            known += len(tells)
        return self._settled(np.concatenate(claims), np.concatenate(whats), _all(told))

    def _settled(self, claims: Ints, whats: Ints, told: pa.StructArray) -> Taken:
        """Of the rules that claim a line, the first takes it; a claim is the line's number and the rule's."""
        order = np.argsort(claims, kind="stable")
        lines = claims[order] // max(self._count, 1)
        first = np.ones(len(lines), bool)
        first[1:] = lines[1:] != lines[:-1]
        lines, whats = lines[first], whats[order[first]]
        # In the order in which lines tell it, whatever was remembered: equal lines are equal rows.
        met = np.full(len(told), len(lines))
        met[whats[::-1]] = np.arange(len(lines))[::-1]
        used = np.flatnonzero(met < len(lines))
        used = used[np.argsort(met[used])]
        places = np.empty(len(told), np.int64)
        places[used] = np.arange(len(used))
        return Taken(lines, places[whats], told.take(pa.array(used)))


@lru_cache(maxsize=64)
def text_rules(rules: tuple[Rule, ...]) -> TextRules:
    """The same for all files that are read by the same rules, so that what is remembered serves all of them."""
    return TextRules(rules)


class Part(Enum):
    """What of a line a rule looks at."""

    LINE = auto()
    #: From the rule's literal text on.
    REST = auto()
    #: That the literal text is there is enough.
    NOTHING = auto()


def _part(rule: Rule) -> Part:
    if rule.pattern is None:
        return Part.NOTHING
    return Part.REST if _begins_with_text(rule) else Part.LINE


def _starts(part: Part, lines: Lines, of: Ints, positions: Ints) -> Ints:
    if part is Part.NOTHING:
        return lines.stops(of)
    return positions if part is Part.REST else lines.starts[of]


class _Knowledge:
    """What rules that look at the same texts make of them.

    Most texts of a log come again and again: a number of them is remembered, and not taken apart once more.

    Args:
        rules: by their places among all rules.
    """

    def __init__(self, rules: dict[int, Rule]) -> None:
        self._rules = rules
        self._memory, self._lock = _Memory(), threading.Lock()

    def of(self, texts: pa.Array) -> tuple[Ints, Ints, pa.StructArray]:
        """What some texts tell.

        Returns:
            For each text the place of what it tells, -1 where no rule fits, shape (texts,); the places of the
            rules that tell it, shape (told,); and what they tell, an array of :data:`TOLD`.
        """
        if len(texts) > REMEMBERED:
            return self._taken_apart(texts)
        with self._lock:
            return self._remembered(texts, self._memory)

    def _remembered(self, texts: pa.Array, memory: _Memory) -> tuple[Ints, Ints, pa.StructArray]:
        listed = texts.to_pylist()
        whats = np.array([memory.whats.get(text, UNKNOWN) for text in listed], np.int64)
        new = np.flatnonzero(whats == UNKNOWN)
        if not len(new):
            return whats, memory.rules, memory.told
        found, rules, told = self._taken_apart(texts.take(pa.array(new)))
        whats[new] = np.where(found < 0, found, found + len(memory.told))
        rules, told = np.concatenate([memory.rules, rules]), _all([memory.told, told])
        short = [text for text in new.tolist() if len(listed[text]) <= SHORT]
        if len(memory.whats) + len(short) <= REMEMBERED:
            memory.whats.update((listed[text], int(whats[text])) for text in short)
            memory.rules, memory.told = rules, told
        return whats, rules, told

    def _taken_apart(self, texts: pa.Array) -> tuple[Ints, Ints, pa.StructArray]:
        whats, rules, told, known = np.full(len(texts), -1), [NO_LINES], [], 0
        for place, rule in self._rules.items():
            left = np.flatnonzero(whats < 0)
            if not len(left):
                break
            part = _matched(rule, texts if len(left) == len(texts) else texts.take(pa.array(left)))
            whats[left[part.lines]] = part.whats + known
            rules.append(np.full(len(part.told), place))
            told.append(part.told)
            known += len(part.told)
        return whats, np.concatenate(rules), _all(told)


@dataclass
class _Memory:
    """What is remembered: for each text the place of what it tells, and which rule tells it."""

    whats: dict[bytes, int] = field(default_factory=dict)
    rules: Ints = field(default_factory=NO_LINES.copy)
    told: pa.StructArray = field(default_factory=lambda: pa.array([], TOLD))


def _matched(rule: Rule, texts: pa.Array) -> Taken:
    """What a rule makes of texts."""
    numbers = np.arange(len(texts))
    if rule.pattern is None or not len(texts):
        return taken(rule, {}, numbers)
    if not _begins_with_text(rule):
        found = pc.extract_regex(texts, rule.pattern)
    else:
        found = pc.extract_regex(texts, f"^(?:{rule.pattern})")
        # The match may begin at a later occurrence of the text.
        literal, missed = str(rule.contains).encode(), texts.filter(pc.is_null(found)).to_pylist()
        if any(text.find(literal, 1) > 0 for text in missed):
            found = pc.coalesce(found, pc.extract_regex(texts, rule.pattern))
    return taken(rule, captured(found.drop_null()), numbers[np.asarray(found.is_valid())])


def _begins_with_text(rule: Rule) -> bool:
    """Whether every match begins with the rule's literal text: then it is looked for there alone."""
    text, pattern = rule.contains or "", rule.pattern or ""
    plain = re.sub(r"[.^$*+?{}\[\]\\|()]", lambda special: "\\" + special.group(), text)
    rest = pattern.removeprefix(plain)
    return (
        text != ""
        and rest != pattern
        and not rest.startswith(("*", "+", "?", "{"))
        and "|" not in _outside_groups(rest)
    )


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


def taken(rule: Rule, fields: Fields, lines: Ints) -> Taken:
    """Apply a rule's conditions to lines that it fits, and find what they tell.

    Args:
        rule: decides on conditions, kind, event, key and duration.
        fields: by name, the values of each field in the lines.
        lines: their numbers, ascending, shape (lines,).
    """
    count = len(lines)
    events = _event(rule, fields, count)
    where = np.asarray(events.is_valid())
    for condition in rule.where:
        where &= holds(condition, fields, count)
    kinds = np.full(count, KINDS.get(rule.kind, SUCCESS), np.int8)
    for condition in rule.failure_when:
        kinds[holds(condition, fields, count)] = FAILURE
    keys = pc.coalesce(fields["key"], events) if "key" in fields else events
    columns = [
        pa.repeat(rule.id, count),
        pa.array(kinds),
        events,
        pa.repeat(pa.scalar(rule.component, pa.string()), count),
        pc.binary_join_element_wise(rule.event or "", keys, "\0"),
        _duration(rule, fields, count),
    ]
    told = pa.StructArray.from_arrays(columns, fields=list(TOLD))
    if not where.all():
        lines, told = lines[where], told.filter(pa.array(where))
    return Taken(lines, np.arange(len(lines)), told)


def joined(found: list[Taken]) -> Taken:
    """What several rules took, in the order of the lines."""
    told = _all([part.told for part in found])
    starts = np.cumsum([0, *(len(part.told) for part in found)])
    lines = np.concatenate([NO_LINES, *(part.lines for part in found)])
    whats = [part.whats + start for part, start in zip(found, starts, strict=False)]
    order = np.argsort(lines, kind="stable")
    return Taken(lines[order], np.concatenate([NO_LINES, *whats])[order], told)


def _all(told: Sequence[pa.StructArray]) -> pa.StructArray:
    """What several arrays tell; the only one that tells anything costs nothing."""
    telling = [part for part in told if len(part)]
    if len(telling) == 1:
        return telling[0]
    return pa.concat_arrays(telling) if telling else pa.array([], TOLD)


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
    """Milliseconds that the line says: NaN where that is no number or less than none, null where it says none."""
    if "duration" not in fields:
        return pa.nulls(count, pa.float64())
    units = fields["unit"].to_pylist() if "unit" in fields else [None]
    factor = np.array([MILLISECONDS.get(unit or rule.duration_unit, np.nan) for unit in units])
    with np.errstate(over="ignore"):
        product = numbers(fields["duration"]).to_numpy(zero_copy_only=False) * factor
    product[~(np.isfinite(product) & (product >= 0))] = np.nan
    return pa.array(product, mask=np.asarray(fields["duration"].is_null()))
