"""A simulated call centre that writes raw files in the formats of real ones."""

from demo.simulation import SimulationSummary, simulate

__all__ = ["SimulationSummary", "simulate"]
