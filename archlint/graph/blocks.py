"""The blocks that a network is made of, by the paths of its modules."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from archlint.graph.pattern import unnumbered

__all__ = ["Blocks"]

_FEWEST = 2  # layers with weights in a block


class Blocks:
    """The deepest scopes that come in numbers and hold several layers with weights each.

    `features.2` of MobileNetV2, `layer1.0` of a ResNet, `encoder.layer.3` of BERT.  Most of those
    with one name have to hold several: a stem, or a branch of one conv, may be among them.
    """

    def __init__(self, weighted: Iterable[str]) -> None:
        """`weighted` are the modules of the layers with weights."""
        layers: Counter[str] = Counter()
        for module in dict.fromkeys(weighted):
            layers.update(_scopes(module))
        alike: dict[tuple[str, str], list[str]] = defaultdict(list)
        for scope in layers:
            parent, _, name = scope.rpartition(".")
            if unnumbered(name) != name:
                alike[parent, unnumbered(name)].append(scope)
        self._around = {
            around
            for scopes in alike.values()
            if 2 * sum(layers[each] >= _FEWEST for each in scopes) > len(scopes) > 1
            for scope in scopes
            for around in _scopes(scope)[:-1] or [""]
        }

    def of(self, module: str) -> str:
        """The block that a module is in, or what of its path is beside the blocks: "head".

        Where there are no blocks it is the module itself.
        """
        if not self._around:
            return module
        return next((each for each in _scopes(module) if each not in self._around), module)


def _scopes(module: str) -> list[str]:
    """A path and those around it, the outermost first."""
    parts = module.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts) + 1)]
