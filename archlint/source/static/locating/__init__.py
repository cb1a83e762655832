"""Which constructor calls made the modules of a model."""
