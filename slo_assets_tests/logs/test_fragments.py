"""What is kept of files: it comes back as it was, or it is known to be lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from upath import UPath

from slo_assets.config import Dialect, Logs, Reading
from slo_assets.logs import fragments as module
from slo_assets.logs.files import Version
from slo_assets.logs.fragments import LEFT_FOR, Fragment, Fragments, Index, KnownFile, NotKeptError, reading_key
from slo_assets.logs.parts import Read, Settings, to_bytes
from slo_assets.logs.pieces import ROWS, Month, Piece, Sample
from slo_assets.logs.ranges import Digests
from slo_assets.storage.files import checked, unchecked
from slo_assets_tests.logs.reading import MARKS, read, rows_of

CONTENT = b"2025-11-10T12:00:00Z +a\n -b 7ms\n\xff !c\n2025-11-10T12:00:05Z -a\n"
PIECE = read(CONTENT)


def what_was_read(piece: Piece) -> Read:
    """A piece, packed; of whatever bytes."""
    return Read.of(piece, Digests())


READ = what_was_read(PIECE)
MONTHS = st.sampled_from(["", "2025-11", "0001-01"])
small = st.integers(-(10**16), 10**16)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
counts = st.dictionaries(texts, st.integers(1, 9), max_size=2).map(Counter)
pieces = st.builds(
    Piece,
    rows=st.just(ROWS.empty_table()),
    runs=st.lists(st.tuples(small, small), max_size=3),
    months=st.dictionaries(MONTHS, st.builds(Month, small, small, small, counts, counts), max_size=2),
    lines=small,
    future=small,
    first=small,
    last=small,
    stamp=small,
    samples=st.lists(st.builds(Sample, small, texts, texts, MONTHS), max_size=2).map(tuple),
)
kept_fragments = st.lists(st.builds(Fragment, texts, small, small, pieces), max_size=2).map(tuple)
known_files = st.builds(
    KnownFile,
    st.builds(Version, texts, texts, small, st.floats(allow_nan=False, allow_infinity=False)),
    st.booleans(),
    texts,
    st.lists(texts, max_size=3).map(tuple),
    small,
    small,
    kept_fragments,
)


@pytest.fixture
def store(tmp_path: Path) -> Fragments:
    return Fragments(UPath(tmp_path / "scans"))


def files_of(store: Fragments) -> list[Path]:
    return sorted(Path(store.folder.path).glob("*"))


# --- rows ---------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["+a", "-a 7ms", "!é", "x", "\udcff"]), max_size=9), st.booleans())
def test_the_rows_of_a_piece_come_back_as_they_were(marks: list[str], timed: bool) -> None:
    lines = [f"{'2025-11-10T12:00:00Z' * timed} {mark}\n".encode(errors="surrogateescape") for mark in marks]
    piece = read(b"".join(lines))
    store = Fragments(UPath("memory://fragments-of-test-fragments"))

    fragment = store.keep(0, 99, what_was_read(piece))

    assert rows_of(store.rows(fragment)) == rows_of(piece.rows)
    assert store.rows(fragment).schema == ROWS
    assert (fragment.start, fragment.stop, fragment.piece) == (0, 99, replace(piece, rows=ROWS.empty_table()))
    assert store.has(fragment)


def test_equal_rows_are_kept_once_and_other_rows_apart(store: Fragments) -> None:
    one, again = store.keep(0, 9, READ), store.keep(5, 7, what_was_read(read(CONTENT)))
    other = store.keep(0, 9, what_was_read(read(CONTENT.replace(b"7ms", b"8ms"))))

    assert one.key == again.key != other.key
    assert len(files_of(store)) == 2


DAMAGE: Mapping[str, Callable[[Path], Any]] = {
    "deleted": Path.unlink,
    "emptied": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"\0"),
    "one bit": lambda path: path.write_bytes(path.read_bytes()[:-9] + b"\x01" + path.read_bytes()[-8:]),
    "text": lambda path: path.write_bytes(b"hello"),
    "other rows": lambda path: path.write_bytes(to_bytes(read(b" -x\n").rows)),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_fragment_that_is_not_the_one_that_was_kept_is_lost(store: Fragments, damage: Callable[[Path], Any]) -> None:
    fragment, safe = store.keep(0, 9, READ), store.keep(0, 9, what_was_read(read(b" -safe\n")))
    damage(Path(store.folder.path) / f"{fragment.key}.arrow")

    with pytest.raises((OSError, ValueError)):
        store.rows(fragment)
    assert rows_of(store.rows(safe)) == rows_of(read(b" -safe\n").rows)


def test_whether_a_fragment_is_there_is_told_without_reading_it(store: Fragments) -> None:
    fragment = store.keep(0, 9, READ)
    (path,) = files_of(store)

    assert store.has(fragment)
    path.write_bytes(b"damaged")
    assert store.has(fragment)
    path.unlink()
    assert not store.has(fragment)


def test_a_fragment_that_is_kept_again_is_there_again(store: Fragments) -> None:
    fragment = store.keep(0, 9, READ)
    (path,) = files_of(store)
    path.write_bytes(b"")

    assert store.keep(0, 9, READ) == fragment
    assert rows_of(store.rows(fragment)) == rows_of(PIECE.rows)


def test_what_cannot_be_kept_is_told_with_the_folder_and_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "scans").write_text("a file where the folder ought to be", encoding="utf-8")
    store = Fragments(UPath(tmp_path) / "scans")

    for keep in (lambda: store.keep(0, 9, READ), lambda: store.remember(Index(), 0.0)):
        with pytest.raises(NotKeptError, match=r"scans/.* cannot be written: .*scans.*Remedy: make room there"):
            keep()


# --- the index ----------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(texts, known_files, max_size=3))
def test_what_is_known_of_files_comes_back_as_it_was(known: dict[str, KnownFile]) -> None:
    store = Fragments(UPath("memory://index-of-test-fragments"))

    store.remember(Index(known), 0.0)

    assert list(map(comparable, store.index().files.values())) == [comparable(known[name]) for name in sorted(known)]
    assert sorted(store.index().files) == sorted(known)


def comparable(file: KnownFile) -> dict[str, Any]:
    """A known file as plain values: tables have no equality of their own that tests could use."""
    told = [vars(part) | {"piece": vars(part.piece) | {"rows": part.piece.rows.to_pylist()}} for part in file.fragments]
    return vars(file) | {"fragments": told}


KNOWN = KnownFile(Version("k", "i", 9, 1.5), True, "r", ("c",), 9, 9, (Fragment("f", 0, 9, PIECE),))


def test_there_is_nothing_in_an_index_that_is_not_there(store: Fragments) -> None:
    assert store.index() == Index()


INDEX_DAMAGE: Mapping[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "a list": lambda _: b"[]",
    "null": lambda _: b"null",
    "no files": lambda _: b'{"sha256": ""}',
    "an index of files alone": lambda _: checked(b"{}"),
    "cut": lambda data: data[:-1],
    "another number": lambda data: data.replace(b'"length":9', b'"length":8'),
    "no UTF-8": lambda data: data.replace(b"a.log", b"\xff.log"),
    "nested too deeply": lambda _: checked(b"[" * 100_000),
    "a list with its checksum": lambda _: checked(b"[1]"),
    "another version": lambda data: signed(data, "goes_on", "continues"),
    "a field more": lambda data: signed(data, '"length":9', '"length":9,"width":9'),
}


def signed(data: bytes, old: str, new: str) -> bytes:
    """An index with something else in it, whose checksum is right."""
    files = unchecked(data).decode()
    assert old in files
    return checked(files.replace(old, new).encode())


def test_the_index_in_which_mistakes_are_made_has_none(store: Fragments) -> None:
    store.remember(Index({"a.log": KNOWN}), 0.0)
    (path,) = files_of(store)

    path.write_bytes(signed(path.read_bytes(), '"length":9', '"length":9'))

    assert comparable(store.index().files["a.log"]) == comparable(replace(KNOWN, fragments=bare(KNOWN)))


def bare(file: KnownFile) -> tuple[Fragment, ...]:
    return tuple(replace(part, piece=replace(part.piece, rows=ROWS.empty_table())) for part in file.fragments)


@pytest.mark.parametrize("damage", INDEX_DAMAGE.values(), ids=INDEX_DAMAGE)
def test_an_index_that_is_not_the_one_that_was_kept_holds_nothing(
    store: Fragments, damage: Callable[[bytes], bytes]
) -> None:
    store.remember(Index({"a.log": KNOWN}), 0.0)
    (path,) = files_of(store)

    path.write_bytes(damage(path.read_bytes()))

    assert store.index() == Index()
    assert store.holding([KNOWN.digest]) == []


def test_a_fragment_that_no_file_has_any_more_is_deleted_a_day_later(store: Fragments) -> None:
    kept, lost = (replace(KNOWN, fragments=(store.keep(0, 9, what_was_read(read(text))),)) for text in (CONTENT, b"x"))
    needed, needless = (f"{file.fragments[0].key}.arrow" for file in (kept, lost))
    index = Index({"a.log": kept, "copy.log": kept, "b.log": lost, "c.log": KNOWN})
    seen = []
    for now in (0.0, float(LEFT_FOR), LEFT_FOR + 1.0):
        index = index.followed_by({"copy.log": kept}, now)
        store.remember(index, now)
        seen.append({path.name for path in files_of(store)})
        index = store.index()

    assert seen == [{"index.json", needed, needless}] * 2 + [{"index.json", needed}]
    assert index.left == {}


def test_a_fragment_that_a_file_has_again_stays(store: Fragments) -> None:
    fragment = store.keep(0, 9, READ)
    known = {"a.log": replace(KNOWN, fragments=(fragment,))}

    index = Index(known).followed_by({}, 0.0).followed_by(known, 1.0)
    store.remember(index, 10.0 * LEFT_FOR)

    assert index.left == {}
    assert store.has(fragment)


def test_a_content_is_found_in_all_files_that_have_it(store: Fragments) -> None:
    other = replace(KNOWN, chunks=("d",))
    store.remember(Index({"a.log": KNOWN, "copy.log": KNOWN, "b.log": other}), 0.0)

    found = store.holding([KNOWN.digest, "never read"])

    known = store.index().files["a.log"]
    assert found == [(KNOWN.digest, "a.log", known), (KNOWN.digest, "copy.log", known)]


# --- digests ------------------------------------------------------------------------------------------------


def test_a_files_digest_is_that_of_its_content_and_of_nothing_else() -> None:
    others = [
        replace(KNOWN, version=Version("x", "y", 1, 0.0)),
        replace(KNOWN, settled=False),
        replace(KNOWN, reading="x"),
        replace(KNOWN, goes_on=0),
        replace(KNOWN, fragments=()),
    ]

    assert {file.digest for file in others} == {KNOWN.digest}
    assert KNOWN.digest not in {replace(KNOWN, chunks=("x",)).digest, replace(KNOWN, length=8).digest}


def test_what_is_kept_of_a_file_depends_on_settings_and_code(monkeypatch: pytest.MonkeyPatch) -> None:
    logs = Logs.model_validate({"profile": "renderx"})
    reading = Reading(dialect=Dialect(), rules=MARKS)
    usual, other = Settings.of(logs, reading), Settings.of(logs, reading.model_copy(update={"rules": MARKS[:1]}))
    before = reading_key(usual)

    assert reading_key(Settings.of(logs, reading)) == before != reading_key(other)
    monkeypatch.setattr(module, "code_version", lambda *_: "another")
    assert reading_key(usual) != before


def test_rows_are_kept_in_a_format_that_other_tools_read(store: Fragments) -> None:
    store.keep(0, 9, READ)
    (path,) = files_of(store)

    assert pa.ipc.open_file(pa.memory_map(str(path))).read_all().equals(PIECE.rows)
