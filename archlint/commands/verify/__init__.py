"""Verifying: findings measured on the device at hand."""

from archlint.commands.verify.choice import Chosen, choose_target
from archlint.commands.verify.keep import Keeper
from archlint.commands.verify.run import Progress, Request, verify

__all__ = ["Chosen", "Keeper", "Progress", "Request", "choose_target", "verify"]
