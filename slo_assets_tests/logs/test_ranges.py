"""A file's bytes by their places, and the digests of its chunks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from upath import UPath

from slo_assets.logs import ranges as module
from slo_assets.logs.files import ChangedWhileReadError
from slo_assets.logs.ranges import Digests, bytes_of, digest, digests, line_feed, read_range


@pytest.fixture(params=["a file", "an object"])
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[UPath]:
    stored = request.param == "an object"
    found = UPath("memory://test-ranges/app.log") if stored else UPath(tmp_path_factory.mktemp("ranges") / "app.log")
    found.parent.mkdir(parents=True, exist_ok=True)
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_a_range_of_a_file_is_its_bytes(path: UPath, data: bytes, start: int, length: int) -> None:
    path.write_bytes(data)
    stop = start + length
    if stop <= len(data) or start >= stop:
        assert bytes(read_range(path, start, stop)) == data[start:stop]
    else:
        with pytest.raises(ChangedWhileReadError, match="shorter"):
            read_range(path, start, stop)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60), st.data())
def test_bytes_are_read_from_any_place_within_what_was_asked_for_and_beyond(
    path: UPath, data: bytes, drawn: st.DataObject
) -> None:
    path.write_bytes(data)
    places = st.integers(0, len(data))
    ahead = sorted((drawn.draw(places), drawn.draw(places)))
    with closing(bytes_of(path, *ahead)) as file:
        for _ in range(3):
            start, stop = sorted((drawn.draw(places), drawn.draw(places)))
            room = bytearray(stop - start)
            file.into(start, memoryview(room))
            assert room == data[start:stop]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text("ab\n", max_size=40).map(str.encode), st.data(), st.integers(1, 5), st.integers(1, 9))
def test_the_first_line_feed_between_two_places_is_found(
    path: UPath, data: bytes, drawn: st.DataObject, look: int, most: int
) -> None:
    path.write_bytes(data)
    start, stop = sorted(drawn.draw(st.tuples(*[st.integers(0, len(data))] * 2)))
    with pytest.MonkeyPatch.context() as patch, closing(bytes_of(path, 0, 0)) as file:
        patch.setattr(module, "LOOK", look)
        patch.setattr(module, "MOST", most)

        assert line_feed(file, start, stop) == data.find(b"\n", start, stop)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=99), st.integers(1, 40), st.lists(st.integers(0, 99), max_size=5))
def test_a_content_has_a_digest_for_each_chunk_in_whatever_parts_it_comes(
    data: bytes, chunk: int, places: list[int]
) -> None:
    borders = [0, *sorted(min(place, len(data)) for place in places), len(data)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHUNK", chunk)
        at_once, found = digests(memoryview(data)), Digests()
        for start, stop in pairwise(borders):
            found.update(memoryview(data)[start:stop])

        assert list(at_once) == [digest(data[start : start + chunk]) for start in range(0, len(data), chunk)]
        assert (found.of_chunks, found.length) == (at_once, len(data))
