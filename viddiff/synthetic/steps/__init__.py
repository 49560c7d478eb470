"""Rendered step pairs: one action done in different ways, in the three forms of the StepDiff benchmark."""
