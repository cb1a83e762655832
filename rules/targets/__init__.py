"""The targets, and the workloads and measured tables of kernels that no rule owns."""
