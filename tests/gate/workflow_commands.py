"""What a runner of GitHub's takes for commands in the log of a step.

As actions/runner:src/Runner.Common/ActionCommand.cs and ActionCommandManager.cs read it: two
colons begin a command where a line begins, `##[` anywhere in it, and between `stop-commands` and
its token there are none.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Command", "commands"]

_COLONS = re.compile(r"\s*::([a-z-]+)(?: (.*?))?::(.*)")
_HASHES = re.compile(r"##\[([a-z-]+)(?: (.*?))?\](.*)")


class Command(NamedTuple):
    """A command: its name, properties and data as the log has them."""

    name: str
    properties: str
    data: str


def commands(log: str) -> list[Command]:
    """The commands of a log, in their order."""
    found: list[Command] = []
    token = None
    for line in re.split("\r\n|\r|\n", log):
        match = _COLONS.match(line) or _HASHES.search(line)
        if token is not None:
            token = None if line.strip() == f"::{token}::" else token
        elif match is not None:
            command = Command(match[1], match[2] or "", match[3])
            token = command.data if command.name == "stop-commands" else None
            found.append(command)
    return found
