"""Where the stages of an action are in a video. Numbers only: it never imports dspy."""
