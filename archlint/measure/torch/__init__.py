"""PyTorch as a backend: kernels as calls of its operators, eager and captured."""
