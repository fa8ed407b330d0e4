"""What happens when something is seen, one module for each sensor.

All tick by the machine's clock and read no log: what they see is in the file system, in the output and in Dagster's
records.
Concept: https://docs.dagster.io/guides/automate/sensors
"""
