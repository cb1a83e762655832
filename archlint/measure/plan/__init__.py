"""Which kernels to measure, in which company and order."""
