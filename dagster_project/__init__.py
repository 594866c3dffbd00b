"""Meritline: when what runs, in what order and after what."""
