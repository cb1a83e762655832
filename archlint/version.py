"""The version, by itself, so that `--version` and the build read it without imports."""

__version__ = "0.1.0"
