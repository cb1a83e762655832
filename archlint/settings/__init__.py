"""The configuration file: `[tool.archlint]` in pyproject.toml, or archlint.toml.

What exists (rules, their options, targets) is passed in, so that reading a configuration needs
neither rules nor tables.
"""

from archlint.settings.config import Config, ConfiguredModel, Known
from archlint.settings.files import find_config, read_config
from archlint.settings.shape import parse_shape

__all__ = ["Config", "ConfiguredModel", "Known", "find_config", "parse_shape", "read_config"]
