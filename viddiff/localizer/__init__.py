"""The localizer: where the stages of an action lie in a video, and what its motion measures. Numbers only."""
