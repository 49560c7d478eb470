"""Documents on steps: their pages, exports, words and terminal views."""
