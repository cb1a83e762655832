"""From operators to the kernels that a runtime runs for them."""
