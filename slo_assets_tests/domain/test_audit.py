"""The chain of the audit trail: whatever is done to an entry, the chain tells which one it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_assets.domain.audit import GENESIS, Entry, Head, chained, faults, head_of

Tampering = Callable[[list[Any]], None]


def chain(length: int) -> list[Entry]:
    entries: list[Entry] = []
    for number in range(1, length + 1):
        entries.append(chained({"action": f"step {number}"}, head_of(entries[-1] if entries else None)))
    return entries


def test_an_entry_carries_the_hash_of_the_one_before_and_its_own() -> None:
    first, second = chain(2)

    assert first["previous"] == GENESIS
    assert second == {
        "action": "step 2",
        "sequence": 2,
        "previous": first["hash"],
        # worked out from the definition, not by the function
        "hash": "sha256:"
        + hashlib.sha256(f'{{"action":"step 2","previous":"{first["hash"]}","sequence":2}}'.encode()).hexdigest(),
    }
    assert head_of(second) == Head(2, second["hash"])


def change(entries: list[Any]) -> None:
    entries[2]["action"] = "another"


def change_with_a_new_hash(entries: list[Any]) -> None:
    entries[2] = chained({"action": "another"}, head_of(entries[1]))


def remove(entries: list[Any]) -> None:
    del entries[2]


def swap(entries: list[Any]) -> None:
    entries[2], entries[3] = entries[3], entries[2]


def double(entries: list[Any]) -> None:
    entries.insert(3, dict(entries[2]))


def spoil(entries: list[Any]) -> None:
    entries[2] = None


def behead(entries: list[Any]) -> None:
    entries[2] = {"action": "step 3"}


TAMPERED: dict[str, tuple[Tampering, list[str]]] = {
    "nothing": (lambda entries: None, []),
    "a change": (change, ["entry 3 was changed"]),
    "a change with a new hash": (change_with_a_new_hash, ["entry 4 does not follow entry 3"]),
    "one that is gone": (remove, ["entry 3 was removed"]),
    "two in another order": (swap, ["entry 3 was moved or added: it stands behind entry 4"]),
    "one that stands twice": (double, ["entry 3 was moved or added: it stands behind entry 3"]),
    "one that is no JSON": (spoil, ["line 3 cannot be read", "entry 3 was removed"]),
    "one without a hash": (behead, ["line 3 cannot be read", "entry 3 was removed"]),
}


@pytest.mark.parametrize(("tampering", "expected"), TAMPERED.values(), ids=TAMPERED)
def test_what_was_done_to_an_entry_is_named(tampering: Tampering, expected: list[str]) -> None:
    entries: list[Any] = chain(5)

    tampering(entries)

    found = faults(entries, {})
    assert len(found) == len(expected)
    assert all(fault.startswith(text) for fault, text in zip(found, expected, strict=True)), found


def test_entries_cut_off_at_the_end_are_missed_where_their_hash_was_recorded() -> None:
    entries = chain(5)

    assert faults(entries[:3], {}) == []
    assert faults(entries[:3], {5: entries[4]["hash"]}) == ["entries 4 to 5 were removed"]
    apart = [entries[0], entries[3]]
    assert faults(apart, {6: "x"})[:2] == ["entries 2 to 3 were removed", "entries 5 to 6 were removed"]
    assert faults([], {1: entries[0]["hash"]}) == ["entry 1 was removed"]


def test_a_chain_that_was_written_anew_does_not_have_the_recorded_hashes() -> None:
    entries, other = chain(3), [chained({"action": "another"}, Head())]
    for _ in range(2):
        other.append(chained({"action": "another"}, head_of(other[-1])))

    assert faults(other, {}) == []
    assert faults(other, {3: entries[2]["hash"]}) == ["entry 3 was replaced: another hash was recorded for it"]


@given(st.integers(2, 6), st.data())
def test_no_single_change_goes_unnoticed(length: int, data: st.DataObject) -> None:
    entries = chain(length)
    head = entries[-1]
    kind = data.draw(st.sampled_from(["drop", "swap", "edit"]))
    at = data.draw(st.integers(0, length - 2))
    if kind == "drop":
        del entries[at]
    elif kind == "swap":
        entries[at], entries[at + 1] = entries[at + 1], entries[at]
    else:
        key = data.draw(st.sampled_from(["action", "sequence", "previous", "hash"]))
        entries[at] = {**entries[at], key: 9 if key == "sequence" else "x"}

    assert faults(entries, {head["sequence"]: head["hash"]})


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none()))
def test_an_entry_keeps_its_hash_on_the_way_to_a_line_and_back(content: dict[str, Any]) -> None:
    entry = chained(content, Head())

    assert faults([json.loads(json.dumps(entry, ensure_ascii=False))], {1: entry["hash"]}) == []
