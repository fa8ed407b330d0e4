"""Deliveries to several receivers, while some fail, hang, or the process is killed."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import threading
import time
from pathlib import Path

import pytest

from slo_assets.alerts import delivery as module
from slo_assets.alerts.courier import Courier
from slo_assets.alerts.delivery import deliver
from slo_assets.alerts.ledger import LEASE, Ledger
from slo_assets_tests.alerts.receiving import Answer, Hook, Post, hooks, put, receivers, webhooks

NOW = 1_763_985_600.0
COURIER = Courier(timeout=5)
RECEIVERS = receivers(**webhooks("good", "bad"))


def attempts(folder: Path, now: float, courier: Courier = COURIER) -> list[tuple[str, bool]]:
    return sorted((one.delivery.receiver, one.arrived) for one in deliver(folder, RECEIVERS, courier, now))


def test_each_receiver_gets_each_alert_once_and_in_order(tmp_path: Path) -> None:
    with hooks("good", "bad") as made:
        ids = put(tmp_path, *((f"cause {n}", ("good", "bad", "journal")) for n in range(5)), now=NOW)

        deliver(tmp_path, RECEIVERS, COURIER, NOW)
        assert deliver(tmp_path, RECEIVERS, COURIER, NOW) == []

        assert made["good"].ids == made["bad"].ids == ids
    journal = (tmp_path / "alerts.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["id"] for line in journal] == ids


def test_a_receiver_that_fails_holds_up_no_other_and_is_tried_again_later_and_later(tmp_path: Path) -> None:
    with hooks("good", "bad") as made:
        made["bad"].answers = [Answer(500)] * 2
        put(tmp_path, ("a", ("bad", "good")), ("b", ("bad", "good")), now=NOW)

        assert attempts(tmp_path, NOW) == [("bad", False), ("good", True), ("good", True)]
        assert attempts(tmp_path, NOW + 29) == []
        assert attempts(tmp_path, NOW + 30) == [("bad", False)]
        assert attempts(tmp_path, NOW + 89) == []
        assert attempts(tmp_path, NOW + 90) == [("bad", True), ("bad", True)]

        assert made["bad"].titles == ["Number 1"] * 3 + ["Number 2"]
        assert [post.body["possiblyRepeated"] for post in made["bad"].posts] == [False] * 4


def test_a_receiver_that_hangs_holds_up_no_other(tmp_path: Path) -> None:
    release = threading.Event()
    with hooks("good", "bad") as made:
        made["bad"].answers = [Answer(before=lambda: release.wait(10))]
        put(tmp_path, ("a", ("bad", "good")), now=NOW)

        assert attempts(tmp_path, NOW, Courier(timeout=0.3)) == [("bad", False), ("good", True)]
        release.set()
        assert attempts(tmp_path, NOW + 30) == [("bad", True)]

        assert [post.body["possiblyRepeated"] for post in made["bad"].posts] == [False, True]


def test_a_round_ends_in_time_whatever_a_receiver_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROUND", 0.3)
    release = threading.Event()
    with hooks("good", "bad") as made:
        made["bad"].answers = [Answer(before=lambda: release.wait(10))]
        put(tmp_path, ("a", ("bad", "good")), ("b", ("bad",)), now=NOW)

        assert attempts(tmp_path, NOW) == [("good", True)]
        assert attempts(tmp_path, NOW + 1) == []  # the first attempt is still going on
        release.set()
        _until(lambda: not _waiting(tmp_path, "Number 1"))

        monkeypatch.setattr(module, "ROUND", 30.0)
        assert attempts(tmp_path, NOW + 2) == [("bad", True)]
        assert made["bad"].titles == ["Number 1", "Number 2"]


def _waiting(folder: Path, title: str) -> bool:
    with Ledger(folder) as ledger:
        return title in {one.alert.title for one in ledger.waiting()}


def _until(true: object) -> None:
    assert callable(true)
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_an_alert_that_is_refused_holds_up_only_what_has_the_same_cause(tmp_path: Path) -> None:
    with hooks("good", "bad") as made:
        made["bad"].answers = [Answer(400)]
        put(tmp_path, ("a", ("bad",)), ("b", ("bad",)), ("a", ("bad",)), now=NOW)

        assert attempts(tmp_path, NOW) == [("bad", False), ("bad", True)]
        assert attempts(tmp_path, NOW + 1) == []
        assert attempts(tmp_path, NOW + 31) == [("bad", True), ("bad", True)]

        assert made["bad"].titles == ["Number 1", "Number 2", "Number 1", "Number 3"]


def test_a_round_brings_a_receiver_so_many_and_the_next_round_the_rest(tmp_path: Path) -> None:
    with hooks("good", "bad") as made:
        ids = put(tmp_path, *((f"cause {n}", ("good",)) for n in range(45)), now=NOW)

        assert [len(deliver(tmp_path, RECEIVERS, COURIER, NOW)) for _ in range(4)] == [20, 20, 5, 0]
        assert made["good"].ids == ids


def test_a_ledger_that_cannot_be_written_to_is_an_error_and_nothing_is_sent(tmp_path: Path) -> None:
    with hooks("good", "bad") as made:
        put(tmp_path, ("a", ("good",)), now=NOW)
        with Ledger(tmp_path) as ledger:
            ledger._base.execute(
                "CREATE TRIGGER full BEFORE UPDATE ON deliveries BEGIN SELECT RAISE(FAIL, 'full'); END"
            )

        with pytest.raises(Exception, match="full"):
            deliver(tmp_path, RECEIVERS, COURIER, NOW)

        assert made["good"].posts == []


# --- kills ----------------------------------------------------------------------------------------------------------


def _round(folder: Path, now: float) -> None:
    deliver(folder, RECEIVERS, COURIER, now)
    os._exit(0)


def start(folder: Path, now: float) -> multiprocessing.process.BaseProcess:
    process = multiprocessing.get_context("fork").Process(target=_round, args=(folder, now))
    process.start()
    return process


def kill(process: multiprocessing.process.BaseProcess) -> None:
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()


def test_a_kill_between_sending_and_recording_sends_again_with_the_same_id_and_says_so(tmp_path: Path) -> None:
    with hooks("good", "bad") as made:
        put(tmp_path, ("a", ("good",)), now=NOW)
        reached, killed = threading.Event(), threading.Event()

        def wait_for_the_kill() -> None:
            reached.set()
            killed.wait(10)

        made["good"].answers = [Answer(before=wait_for_the_kill)]
        process = start(tmp_path, NOW)
        assert reached.wait(10)
        kill(process)
        killed.set()

        assert attempts(tmp_path, NOW + LEASE - 1) == []
        assert attempts(tmp_path, NOW + LEASE) == [("good", True)]
        assert attempts(tmp_path, NOW + 10 * LEASE) == []

        assert len(made["good"].posts) == 2
        assert len(set(made["good"].ids)) == 1
        assert [post.body["possiblyRepeated"] for post in made["good"].posts] == [False, True]


def test_kills_at_random_instants_lose_nothing_and_repeat_nothing_that_is_not_marked(tmp_path: Path) -> None:
    chance, now = random.Random(7), NOW
    with hooks("good", "bad") as made:
        made["bad"].answers = [Answer(status) for status in (500, 200, 503, 200, 429, 200, 200, 502)]
        ids = put(tmp_path, *((f"cause {n % 7}", ("good", "bad", "journal")) for n in range(60)), now=NOW)
        kills = 0
        while _waits(tmp_path):
            process = start(tmp_path, now)
            process.join(chance.uniform(0, 0.08) if kills < 25 else None)
            if process.is_alive():
                kill(process)
                kills += 1
            now += 2 * LEASE
            assert now < NOW + 600 * LEASE

        journal = [json.loads(line) for line in (tmp_path / "alerts.jsonl").read_text(encoding="utf-8").splitlines()]
        assert kills > 5
        assert [line["id"] for line in journal] == ids
        for hook in made.values():  # a receiver that looks at the id has each alert once, and in order
            assert list(dict.fromkeys(hook.ids)) == ids
        assert all(again.body["possiblyRepeated"] for again in _repetitions(made["good"]))


def _waits(folder: Path) -> bool:
    with Ledger(folder) as ledger:
        return bool(ledger.waiting())


def _repetitions(hook: Hook) -> list[Post]:
    return [post for number, post in enumerate(hook.posts) if post.id in hook.ids[:number]]
