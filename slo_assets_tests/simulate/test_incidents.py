"""The incidents, as the log shows them."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from itertools import groupby, pairwise
from pathlib import Path

import pytest

from slo_assets.simulate.incidents import INCIDENTS
from slo_assets_tests.simulate.samples import ISO, instants_of, lines_of, logs_of


def test_a_heartbeat_file_is_silent_for_over_five_minutes_where_a_gap_is_planned(sample: Path) -> None:
    planned = {incident.component for incident in INCIDENTS if incident.kind == "gap" and incident.month == 0}
    found = set()
    for path in (sample / "logs" / "2025-09").glob("heartbeat-*.log"):
        instants = instants_of(path)
        if any((later - earlier).total_seconds() > 300 for earlier, later in pairwise(instants)):
            found.add(re.sub(r"heartbeat-(.+)-2025.*", r"\1", path.name))

    assert found == planned


def test_a_storm_has_over_fifty_operations_of_one_event_in_a_second(sample: Path) -> None:
    form = re.compile(r"(\d{4}-\d\d-\d\dT[\d:]{8}).*BeatExecutor: Beat \d+ \(([^()]+)\)")
    seconds = Counter(
        match.groups() for path in logs_of(sample) for line in lines_of(path) if (match := form.search(line))
    )

    storms = sum(incident.size for incident in INCIDENTS if incident.kind == "storm")
    assert sum(count > 50 for count in seconds.values()) == storms


def test_an_outage_is_at_least_three_failures_in_a_row_over_its_minutes(sample: Path) -> None:
    (outage,) = (incident for incident in INCIDENTS if incident.kind == "outage" and incident.month == 2)
    form = re.compile(rf"({ISO}) \S BeatExecutor: Beat \d+ \(canvas:[^()]+\) (failed|completed)")
    runs = []
    for path in (sample / "logs" / "2025-11").glob("web-variant-*.log"):
        steps = [match.groups() for line in lines_of(path) if (match := form.search(line))]
        for failed, group in groupby(pairwise(steps), key=lambda pair: pair[0][1] == "failed"):
            pairs = list(group)
            if failed and len(pairs) >= 3:
                first, last = (datetime.fromisoformat(instant) for instant in (pairs[0][0][0], pairs[-1][1][0]))
                runs.append((last - first).total_seconds() / 60)

    assert runs == [pytest.approx(outage.size, abs=0.1)]
