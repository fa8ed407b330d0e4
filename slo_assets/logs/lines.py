"""The lines of a block of bytes: where each begins and ends, and which cannot be read as they should."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from slo_assets.logs.timestamps import Ints

CARRIAGE_RETURN, ASCII = 13, 128
#: So many bytes stay in the processor's cache while they are read several times.
SLICE = 1 << 21
#: So many bytes are looked through at once for a line feed.
LOOK = 1 << 12


def slices(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """A block in slices of whole lines, so small that each stays in the processor's cache while it is read.

    Yields:
        Where the slice begins, and its bytes.
    """
    start, size = 0, SLICE
    while start < len(data):
        stop = min(start + size, len(data))
        if stop < len(data):
            stop = start + last_line(data[start:stop])
            if stop == start:
                size *= 2
                continue
        yield start, data[start:stop]
        start, size = stop, SLICE


def last_line(data: memoryview) -> int:
    """The place after the last line feed, 0 without one."""
    for stop in range(len(data), 0, -LOOK):
        start = max(stop - LOOK, 0)
        found = bytes(data[start:stop]).rfind(b"\n")
        if found >= 0:
            return start + found + 1
    return 0


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
        return cls(data, np.concatenate(([0], ends[:-1] + 1)) if len(ends) else ends, ends, limit)

    def stops(self, lines: Ints) -> Ints:
        """Where the text of some lines ends: before a line feed, or carriage return and line feed."""
        stops: Ints = np.minimum(self._stops(lines), self.starts[lines] + self.limit)
        return stops

    def _stops(self, lines: Ints) -> Ints:
        starts, ends = self.starts[lines], self.ends[lines]
        returns = (ends > starts) & (np.frombuffer(self.data, np.uint8)[ends - 1] == CARRIAGE_RETURN)
        stops: Ints = ends - returns
        return stops

    def texts(self, lines: Ints, starts: Ints | None = None) -> pa.Array:
        """The bytes of some lines (ascending), from their start or from later positions."""
        begins, stops = self.starts[lines] if starts is None else starts, self.stops(lines)
        offsets = np.empty(2 * len(lines) + 1, np.int32)
        # A position behind what is looked at of an over-long line begins no text.
        offsets[0:-1:2], offsets[1::2], offsets[-1] = np.minimum(begins, stops), stops, stops[-1] if len(stops) else 0
        # Every second value is a line, the ones between are what lies between two lines: nothing is copied.
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(self.data)]
        between = pa.Array.from_buffers(pa.binary(), 2 * len(lines), buffers)
        return between.take(pa.array(np.arange(0, 2 * len(lines), 2)))

    def over_long(self) -> Ints:
        """The numbers of the lines that are longer than what is looked at."""
        suspects = np.flatnonzero(self.ends - self.starts > self.limit)
        return suspects[self._stops(suspects) - self.starts[suspects] > self.limit]

    def undecodable(self) -> Ints:
        """The numbers of the lines that are no UTF-8."""
        beyond = np.flatnonzero(np.frombuffer(self.data, np.uint8) >= ASCII)
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


def is_utf8(data: memoryview) -> bool:
    """Whether bytes are UTF-8."""
    offsets = pa.py_buffer(np.array([0, len(data)], np.int32))
    try:
        pa.Array.from_buffers(pa.string(), 1, [None, offsets, pa.py_buffer(data)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True
