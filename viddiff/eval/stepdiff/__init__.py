"""The StepDiff benchmark (Nagarajan and Torresani, CVPR 2024): differences between two clips of one instructional step.

DiffCap asks for a caption of the difference, DiffMCQ for the pair that a caption belongs to, DiffRank for the order of
four candidates by similarity to a reference.
"""
