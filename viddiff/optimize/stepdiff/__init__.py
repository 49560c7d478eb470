"""Compiling the programs on steps: examples, feedback, and how each component is asked."""
