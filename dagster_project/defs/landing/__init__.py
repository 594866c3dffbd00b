"""Raw feeds and what starts a run."""
