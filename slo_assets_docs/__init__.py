"""Writes ``docs/reference/`` from the source of truth: schemas, configuration, command, definitions, formulas.

It is no part of the product, which does not need it to run. ``make reference`` writes the pages; a test compares them.
"""
