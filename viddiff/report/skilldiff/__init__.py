"""Scored performances: their page, words and terminal views."""
