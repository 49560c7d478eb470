"""Compiling the programs that compare two videos: examples, feedback, and how each component is asked."""
