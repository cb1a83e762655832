"""What a run may take: time, memory, and what comes of a model that takes the process along."""

from archlint.limits.clock import TimeUp, at_most, has_timers
from archlint.limits.memory import memory_at_most, native_memory_for
from archlint.limits.section import section

__all__ = ["TimeUp", "at_most", "has_timers", "memory_at_most", "native_memory_for", "section"]
