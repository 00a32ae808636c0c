"""What wagit costs, each figure beside its peer's in the same run: `python -m benchmarks`."""
