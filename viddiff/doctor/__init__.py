"""What works on this machine, and what the configured models can do."""
