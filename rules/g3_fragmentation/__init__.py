"""G3: fragmentation lowers the degree of parallelism."""
