"""The configuration in `seeds/`."""
