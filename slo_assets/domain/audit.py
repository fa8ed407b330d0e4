"""The audit trail's chain: each entry carries the hash of the one before, so that none can be changed in silence."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

Entry = dict[str, Any]

#: What the first entry of a chain names as the one before.
GENESIS = "sha256:" + "0" * 64


@dataclass(frozen=True)
class Head:
    """Where a chain ends.

    Attributes:
        entries: how many it has.
        hash: that of its last entry.
    """

    entries: int = 0
    hash: str = GENESIS


def chained(content: Mapping[str, Any], head: Head) -> Entry:
    """An entry that follows the end of a chain.

    Args:
        content: what it says.
        head: where the chain ends.

    Returns:
        The content with ``sequence`` (from 1), ``previous`` and ``hash``: the sha256 over the entry without its own
        hash, as JSON with sorted keys and without blanks.
    """
    entry = {**content, "sequence": head.entries + 1, "previous": head.hash}
    return {**entry, "hash": entry_hash(entry)}


def entry_hash(entry: Mapping[str, Any]) -> str:
    """The hash that an entry ought to have, from all of it but the hash that it carries."""
    content = {key: value for key, value in entry.items() if key != "hash"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return f"sha256:{hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()}"


def head_of(entry: Mapping[str, Any] | None) -> Head:
    """The end of a chain whose last entry is this one; None for a chain without entries."""
    return Head() if entry is None else Head(int(entry["sequence"]), str(entry["hash"]))


def faults(entries: Iterable[Entry | None], anchors: Mapping[int, str]) -> list[str]:
    """What is wrong with a chain, each fault with the number of the entry.

    Args:
        entries: as they were found, in their order; None for one that is no JSON object.
        anchors: hashes by sequence that were recorded elsewhere, so that entries cut off at the end are missed too.

    Returns:
        A text for each entry that was changed, added or moved, and for each row of entries that was removed.
    """
    read: list[Entry] = []
    found: list[str] = []
    for position, entry in enumerate(entries, start=1):
        if entry is None or not isinstance(entry.get("sequence"), int) or not {"previous", "hash"} <= entry.keys():
            found.append(f"line {position} cannot be read as an entry")
        else:
            read.append(entry)
    hashes = {entry["sequence"]: entry["hash"] for entry in read}
    last = max([*hashes, *anchors], default=0)
    found += _removed(number for number in range(1, last + 1) if number not in hashes)
    found += [
        f"entry {two['sequence']} was moved or added: it stands behind entry {one['sequence']}"
        for one, two in pairwise(read)
        if two["sequence"] <= one["sequence"]
    ]
    for entry in read:
        number = entry["sequence"]
        if entry["hash"] != entry_hash(entry):
            found.append(f"entry {number} was changed: its content does not have the hash that it carries")
        if entry["previous"] != (GENESIS if number == 1 else hashes.get(number - 1, entry["previous"])):
            found.append(f"entry {number} does not follow entry {number - 1}: one of the two was replaced")
        if anchors.get(number, entry["hash"]) != entry["hash"]:
            found.append(f"entry {number} was replaced: another hash was recorded for it")
    return found


def _removed(numbers: Iterable[int]) -> Iterator[str]:
    for _, row in groupby(enumerate(numbers), key=lambda placed: placed[1] - placed[0]):
        first, *more = [number for _, number in row]
        yield f"entries {first} to {more[-1]} were removed" if more else f"entry {first} was removed"
