"""The graph: one module per asset, in the order of the data flow; each loads, calls the domain, returns.

Concept: https://docs.dagster.io/guides/build/assets
"""
