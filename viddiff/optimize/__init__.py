"""Compiling the programs: prompts and examples chosen on a train split, kept as small files that anyone can run."""
