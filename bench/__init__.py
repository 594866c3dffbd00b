"""What the line costs: `make bench`, or `python -m bench SIZE …`; see docs/benchmark.md."""
