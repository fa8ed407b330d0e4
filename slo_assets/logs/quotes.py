"""Single lines of logs that were read: found by their numbers, in the very content whose digest is known.

Of a plain file, no more is read than the part that a line begins in; of a compressed one, all before it as well.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from upath import UPath

from slo_assets.domain.quotes import Place, Quote
from slo_assets.logs import machine
from slo_assets.logs.files import (
    UNREADABLE,
    UTF8_MARK,
    ChangedWhileReadError,
    blocks,
    log_files,
    open_log,
    readable_name,
)
from slo_assets.logs.fragments import DAMAGED, Fragment, Fragments, KnownFile
from slo_assets.logs.lines import first_line
from slo_assets.logs.pieces import SAMPLE_BYTES
from slo_assets.logs.ranges import CHUNK, digest, digests, read_range
from slo_assets.logs.scratch import release
from slo_assets.storage.files import checked, unchecked, write_atomic

LINE_FEED = 10
#: What is looked at of a line: what is kept, and whether more comes than a line's end.
LOOK = SAMPLE_BYTES + len(b"\r\n")
CHANGED = "it is another file than the one that was read"


@dataclass(frozen=True)
class Quotes:
    """Lines of an application's logs.

    Args:
        folder: where the logs are.
        cache: where it is kept what is known of them.
        kept: the file with the lines that were found before. They are named by their content, so that they stay
            true when the log is rotated away.
    """

    folder: UPath
    cache: UPath
    kept: UPath

    def of(self, wanted: Collection[Place]) -> dict[Place, Quote]:
        """The lines that can be found.

        Args:
            wanted: which; others are not kept any longer.
        """
        before = self._before()
        found = {place: quote for place, quote in before.items() if place in wanted}
        missing = [place for place in sorted(wanted) if place not in found]
        if missing:
            found |= self._find(missing)
        if found != before:
            self._keep(found)
        return found

    def _find(self, missing: Collection[Place]) -> dict[Place, Quote]:
        found: dict[Place, Quote] = {}
        for content, name, file in Fragments(self.cache).holding(sorted({place.content for place in missing})):
            lines = [place.line for place in missing if place.content == content and place not in found]
            path = self._path(name)
            try:
                for number, quote in quotes(path, file, lines) if lines and path.is_file() else ():
                    found[Place(content, number)] = quote
            except UNREADABLE:
                continue
        release()
        return found

    def _path(self, name: str) -> UPath:
        """The file of a readable name; one with bytes that are no text is found among all."""
        alike = log_files(self.folder)[0] if "\\x" in name else ()
        return next((path for path in alike if readable_name(path, self.folder) == name), self.folder / name)

    def _before(self) -> dict[Place, Quote]:
        """What was kept; nothing where it is missing or damaged."""
        try:
            kept = json.loads(unchecked(self.kept.read_bytes()))
            return {Place(*place): Quote(*quote) for place, quote in kept}
        except DAMAGED:
            return {}

    def _keep(self, found: Mapping[Place, Quote]) -> None:
        lines = [((place.content, place.line), (quote.text, quote.cut)) for place, quote in sorted(found.items())]
        write_atomic(self.kept, checked(json.dumps(lines, separators=(",", ":")).encode()), flushed=False)


def quotes(path: UPath, known: KnownFile, lines: Collection[int]) -> Iterator[tuple[int, Quote]]:
    """Lines of a file, by their numbers from 1; those that it does not have are left out.

    Raises:
        ChangedWhileReadError: it is no longer the file that is known.
        OSError, ValueError, EOFError: it cannot be read.
    """
    left = sorted(lines)
    for before, count, data in _parts(path, known, left) if known.goes_on else _streamed(path, known):
        feeds = np.flatnonzero(machine.octets(data) == LINE_FEED)
        while left and left[0] <= before + count:
            line = left.pop(0)
            place = line - before - 1
            yield line, _quote(data, int(feeds[place - 1]) + 1 if place else 0)
        if not left:
            return


def _parts(path: UPath, known: KnownFile, lines: Collection[int]) -> Iterator[tuple[int, int, memoryview]]:
    """The parts of a plain file in which lines begin.

    Yields:
        How many lines stand before it, how many begin in it, and its bytes, with a little of what follows.
    """
    before = 0
    for part in known.fragments:
        count = part.piece.lines
        if any(before < line <= before + count for line in lines):
            yield before, count, _bytes(path, known, part)
        before += count


def _bytes(path: UPath, known: KnownFile, part: Fragment) -> memoryview:
    """The bytes of a part from its first line on, of which all are known."""
    begin = max(part.start - 1, 0)
    first, last = begin // CHUNK, -(-min(part.stop + LOOK, known.length) // CHUNK)
    data = read_range(path, first * CHUNK, min(last * CHUNK, known.length))
    if digests(data) != known.chunks[first:last]:
        raise ChangedWhileReadError(CHANGED)
    data = data[begin - first * CHUNK :]
    # A line begins after the line feed that ends the one before.
    return data[first_line(data) :] if part.start else data[_mark(data) :]


def _streamed(path: UPath, known: KnownFile) -> Iterator[tuple[int, int, memoryview]]:
    """A file that is read from its beginning, as whole lines: as :func:`_parts` does."""
    before, rest = 0, b""
    with open_log(path) as stream:
        for number, block in enumerate(blocks(stream, CHUNK)):
            if (digest(block),) != known.chunks[number : number + 1]:
                raise ChangedWhileReadError(CHANGED)
            data = rest + (block if number else block[_mark(block) :])
            whole = data.rfind(b"\n") + 1
            count = data.count(b"\n")
            yield before, count, memoryview(data)[:whole]
            # Of a line that has no end yet, its beginning says all.
            before, rest = before + count, data[whole:][:LOOK]
    if rest:
        yield before, 1, memoryview(rest)


def _mark(data: bytes | memoryview) -> int:
    """How many bytes at a content's beginning are no text."""
    return len(UTF8_MARK) if data[: len(UTF8_MARK)] == UTF8_MARK else 0


def _quote(data: memoryview, start: int) -> Quote:
    line = bytes(data[start : start + LOOK]).partition(b"\n")[0].removesuffix(b"\r")
    cut = len(line) > SAMPLE_BYTES
    # A character that the limit cuts is left out as a whole.
    decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
    return Quote(decoder.decode(line[:SAMPLE_BYTES], final=not cut), cut)
