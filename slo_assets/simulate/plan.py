"""The plan of one month: its instants, its chance, and the components that have data in it.

What belongs here: what every file of the month shares. The seed decides instants, order and figures. A generated file
says the same whoever writes it: only ``random.Random`` methods whose sequence is the same in every supported Python
are used.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from slo_assets.periods import MILLISECOND, Period
from slo_assets.simulate.components import COMPONENTS, CYCLE, UNMAPPED, UNMAPPED_MONTH, Outcomes
from slo_assets.simulate.instants import DAY_MS, HOUR_MS
from slo_assets.simulate.scripts import SCRIPTS, Script

# The last month stops here, as a month does that is looked at before its end.
LAST_MONTH_END_MS = 23 * DAY_MS + 12 * HOUR_MS
QUIET_DAYS_AT_END = 2


@dataclass(frozen=True)
class Plan:
    """One month to be written.

    Attributes:
        period: the calendar month.
        offset: its place in the cycle of the tables.
        last: whether it is the last one, and stops on its 24th at noon.
        random: where its invented figures come from.
        outcomes: of the components that have data in it, and of the unmapped events.
    """

    period: Period
    offset: int
    last: bool
    random: Random
    outcomes: dict[str, Outcomes]

    @classmethod
    def of(cls, period: Period, index: int, last: bool, seed: int) -> Plan:
        """The plan of the month with this index."""
        offset = index % CYCLE
        random = Random(f"{seed} {period.key}")
        months = {
            UNMAPPED: UNMAPPED_MONTH,
            **{name: component.months[offset] for name, component in COMPONENTS.items()},
        }
        outcomes = {name: Outcomes(month, random.random()) for name, month in months.items() if month}
        return cls(period, offset, last, random, outcomes)

    def at(self, day: int, hour: int = 0) -> int:
        """Somewhere in an hour of one of its days, in milliseconds since 1970."""
        return self.start + day * DAY_MS + hour * HOUR_MS + self.random.randrange(HOUR_MS)

    @property
    def start(self) -> int:
        """Where it begins, in milliseconds since 1970."""
        return self.period.start // MILLISECOND

    @property
    def end(self) -> int:
        """Where its log lines stop, in milliseconds since 1970."""
        return self.start + LAST_MONTH_END_MS if self.last else self.period.end // MILLISECOND

    @property
    def days(self) -> int:
        """How many of its days sessions begin on."""
        return (self.end - self.start) // DAY_MS - QUIET_DAYS_AT_END

    def scripts(self, components: Iterable[str]) -> list[tuple[Script, Outcomes]]:
        """The scripts of those components that have data."""
        present = (name for name in components if name in self.outcomes)
        return [(script, self.outcomes[name]) for name in present for script in SCRIPTS[name]]
