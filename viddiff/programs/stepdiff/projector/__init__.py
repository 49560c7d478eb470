"""The pair-conditioned projector (paper, sections 3.3 and 4): clips as soft tokens of a frozen language model."""
