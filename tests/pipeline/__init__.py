"""The line as its users run it."""
