"""ONNX Runtime as a backend: graphs of kernels, sessions, profiles."""
