"""G2: excessive group convolution raises memory access cost."""
