"""Expectations as asset checks."""
