"""The formulas: pure functions over small frozen dataclasses and data frames; no Dagster, no files, no clock.

What belongs here: each formula, once, with its unit, its source and its edge cases. It imports nothing of the project
but itself, ``config`` and ``periods``.
"""
