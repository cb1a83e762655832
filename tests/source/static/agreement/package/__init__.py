from ..parts import Untouched
from .inner import *  # noqa: F403
from .inner import Block as Renamed

__all__ = ["Renamed", "Untouched"]
