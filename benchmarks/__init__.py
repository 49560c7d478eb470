"""Benchmarks: each prints a ratio against a plain reference in the same run; no test is timed."""
