"""Many comparisons as one run: pairs from a table, resumable, one index over all."""
