"""The operators of runtimes, as the ONNX operators that they stand for."""
