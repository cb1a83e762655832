"""Edit the source of a model so that its predicted time falls."""

from archlint.linter.fixing.files import Files
from archlint.linter.fixing.fix import fix

__all__ = ["Files", "fix"]
