"""Benchmarks that generate their input and run us beside other tools: ``slo-assets bench``.

What belongs here: inputs, contenders and figures. Nothing but the command imports it.
"""
