"""The pose of a person in a clip: estimated while it is decoded, chosen, followed, mended, smoothed, kept."""
