"""VidDiff: fine-grained differences between two videos of the same action, with evidence."""

__version__ = "0.1.0"
