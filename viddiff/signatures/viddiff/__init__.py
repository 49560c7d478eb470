"""What a model reads in VidDiff."""
