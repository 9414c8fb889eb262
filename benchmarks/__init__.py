"""Measurements, each a module to run: `python -m benchmarks.NAME` writes `results/NAME.json`."""
