"""Check a rule on small models."""

from archlint.testing.net import Net

__all__ = ["Net"]
