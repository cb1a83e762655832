"""The passes of runtimes, a file for each or for those that belong together."""
