"""Edit the source of a model so that its predicted time falls."""

from archlint.commands.fix.files import Files
from archlint.commands.fix.fix import fix

__all__ = ["Files", "fix"]
