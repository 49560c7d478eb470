"""The comparison of two clips: its page, its words, its terminal views."""
