"""The graph: one module per asset, in the order of the data flow; each loads, calls the domain, returns.

What belongs here: loading, one call of the domain, and what the UI shows of its result; no formula, no path, no clock.
Concept: https://docs.dagster.io/guides/build/assets
"""
