"""What takes a look at every byte of a piece: of most lines nothing is left but when they were written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from slo_assets.logs import machine
from slo_assets.logs.lines import MORE, Lines, Literal, frequencies, is_utf8
from slo_assets.logs.scratch import scratch
from slo_assets.logs.timestamps import Ints, LineTimes
from slo_assets.logs.vectors import BLOCK

NO_LINES = np.empty(0, np.int64)


@dataclass(frozen=True)
class Hits:
    """Where a literal text stands.

    Attributes:
        lines: the numbers of the lines that hold it, ascending, shape (hits,).
        behind: how far behind the beginning of each it stands first, shape (hits,).
    """

    lines: Ints
    behind: Ints


@dataclass(frozen=True)
class Sifted:
    """What is left of the lines of a piece; the next piece that the same thread sifts overwrites it.

    Attributes:
        instants: what each line tells, ``NONE`` where it tells none, shape (lines,).
        chosen: the numbers of the lines that are looked at further, ascending, shape (chosen,).
        lines: these.
        hits: of each literal text, by places among the chosen lines.
        undecodable: the numbers of the lines that are no UTF-8.
        over_long: the numbers of the lines that are longer than what is looked at.
    """

    instants: Ints
    chosen: Ints
    lines: Lines
    hits: Sequence[Hits]
    undecodable: Ints
    over_long: Ints

    def text(self, line: int) -> memoryview:
        """The bytes of a chosen line, by its number."""
        return self.lines.text(int(np.searchsorted(self.chosen, line)))


@dataclass(frozen=True)
class _Slice:
    """What is left of a slice, by the numbers of the piece's lines, and where the bytes of the chosen ones are kept."""

    chosen: Ints
    begins: Ints
    stops: Ints
    hits: Sequence[Hits]
    undecodable: Ints
    over_long: Ints


class Sieve:
    """Keeps the lines that hold a literal text of the rules, and those that cannot be read as they should.

    Args:
        times: tells the time of each line.
        literals: the texts.
        limit: only so many bytes of a line are looked at.
        everything: whether all lines are kept.
    """

    def __init__(self, times: LineTimes, literals: Sequence[bytes], limit: int, *, everything: bool) -> None:
        """Remember how lines are looked at."""
        self._times, self._literals, self._limit, self._everything = times, literals, limit, everything

    def sift(self, slices: Iterable[memoryview]) -> Sifted:
        """Look at slices of whole lines, each of which may be overwritten afterwards."""
        literals: list[Literal] = []
        parts: list[_Slice] = []
        count, size = 0, 0
        for data in slices:
            if not literals:
                usual = frequencies(data)
                literals = [Literal.of(text, usual) for text in self._literals]
            lines = self._lines(data, count)
            parts.append(self._look(lines, literals, count, size))
            count += len(lines.ends)
            size = int(parts[-1].stops[-1]) if len(parts[-1].stops) else size
        chosen = _all(part.chosen for part in parts)
        data = scratch("chosen", size, "u1").data
        return Sifted(
            instants=scratch("instants", count, "i8"),
            chosen=chosen,
            lines=Lines(data, _all(part.begins for part in parts), _all(part.stops for part in parts), self._limit),
            hits=[_hits([part.hits[number] for part in parts], chosen) for number in range(len(self._literals))],
            undecodable=_all(part.undecodable for part in parts),
            over_long=_all(part.over_long for part in parts),
        )

    def _lines(self, data: memoryview, before: int) -> Lines:
        """The lines of a slice; what each tells of its time is noted behind those before."""
        ends = scratch("ends", len(data), "i8")
        instants = scratch("instants", before + len(data), "i8", kept=before)
        count = self._times.fill(data, self._limit, ends, instants[before:])
        return Lines.of(data, ends[:count], self._limit)

    def _look(self, lines: Lines, literals: Iterable[Literal], before: int, kept: int) -> _Slice:
        """Keep some lines of a slice.

        Args:
            lines: all of its lines.
            literals: what is looked for.
            before: how many lines the slices before have.
            kept: how many bytes of them are kept.
        """
        data = machine.octets(lines.data)
        wanted = np.full(len(lines.ends), self._everything)
        hits: list[Hits] = []
        for literal in literals:
            of, behind = machine.holding(lines.ends, literal.positions(data), len(literal.text), self._limit, wanted)
            hits.append(Hits(of + before, behind))
        undecodable, over_long = NO_LINES if is_utf8(lines.data) else lines.undecodable(), lines.over_long()
        wanted[undecodable], wanted[over_long] = True, True
        chosen = np.flatnonzero(wanted)
        room = scratch("chosen", kept + len(data) + BLOCK, "u1", kept=kept)
        begins, stops = machine.gathered(data, lines.starts, lines.ends, chosen, self._limit + MORE, room, kept)
        return _Slice(chosen + before, begins, stops, hits, undecodable + before, over_long + before)


def _all(parts: Iterable[Ints]) -> Ints:
    return np.concatenate([NO_LINES, *parts])


def _hits(parts: Sequence[Hits], chosen: Ints) -> Hits:
    """Hits of slices, by places among the chosen lines."""
    return Hits(np.searchsorted(chosen, _all(part.lines for part in parts)), _all(part.behind for part in parts))
