"""Compiled programs as files: what compiling changed, where it comes from, and the frames of its examples."""
