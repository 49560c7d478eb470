"""What every part of the house uses: results, errors, files, settings."""
