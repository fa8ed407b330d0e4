"""Why a run was started, as a tag: Dagster lists a run by its job and month, and does not say what it is for.

The list of runs shows some twenty characters of a tag, so key and reasons are short.

Runs that people start in the UI say who started them, by Dagster's own tags; schedules and sensors their names.
"""

from __future__ import annotations

from typing import Final

REASON: Final = "why"
