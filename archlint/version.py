"""The version and where archlint is at home, by themselves: to be read without imports."""

__version__ = "0.1.0"

HOME = "https://github.com/archlint/archlint"
