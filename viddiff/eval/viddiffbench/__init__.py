"""VidDiffBench: methods, scores and results of the closed and the open mode."""
