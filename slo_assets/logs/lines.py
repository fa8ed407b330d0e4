"""The lines of a block of bytes: where each begins and ends, and which cannot be read as they should."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from slo_assets.logs.timestamps import Ints

LINE_FEED, CARRIAGE_RETURN, ASCII = 10, 13, 128
#: So many bytes are compared at once: their result stays in the processor's cache.
CACHED = 1 << 19


def line_ends(data: npt.NDArray[np.uint8]) -> Ints:
    """Where each line of a block ends: its line feed, for the last one that or the block's end; shape (lines,)."""
    parts = [np.flatnonzero(data[start : start + CACHED] == LINE_FEED) + start for start in range(0, len(data), CACHED)]
    if len(data) and data[-1] != LINE_FEED:
        parts.append(np.array([len(data)], np.int64))
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


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
    def of(cls, data: memoryview, limit: int) -> Lines:
        """Find the lines of a block, which begins with one."""
        ends = line_ends(np.frombuffer(data, np.uint8))
        return cls(data, np.concatenate(([0], ends[:-1] + 1)) if len(ends) else ends, ends, limit)

    def stops(self, lines: Ints) -> Ints:
        """Where the text of some lines ends: before a line feed, or carriage return and line feed."""
        starts, ends = self.starts[lines], self.ends[lines]
        returns = (ends > starts) & (np.frombuffer(self.data, np.uint8)[ends - 1] == CARRIAGE_RETURN)
        stops: Ints = np.minimum(ends - returns, starts + self.limit)
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
        return suspects[self.ends[suspects] - self.starts[suspects] > self.limit + 1]

    def undecodable(self) -> Ints:
        """The numbers of the lines that are no UTF-8."""
        if _is_utf8(self.data):
            return np.empty(0, np.int64)
        beyond = np.flatnonzero(np.frombuffer(self.data, np.uint8) >= ASCII)
        suspects = np.unique(np.searchsorted(self.ends, beyond, side="right"))
        suspects = suspects[suspects < len(self.ends)].tolist()
        return np.array([line for line in suspects if not _is_utf8(self.text(line))], np.int64)

    def text(self, line: int) -> memoryview:
        """The bytes of one line."""
        return self.data[int(self.starts[line]) : int(self.stops(np.array([line]))[0])]


def _is_utf8(data: memoryview) -> bool:
    offsets = pa.py_buffer(np.array([0, len(data)], np.int32))
    try:
        pa.Array.from_buffers(pa.string(), 1, [None, offsets, pa.py_buffer(data)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True
