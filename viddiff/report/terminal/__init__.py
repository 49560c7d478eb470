"""What commands print: the helper of all terminal views, and the views that belong to no task."""
