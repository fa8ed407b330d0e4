"""The words of a judgement, and their order."""

from __future__ import annotations

from collections.abc import Mapping

MET, UNKNOWN, AT_RISK, FAILED = "met", "unknown", "at-risk", "failed"

#: From best to worst. What is unknown is worse than met: nobody can say that all objectives were met.
RANKS: Mapping[str, int] = {MET: 0, UNKNOWN: 1, AT_RISK: 2, FAILED: 3}

#: Percent of a budget that is all of it.
WHOLE = 100.0
