"""Evaluation runs: their page, words and terminal views."""
