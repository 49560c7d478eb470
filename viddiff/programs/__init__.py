"""Programs: what is asked, in which order, and what is made of the answers. No prompt text stands here."""
