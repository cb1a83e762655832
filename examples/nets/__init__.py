"""Networks written as their papers describe them, for archlint to read."""
