"""What models read about pairs of clips of one instructional step."""
