"""What models read about a performance and an expert."""
