"""Commands of `meritline`, one module for each subject."""
