"""From PyTorch source to models and to the lines that made their operators."""
