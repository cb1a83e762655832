"""R1: the same outputs for less work."""
