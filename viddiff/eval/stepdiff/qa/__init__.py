"""Training data of StepDiff: paired questions and answers made from descriptions of clips (paper, section 3.2)."""
