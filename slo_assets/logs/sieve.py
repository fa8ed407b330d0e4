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


@dataclass(frozen=True)
class Sieve:
    """Keeps the lines that hold a literal text of the rules, and those that cannot be read as they should.

    Attributes:
        times: tells the time of each line.
        literals: the texts.
        limit: only so many bytes of a line are looked at.
        everything: whether all lines are kept.
    """

    times: LineTimes
    literals: Sequence[bytes]
    limit: int
    everything: bool

    def sift(self, slices: Iterable[memoryview]) -> Sifted:
        """Look at slices of whole lines, each of which may be overwritten afterwards."""
        sifting = _Sifting(self)
        for data in slices:
            sifting.look(data)
        return sifting.sifted()


class _Sifting:
    """The slices of one piece, one after another."""

    def __init__(self, sieve: Sieve) -> None:
        self._sieve = sieve
        self._ends, self._instants = scratch("ends", "i8"), scratch("instants", "i8")
        self._kept = scratch("kept", "u1")
        self._literals: list[Literal] = []
        self._parts: list[_Slice] = []
        self._count, self._size = 0, 0

    def look(self, data: memoryview) -> None:
        """Look at the next slice, and keep some lines of it."""
        if not self._parts:
            usual = frequencies(data)
            self._literals = [Literal.of(text, usual) for text in self._sieve.literals]
        octets, lines, before, limit = machine.octets(data), self._lines(data), self._count, self._sieve.limit
        wanted = np.full(len(lines.ends), self._sieve.everything)
        hits: list[Hits] = []
        for literal in self._literals:
            of, behind = machine.holding(lines.ends, literal.positions(octets), len(literal.text), limit, wanted)
            hits.append(Hits(of + before, behind))
        undecodable, over_long = NO_LINES if is_utf8(data) else lines.undecodable(), lines.over_long()
        wanted[undecodable], wanted[over_long] = True, True
        chosen = np.flatnonzero(wanted)
        room = self._kept.of(self._size + len(data) + BLOCK, kept=self._size)
        begins, stops = machine.gathered(octets, lines.starts, lines.ends, chosen, limit + MORE, room, self._size)
        self._parts.append(_Slice(chosen + before, begins, stops, hits, undecodable + before, over_long + before))
        self._count += len(lines.ends)
        self._size = int(stops[-1]) if len(stops) else self._size

    def _lines(self, data: memoryview) -> Lines:
        """The lines of a slice; what each tells of its time is noted behind those before."""
        ends = self._ends.of(len(data))
        instants = self._instants.of(self._count + len(data), kept=self._count)[self._count :]
        count = self._sieve.times.fill(data, self._sieve.limit, ends, instants)
        return Lines.of(data, ends[:count], self._sieve.limit)

    def sifted(self) -> Sifted:
        """What is left of all slices."""
        parts, data = self._parts, self._kept.of(self._size).data
        chosen = _all(part.chosen for part in parts)
        begins, stops = _all(part.begins for part in parts), _all(part.stops for part in parts)
        return Sifted(
            instants=self._instants.of(self._count),
            chosen=chosen,
            lines=Lines(data, begins, stops, self._sieve.limit),
            hits=[_hits([part.hits[number] for part in parts], chosen) for number in range(len(self._sieve.literals))],
            undecodable=_all(part.undecodable for part in parts),
            over_long=_all(part.over_long for part in parts),
        )


def _all(parts: Iterable[Ints]) -> Ints:
    return np.concatenate([NO_LINES, *parts])


def _hits(parts: Sequence[Hits], chosen: Ints) -> Hits:
    """Hits of slices, by places among the chosen lines."""
    return Hits(np.searchsorted(chosen, _all(part.lines for part in parts)), _all(part.behind for part in parts))
