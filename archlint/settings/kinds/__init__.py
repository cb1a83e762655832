"""The kinds of values that options have: as flags, in a configuration file, in its schema."""
