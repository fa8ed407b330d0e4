"""Figures as people read them."""

import pytest

from slo_assets.page import wording


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "–"),
        (0, "0"),
        (0.0, "0"),
        (99.9, "99.9"),
        (99.8997, "99.8997"),
        (1234567.5, "1,234,567.5"),
        (-28.0635, "−28.0635"),
        (-0.00001, "0"),
        (100.0, "100"),
    ],
)
def test_a_number_has_its_own_decimals_and_what_is_unknown_is_a_dash(value: float | None, expected: str) -> None:
    assert wording.number(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "–"),
        (0, "0 %"),
        (100, "100 %"),
        (55.34, "55.3 %"),
        (99.97, "99.97 %"),
        (99.9996, "99.9996 %"),
        (0.004, "0.004 %"),
        (0.00001, "0 %"),
        (-129.9238, "−129.9 %"),
    ],
)
def test_a_rough_share_never_reads_as_nothing_or_everything_when_it_is_not(value: float | None, expected: str) -> None:
    assert wording.roughly(value) == expected


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (None, "–"),
        (0, "0 s"),
        (0.05, "3 s"),
        (1, "1 min"),
        (21.6, "21 min 36 s"),
        (59.9999, "1 h"),
        (60.5, "1 h"),
        (61, "1 h 1 min"),
        (10784.7944, "7 d 11 h"),
        (1440, "1 d"),
        (-28.0635, "−28 min 4 s"),
        (-0.5, "−30 s"),
    ],
)
def test_a_duration_has_its_two_largest_units(minutes: float | None, expected: str) -> None:
    assert wording.duration(minutes) == expected


@pytest.mark.parametrize(
    ("milliseconds", "expected"), [(None, "–"), (0, "0 ms"), (84.25, "84.25 ms"), (1000, "1 s"), (2879997, "48 min")]
)
def test_milliseconds_become_larger_units_from_a_second_on(milliseconds: float | None, expected: str) -> None:
    assert wording.millis(milliseconds) == expected


def test_instants_months_and_days_are_in_utc() -> None:
    assert wording.instant("2025-11-10T08:06:09.897Z") == "10 Nov 08:06"
    assert wording.day("2025-12-01T00:00:00Z") == "1 December 2025, 00:00 UTC"
    assert wording.month("2025-02") == "February 2025"


def test_names_are_on_one_line_with_nothing_invisible_and_not_endless() -> None:
    assert wording.name("a\u202eb\nc") == "a\\u202eb\\nc"
    assert len(wording.name("x" * 10_000)) == wording.LONGEST + 1


@pytest.mark.parametrize(("count", "expected"), [(0, "0 files"), (1, "1 file"), (1200, "1,200 files")])
def test_a_count_agrees_with_its_noun(count: int, expected: str) -> None:
    assert wording.plural(count, "file") == expected


@pytest.mark.parametrize(
    ("quote", "shown"),
    [
        ({"text": "a line", "cut": False}, "a line"),
        ({"text": "half a li", "cut": True}, "half a li…"),
        ({"text": "a\tb\x1b[2J\u202e", "cut": False}, "a\\tb\\x1b[2J\\u202e"),
        ({"text": "\\xff" * 200, "cut": True}, "\\xff" * 200 + "…"),
    ],
)
def test_a_line_of_a_log_is_shown_whole_and_with_nothing_invisible(quote: dict[str, str | bool], shown: str) -> None:
    assert wording.line(quote) == shown
