"""Check a rule on small models: nothing is measured, no file is written, no test runner needed.

`Net` makes a model in a few lines, `target_of` a target of a few rows, and `check` runs a rule.
"""

from archlint.linter.check_rule import PricedPlace
from archlint.testing.check import Checked, check
from archlint.testing.net import Net
from archlint.testing.target import target_of

__all__ = ["Checked", "Net", "PricedPlace", "check", "target_of"]
