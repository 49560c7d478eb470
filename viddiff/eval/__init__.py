"""Evaluation: benchmarks, metrics, and rendered ground truth."""
