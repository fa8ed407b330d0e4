"""Everything that waits is brought to its receivers, each served by a thread of its own: none holds up another."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from slo_assets.alerts.courier import Courier, DeliveryError
from slo_assets.alerts.ledger import Delivery, Ledger
from slo_assets.config import Receiver

#: Seconds that a round may take: Dagster ends a sensor's tick after 60. What is not done then goes on in the next.
ROUND: Final = 30.0
#: A receiver gets so many alerts in a round at the most.
MOST: Final = 20


@dataclass(frozen=True)
class Attempt:
    """What became of an attempt.

    Attributes:
        problem: what went wrong; mostly nothing where the alert arrived.
    """

    delivery: Delivery
    arrived: bool
    problem: str = ""


def deliver(folder: Path, receivers: dict[str, Receiver], courier: Courier, now: float) -> list[Attempt]:
    """Make the attempts that are due.

    Args:
        folder: where the ledger is.
        receivers: by name, those of the configuration.
        courier: makes each attempt.
        now: the present, in seconds since 1970.
    """
    with Ledger(folder) as ledger:
        names = list(dict.fromkeys(delivery.receiver for delivery in ledger.waiting()))
    attempts: list[Attempt] = []
    end = time.monotonic() + ROUND
    broken: list[Exception] = []

    def serve(name: str) -> None:
        try:
            for attempt in _serve(folder, name, receivers[name], courier, now, end):
                attempts.append(attempt)
        except Exception as problem:
            broken.append(problem)

    # One that hangs beyond the round's end must not keep the process from ending.
    threads = [threading.Thread(target=serve, args=(name,), daemon=True) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    if broken:
        raise broken[0]
    return list(attempts)


def _serve(folder: Path, name: str, receiver: Receiver, courier: Courier, now: float, end: float) -> Iterator[Attempt]:
    """Bring one receiver what waits for it, in order, until it fails."""
    held: set[str] = set()
    with Ledger(folder) as ledger:
        for delivery in ledger.waiting(name)[:MOST]:
            if delivery.cause in held or delivery.next > now:
                held.add(delivery.cause)  # its end must not arrive before its beginning
                continue
            if time.monotonic() > end or not ledger.begin(delivery, now):
                return
            try:
                remark = courier.deliver(delivery.alert, receiver, folder, repeated=delivery.unsure)
            except DeliveryError as problem:
                if problem.refused:
                    ledger.refused(delivery, now, str(problem))
                    held.add(delivery.cause)
                else:
                    ledger.failed(delivery, now, str(problem), unsure=problem.unsure, wait=problem.wait)
                yield Attempt(delivery, arrived=False, problem=str(problem))
                if not problem.refused:
                    return
            else:
                ledger.succeeded(delivery, now)
                yield Attempt(delivery, arrived=True, problem=remark)
