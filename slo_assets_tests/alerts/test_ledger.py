"""The ledger: what it keeps, for how long, and when something is tried again."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from slo_assets.alerts.ledger import (
    FIRST_WAIT,
    GIVE_UP,
    KEEP,
    LEASE,
    LONGEST_WAIT,
    BusyError,
    Ledger,
    Run,
    alone,
    wait_after,
)
from slo_assets.domain.alerts import Condition, Known
from slo_assets_tests.alerts.receiving import put

NOW = 1_763_985_600.0
CONDITION = Condition("s", "c", "budget", "error", "t", facts=(("a", "b"),), teams=("x",))


@pytest.mark.parametrize(("failures", "seconds"), [(1, 30), (2, 60), (3, 120), (7, 1920), (8, 3600), (10_000, 3600)])
def test_the_wait_doubles_up_to_an_hour(failures: int, seconds: float) -> None:
    assert wait_after(failures) == seconds
    assert (FIRST_WAIT, LONGEST_WAIT) == (30, 3600)


def test_what_is_known_outlives_the_process(tmp_path: Path) -> None:
    known = {"c": Known(CONDITION, ("a", "b"), NOW), "d": Known(CONDITION)}
    runs = {"run/j/": Run("j", "", NOW, ("a",), CONDITION), "run/j/p": Run("j", "p", NOW, (), None)}
    with Ledger(tmp_path) as ledger, ledger.transaction():
        ledger.know(known)
        ledger.keep_runs(runs)
        ledger.put("began", NOW)

    with Ledger(tmp_path) as ledger:
        assert (ledger.known, ledger.runs, ledger.get("began")) == (known, runs, NOW)


def test_a_rehearsal_leaves_nothing_behind(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        with ledger.transaction(kept=False):
            ledger.put("began", NOW)
            assert ledger.get("began") == NOW
        assert ledger.get("began") is None


def test_what_fails_in_the_middle_is_not_recorded_in_part(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        with pytest.raises(ZeroDivisionError), ledger.transaction():
            ledger.put("began", 1 / 0)
        assert ledger.get("began") is None


def test_ids_follow_each_other_and_are_never_used_again(tmp_path: Path) -> None:
    first = put(tmp_path, ("a", ("x",)), ("b", ("x",)), now=NOW - KEEP - 1)
    with Ledger(tmp_path) as ledger:
        for delivery in ledger.waiting():
            ledger.succeeded(delivery, NOW)
        ledger.given_up(NOW)
    second = put(tmp_path, ("c", ("x",)), now=NOW)

    ledger_id = first[0].partition("-")[0]
    assert [*first, *second] == [f"{ledger_id}-{number}" for number in (1, 2, 3)]
    assert put(tmp_path / "other", ("a", ("x",)), now=NOW) != first[:1]


def test_an_attempt_that_was_begun_is_left_alone_for_a_while(tmp_path: Path) -> None:
    put(tmp_path, ("a", ("x",)), now=NOW)
    with Ledger(tmp_path) as ledger:
        delivery = ledger.waiting("x")[0]

        assert ledger.begin(delivery, NOW)
        assert not ledger.begin(delivery, NOW + LEASE - 1)
        assert ledger.begin(delivery, NOW + LEASE)
        assert ledger.waiting("x")[0].unsure
        assert ledger.troubles == {}


def test_a_receiver_that_fails_waits_longer_each_time_and_its_first_failure_is_remembered(tmp_path: Path) -> None:
    put(tmp_path, ("a", ("x",)), now=NOW)
    with Ledger(tmp_path) as ledger:
        for failure, (after, wait) in enumerate([(0, None), (100, None), (500, 1000.0), (2000, 99_999.0)], start=1):
            ledger.failed(ledger.waiting("x")[0], NOW + after, "no", unsure=False, wait=wait)
            trouble = ledger.troubles["x"]
            assert (trouble.failures, trouble.since) == (failure, NOW)
            assert trouble.next == NOW + after + max(wait_after(failure), min(wait or 0, LONGEST_WAIT))

        ledger.succeeded(ledger.waiting("x")[0], NOW + 3000)

        assert ledger.troubles == {}
        assert ledger.waiting() == []


def test_once_unsure_a_delivery_stays_so(tmp_path: Path) -> None:
    put(tmp_path, ("a", ("x",)), now=NOW)
    with Ledger(tmp_path) as ledger:
        for unsure in (False, True, False):
            ledger.begin(ledger.waiting("x")[0], NOW + 10_000 * (1 + unsure))
            ledger.failed(ledger.waiting("x")[0], NOW, "no", unsure=unsure, wait=None)

        assert ledger.waiting("x")[0].unsure


def test_what_waits_for_a_receiver_that_is_gone_goes_to_the_default_ones(tmp_path: Path) -> None:
    put(tmp_path, ("a", ("old", "new")), ("b", ("old",)), now=NOW)
    with Ledger(tmp_path) as ledger:
        ledger.failed(ledger.waiting("old")[0], NOW, "no", unsure=False, wait=None)

        ledger.readdress(["new"], ["new"])

        assert [(delivery.receiver, delivery.cause) for delivery in ledger.waiting()] == [("new", "a"), ("new", "b")]
        assert ledger.troubles == {}


def test_after_a_week_it_is_given_up_and_what_was_delivered_is_forgotten_after_three_months(tmp_path: Path) -> None:
    put(tmp_path, ("a", ("x", "y")), now=NOW)
    with Ledger(tmp_path) as ledger:
        ledger.succeeded(ledger.waiting("y")[0], NOW)

        assert ledger.given_up(NOW + GIVE_UP) == []
        assert [delivery.receiver for delivery in ledger.given_up(NOW + GIVE_UP + 1)] == ["x"]
        assert ledger.given_up(NOW + GIVE_UP + 2) == []
        assert ledger.waiting() == []
        assert _size(ledger) == (1, 2)
        ledger.given_up(NOW + KEEP + 1)
        assert _size(ledger) == (0, 0)


def _size(ledger: Ledger) -> tuple[int, ...]:
    tables = ("alerts", "deliveries")
    return tuple(ledger._base.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables)  # noqa: S608


def _hold(folder: Path, held: multiprocessing.synchronize.Event, release: multiprocessing.synchronize.Event) -> None:
    with alone(folder):
        held.set()
        release.wait(30)


def test_one_process_at_a_time_tells_and_a_killed_one_holds_up_nobody(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    held, release = context.Event(), context.Event()
    process = context.Process(target=_hold, args=(tmp_path, held, release))
    process.start()
    assert held.wait(10)

    with pytest.raises(BusyError), alone(tmp_path):
        pass
    process.kill()
    process.join()

    with alone(tmp_path):
        pass
