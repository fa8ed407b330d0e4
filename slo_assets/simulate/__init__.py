"""Invented logs and telemetry of any size, in the real ones' dialects, from a seed.

What is invented stands in tables, in capitals: what happens in the months (``components``, ``incidents``,
``telemetry``), what the components log (``scripts``) and what the files look like (``files``). The functions beside a
table turn its rows into lines or documents; ``sample`` puts these into files. ``slo_assets.logs`` reads the lines back.
"""

from slo_assets.simulate.dialects import CONSOLE
from slo_assets.simulate.files import EVERYTHING
from slo_assets.simulate.plan import Plan
from slo_assets.simulate.sample import simulate
from slo_assets.simulate.scripts import OPENING, Line, Sequence
from slo_assets.simulate.writer import Summary

__all__ = ["CONSOLE", "EVERYTHING", "OPENING", "Line", "Plan", "Sequence", "Summary", "simulate"]
