"""What commands print: tables and lines, free of what a terminal would obey."""
