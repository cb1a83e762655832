"""Workloads, a module for each kind of kernel: what `archlint measure` times."""
