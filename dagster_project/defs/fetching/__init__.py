"""Databases and APIs, fetched before the feeds land."""
