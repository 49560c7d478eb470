"""VidDiff: proposer, localizer, differencer, and what stands beside them."""
