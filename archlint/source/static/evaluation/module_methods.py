"""The methods of torch's modules that constructors call."""

from __future__ import annotations

__all__ = ["ITSELF", "METHODS"]

ITSELF = frozenset(
    "apply bfloat16 cpu cuda double eval float half requires_grad_ to train type".split()
)
"""Those that give the module itself."""

METHODS = ITSELF | frozenset(
    """add_module append children extend get insert items keys modules named_children pop
    register_module update values""".split()
)
