"""From measured rows to fits, bands and their errors."""
