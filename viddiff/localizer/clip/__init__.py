"""CLIP: frames and cues as unit vectors, kept by content."""
