"""Costs: targets and their tables, lowering to kernels, prices and their bands."""
