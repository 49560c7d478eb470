"""Step differences (StepDiff): how a candidate does a step, compared with a reference."""
