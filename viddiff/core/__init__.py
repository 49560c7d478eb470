"""Used by all other packages: results, errors, files, settings."""
