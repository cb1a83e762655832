"""The passes of runtimes that rewrite the graph."""
