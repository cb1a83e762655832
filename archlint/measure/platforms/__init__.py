"""How a CPU tells of itself, by operating system: each reads texts that a test can hold."""
