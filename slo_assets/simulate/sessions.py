"""How an ordinary file goes on: somebody works with the application, or a component's heart beats.

What belongs here: which script runs when. What goes wrong on purpose is in ``incidents``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from slo_assets.simulate.components import COMPONENTS, Outcomes
from slo_assets.simulate.instants import MINUTE_MS, SECOND_MS
from slo_assets.simulate.plan import Plan
from slo_assets.simulate.scripts import OPENING, Line, NextOutcome, Script, beat_end

HEARTBEAT_MS = 4 * MINUTE_MS
PAUSE_MS = (2 * SECOND_MS, 40 * SECOND_MS)  # between two sequences of a session
LONG_PAUSE_MS = (6 * MINUTE_MS, 10 * MINUTE_MS)  # long enough to leave time unobserved
LONG_PAUSE_SHARE = 0.02
STEP_MS = 2 * MINUTE_MS  # between two sequences that somebody paces


def shuffled(plan: Plan, components: Iterable[str]) -> Iterator[tuple[Script, Outcomes]]:
    """The components' scripts again and again, each time in another order: random, and yet evenly mixed."""
    deck = plan.scripts(components)
    while True:
        plan.random.shuffle(deck)
        yield from deck


def opening(plan: Plan, at: int) -> Iterator[Line]:
    """What the application logs when it starts, the mounts included."""
    yield from ((at, text) for text in OPENING)
    for script, outcomes in plan.scripts(["host-sdk"]):
        for now, text in script.lines(at, outcomes):
            yield now, text
        at = now + 1


def session(plan: Plan, at: int, components: Iterable[str], budget: int) -> Iterator[Line]:
    """Somebody works with the application until about so many lines are written."""
    batch = list(opening(plan, at))
    yield from batch
    written = len(batch)
    for script, outcomes in shuffled(plan, components):
        if written >= budget:
            return
        pause = LONG_PAUSE_MS if plan.random.random() < LONG_PAUSE_SHARE else PAUSE_MS
        batch = list(script.lines(batch[-1][0] + plan.random.randrange(*pause), outcomes))
        yield from batch
        written += len(batch)


def heartbeat(plan: Plan, at: int, component: str, beats: int, gaps: Iterable[int]) -> Iterator[Line]:
    """A line every four minutes, but for gaps of so many milliseconds, which follow each other in the middle."""
    silences = iter(gaps)
    for number in range(1, beats + 1):
        yield at, beat_end(1, COMPONENTS[component].heartbeat, *plan.outcomes[component]())
        at += next(silences, HEARTBEAT_MS) if number >= beats // 2 else HEARTBEAT_MS


def paced(instants: Iterable[int], turns: Iterable[tuple[Script, NextOutcome]]) -> Iterator[Line]:
    """One script at each of these instants."""
    for at, (script, outcome) in zip(instants, turns, strict=False):
        yield from script.lines(at, outcome)
