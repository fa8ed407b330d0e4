"""The lines of a block of bytes: where each begins and ends, and which cannot be read as they should."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa

from slo_assets.logs import machine
from slo_assets.logs.scratch import scratch
from slo_assets.logs.timestamps import Ints, Octets

CARRIAGE_RETURN, ASCII = 13, 128
#: So many bytes stay in the processor's cache while they are read several times.
SLICE = 1 << 21
#: A line of so many bytes more than are looked at is too long, whether or not the last one ends it.
MORE = 2
#: So many bytes of a block tell which are rare in it.
USUAL = 1 << 13
#: So many bytes are looked through at once for a line feed.
LOOK = 1 << 12


class Source(Protocol):
    """Bytes in a row."""

    def readinto(self, room: memoryview, /) -> int:
        """Write the next bytes to the beginning of some room; how many, 0 only at the end."""
        ...


def slices(source: Source, limit: int) -> Iterator[memoryview]:
    """Bytes in slices of whole lines, so small that each stays in the processor's cache while it is read.

    Args:
        source: the bytes; a line begins with the first.
        limit: of a line that is longer no more is there than shows it.

    Yields:
        Lines, of which the last may have no end; the next slice overwrites them.
    """
    memory, rest = scratch("slice", "u1"), 0
    while True:
        room = memory.of(rest + SLICE, kept=rest).data
        size = rest + source.readinto(room[rest:])
        if size == rest:
            break
        stop = last_line(room[rest:size])
        if stop:
            yield room[: rest + stop]
            left = room[rest + stop : size]
            room[: len(left)] = left
            size = len(left)
        rest = min(size, limit + MORE)
    if rest:
        yield room[:rest]


def last_line(data: memoryview) -> int:
    """The place after the last line feed, 0 without one."""
    for stop in range(len(data), 0, -LOOK):
        start = max(stop - LOOK, 0)
        found = bytes(data[start:stop]).rfind(b"\n")
        if found >= 0:
            return start + found + 1
    return 0


def first_line(data: memoryview) -> int:
    """The place after the first line feed, 0 without one."""
    for start in range(0, len(data), LOOK):
        found = bytes(data[start : start + LOOK]).find(b"\n")
        if found >= 0:
            return start + found + 1
    return 0


@dataclass(frozen=True)
class Literal:
    """A text that is looked for in a block.

    Attributes:
        text: shape (length,).
        one, other: the places of two bytes in it that are rare in the block.
    """

    text: Octets
    one: int
    other: int

    @classmethod
    def of(cls, text: bytes, usual: Sequence[int]) -> Literal:
        """A text, looked for by those of its bytes that are rarest.

        Args:
            text: the text.
            usual: how often each byte is met.
        """
        rarest = sorted(range(len(text)), key=lambda place: usual[text[place]])
        return cls(machine.octets(text), rarest[0], rarest[min(1, len(text) - 1)])

    def positions(self, data: Octets) -> Ints:
        """Where the text stands, ascending."""
        found = np.empty(1 << 10, np.int64)
        while True:
            count = machine.find(data, self.text, self.one, self.other, found)
            if count <= len(found):
                return found[:count]
            found = np.empty(count, np.int64)


@dataclass(frozen=True)
class Lines:
    """Lines of a block.

    Attributes:
        data: the block's bytes.
        starts: where each line begins, shape (lines,).
        ends: where each line ends: its line feed, or the block's end; shape (lines,).
        limit: only so many bytes of a line are looked at.
    """

    data: memoryview
    starts: Ints
    ends: Ints
    limit: int

    @classmethod
    def of(cls, data: memoryview, ends: Ints, limit: int) -> Lines:
        """The lines of a block, which begins with one, that end at these places."""
        starts = np.zeros(len(ends), np.int64)
        np.add(ends[:-1], 1, out=starts[1:])
        return cls(data, starts, ends, limit)

    def stops(self, lines: Ints) -> Ints:
        """Where the text of some lines ends: before a line feed, or carriage return and line feed."""
        stops: Ints = np.minimum(self._stops(lines), self.starts[lines] + self.limit)
        return stops

    def _stops(self, lines: Ints) -> Ints:
        stops: Ints = self.ends[lines]
        full = stops > self.starts[lines]
        stops[full] -= machine.octets(self.data)[stops[full] - 1] == CARRIAGE_RETURN
        return stops

    def distinct(self, lines: Ints, starts: Ints) -> tuple[Ints, pa.Array]:
        """The distinct bytes of some lines, from the given positions on.

        Returns:
            The place of each line's text among the distinct ones, shape (lines,), and these as binary values.
        """
        stops = self.stops(lines)
        begins = np.minimum(starts, stops)
        codes, firsts = machine.distinct(machine.octets(self.data), begins, stops)
        offsets = np.zeros(len(firsts) + 1, np.int32)
        np.cumsum(stops[firsts] - begins[firsts], out=offsets[1:])
        data = machine.copied(machine.octets(self.data), begins[firsts], offsets)
        return codes, pa.Array.from_buffers(pa.binary(), len(firsts), [None, pa.py_buffer(offsets), pa.py_buffer(data)])

    def over_long(self) -> Ints:
        """The numbers of the lines that are longer than what is looked at."""
        suspects: Ints = machine.longer(self.starts, self.ends, self.limit, len(self.data))
        return suspects[self._stops(suspects) - self.starts[suspects] > self.limit] if len(suspects) else suspects

    def undecodable(self) -> Ints:
        """The numbers of the lines that are no UTF-8."""
        beyond = np.flatnonzero(machine.octets(self.data) >= ASCII)
        suspects = np.unique(np.searchsorted(self.ends, beyond, side="right"))
        suspects = suspects[suspects < len(self.ends)].tolist()
        return np.array([line for line in suspects if not self._decodes(line)], np.int64)

    def _decodes(self, line: int) -> bool:
        # The limit of what is looked at may cut a character.
        text = self.text(line)
        try:
            codecs.getincrementaldecoder("utf-8")().decode(text, final=len(text) < self.limit)
        except UnicodeDecodeError:
            return False
        return True

    def text(self, line: int) -> memoryview:
        """The bytes of one line."""
        return self.data[int(self.starts[line]) : int(self.stops(np.array([line]))[0])]


def frequencies(data: memoryview) -> list[int]:
    """How often each byte is met at a block's beginning."""
    found: list[int] = np.bincount(machine.octets(data[:USUAL]), minlength=256).tolist()
    return found


def is_utf8(data: memoryview) -> bool:
    """Whether bytes are UTF-8."""
    offsets = pa.py_buffer(np.array([0, len(data)], np.int32))
    try:
        pa.Array.from_buffers(pa.string(), 1, [None, offsets, pa.py_buffer(data)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True
