"""A folder of comparisons and runs in the browser: served on this machine, or written as a static site."""
