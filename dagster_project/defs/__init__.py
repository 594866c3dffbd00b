"""Dagster definitions, one folder for each area."""
