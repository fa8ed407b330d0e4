"""The lines to measure with: what they hold, and that they go on in time."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from slo_assets.bench import ours
from slo_assets.bench.inputs import BEAT, InputError, Source

INSTANT = re.compile(rb"^EventBus\.ts:56 (\S+) ")
BEATS_PER_PAGE, MOUNTS_PER_PAGE, LINES_PER_PAGE = 25, 48, 1013


def test_the_generated_text_is_the_same_every_time_and_another_with_another_seed() -> None:
    assert Source.generated() == Source.generated()
    assert Source.generated().text != Source.generated(seed=1).text


def test_the_generated_text_has_about_the_mix_of_the_real_log() -> None:
    text = Source.generated().text
    lines = text.count(b"\n")

    def in_a_page(part: bytes) -> float:
        return text.count(part) / lines * LINES_PER_PAGE

    assert 1_000_000 < len(text) < 2_000_000
    assert in_a_page(b"BeatExecutor: Beat ") == pytest.approx(BEATS_PER_PAGE, rel=0.1)
    assert b" Started: " not in text
    assert in_a_page(b"Attempting to mount plugin: ") == pytest.approx(MOUNTS_PER_PAGE, rel=0.1)
    assert len(text) / lines == pytest.approx(126_363 / LINES_PER_PAGE, rel=0.1)


def test_time_goes_forward_within_the_text_and_from_copy_to_copy(tmp_path: Path) -> None:
    source = Source.generated()

    source.write(tmp_path / "log", 0, 3 * len(source.text))

    instants = [INSTANT.match(line)[1] for line in (tmp_path / "log").read_bytes().splitlines()]  # type: ignore[index]
    assert all(before <= after for before, after in pairwise(instants))
    assert (instants[0][:16], instants[-1][:16]) == (b"2025-01-01T00:00", b"2025-01-01T00:12")


def test_parts_written_one_after_another_are_the_whole(tmp_path: Path) -> None:
    source = Source.generated()
    end = len(source.text) * 5 // 2

    first = source.write(tmp_path / "first", 0, 1_000_000)
    second = source.write(tmp_path / "second", first.bytes, end)
    whole = source.write(tmp_path / "whole", 0, end)

    parts = (tmp_path / "first").read_bytes() + (tmp_path / "second").read_bytes()
    assert parts == (tmp_path / "whole").read_bytes()
    assert parts.endswith(b"\n")
    assert whole.bytes == len(parts) <= end
    assert first.beats + second.beats == whole.beats == len(BEAT.findall(parts))


def test_a_users_log_is_repeated_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "own.log").write_text(ours.TINY + "no end", encoding="utf-8")
    source = Source.of_file(tmp_path / "own.log")

    piece = source.write(tmp_path / "log", 0, 2 * len(source.text) + 10)

    assert (tmp_path / "log").read_text(encoding="utf-8") == (ours.TINY + "no end\n") * 2
    assert piece.beats == 2


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [("a.log", b"", "is empty"), ("a.log.gz", b"x", "is compressed"), ("a.log", b"x" * 100, "more megabytes")],
)
def test_a_log_that_nothing_can_be_measured_with_is_refused(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(InputError, match=message):
        Source.of_file(tmp_path / name).write(tmp_path / "log", 0, 50)
