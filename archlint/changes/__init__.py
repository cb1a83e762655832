"""How one version of a model's graph differs from another, in words."""

from archlint.changes.change import Change, ChangeKind
from archlint.changes.compare import changes

__all__ = ["Change", "ChangeKind", "changes"]
