"""The measurement language: what to measure, its value with uncertainty, and what follows from two values."""
