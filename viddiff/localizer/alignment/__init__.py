"""Alignment of frames with ordered stages."""
