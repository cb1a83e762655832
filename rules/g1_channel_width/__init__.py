"""G1: equal channel width minimises memory access cost."""
