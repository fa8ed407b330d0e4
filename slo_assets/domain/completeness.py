"""Whether the logs of the open month have come so far as they should have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from slo_assets.config import SloConfig
from slo_assets.domain.event_log import FileScan
from slo_assets.periods import MINUTE, duration, format_instant

#: What was written needs so long until it is known: a look at the files, a run, and some room.
GRACE = 5 * MINUTE


def last_lines(scans: Iterable[FileScan], config: SloConfig) -> dict[str, int | None]:
    """The instant of the last line of each source that says how often it expects one; None where it has no line.

    Lines of other months count as well, or each month would begin with late sources.

    Args:
        scans: all files; lines later than the clock are not in them.
        config: the sources.
    """
    last: dict[str, int | None] = {source.name: None for source in config.logs.sources if source.expected_every}
    for scan in scans:
        source = config.logs.source(scan.file)
        if source and source.name in last and scan.months:
            latest = max(int(month["latest"]) for month in scan.months.values())
            last[source.name] = max(last[source.name] or latest, latest)
    return last


def late(last: Mapping[str, int | None], config: SloConfig, now: int) -> list[str]:
    """Which sources are late: what came last, what was expected, and by how much it is missed.

    Args:
        last: the instant of the last line, by source.
        config: how often each source expects one.
        now: the clock, in microseconds.
    """
    told = []
    for source in config.logs.sources:
        if source.name not in last or source.patience is None:
            continue
        instant = last[source.name]
        if instant is None:
            told.append(f"{source.name}: no line has ever come, one is expected every {source.expected_every}")
        elif now - instant > source.patience + GRACE:
            told.append(
                f"{source.name}: the last line is of {format_instant(instant)}, one is expected every "
                f"{source.expected_every}: {duration(now - instant - source.patience)} late"
            )
    return told
