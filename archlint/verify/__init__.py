"""Verifying: findings measured on the device at hand."""

from archlint.verify.choice import Chosen, choose_target
from archlint.verify.keep import Keeper
from archlint.verify.run import Progress, Request, verify

__all__ = ["Chosen", "Keeper", "Progress", "Request", "choose_target", "verify"]
