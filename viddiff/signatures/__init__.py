"""Typed signatures: every word that a model reads stands here, one family a file."""
