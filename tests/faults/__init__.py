"""Faults: kills at any moment."""
