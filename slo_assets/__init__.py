"""Service level indicators, objectives, budgets and compliance from production logs, as Dagster assets."""
