"""From measured rows to prices: tables, features, fits, bands."""
