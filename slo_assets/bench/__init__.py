"""Benchmarks that generate their input and run us beside other tools: ``slo-assets bench``."""
