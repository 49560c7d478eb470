"""A projector trained on rows of StepDiff and on paired questions and answers, and scored on rows held out."""
