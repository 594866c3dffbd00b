"""Dashboards that read the publication."""
