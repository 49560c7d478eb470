"""The version of VidDiff."""

__version__ = "0.1.0"
