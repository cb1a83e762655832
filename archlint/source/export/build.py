"""From a factory to a module in eval mode and its inputs, without memory for its weights."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from archlint.source.export.failure import Failure
from archlint.source.export.fake import building, fake_mode
from archlint.source.export.hints import hinted_inputs
from archlint.source.export.spec import InputSpec, ModelSpec

__all__ = ["Built", "call", "make"]


@dataclass(frozen=True, slots=True)
class Built:
    """A module with what it is called with; `fake` is the mode that its tensors belong to."""

    module: nn.Module
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    fake: FakeTensorMode | None
    remarks: tuple[str, ...]

    def mode(self) -> AbstractContextManager[object]:
        """The context in which the module has to be run."""
        return nullcontext() if self.fake is None else self.fake


def make(spec: ModelSpec, factory: object, *, fake: bool) -> Built:
    """Call the factory; whatever it raises comes through."""
    mode = None if isinstance(factory, nn.Module) or not fake else fake_mode()
    with nullcontext() if mode is None else building(mode):
        made, remarks = _made(factory, spec.kwargs)
        given: tuple[Any, ...] | Mapping[str, Any] | None = None
        if isinstance(made, tuple) and len(made) == 2 and isinstance(made[0], nn.Module):
            made, given = made[0], _as_inputs(made[1])
        if not isinstance(made, nn.Module):
            raise Failure(f"gives {_described(made)}, not a torch.nn.Module")
        made.eval()
        remarks = (*remarks, *_without_cache(made, spec.kwargs))
        args: tuple[Any, ...]
        kwargs: Mapping[str, Any]
        if spec.inputs:
            args = tuple(_tensor(each) for each in spec.inputs if not each.name)
            kwargs = {each.name: _tensor(each) for each in spec.inputs if each.name}
        elif given is not None:
            args, kwargs = _split(given)
        else:
            found, remark = hinted_inputs(made)
            args, kwargs = _split(found)
            remarks = (*remarks, remark)
    return Built(made, args, kwargs, mode, remarks)


def _made(factory: object, kwargs: Mapping[str, Any]) -> tuple[object, tuple[str, ...]]:
    if isinstance(factory, nn.Module):
        if kwargs:
            raise Failure("is a module already: it takes no kwargs")
        return factory, ()
    if not callable(factory):
        raise Failure(f"is {_described(factory)}: expected a class, a function or a module")
    config = getattr(factory, "config_class", None)
    if isinstance(config, type) and isinstance(factory, type) and "config" not in kwargs:
        return call(factory, (call(config, (), kwargs),), {}), ()
    return call(factory, (), kwargs), ()


def _without_cache(module: nn.Module, kwargs: Mapping[str, Any]) -> tuple[str, ...]:
    """Have a model of transformers keep no keys and values, which no exporter takes as outputs."""
    if "use_cache" in kwargs:
        return ()
    configs: list[Any] = [getattr(each, "config", None) for each in module.modules()]
    kept = [each for each in configs if getattr(each, "use_cache", None) is True]
    for config in kept:
        config.use_cache = False
    return ("use_cache is taken as False: one pass keeps no keys and values",) if kept else ()


def call(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> object:
    """Call what is the user's; frames from here on outwards are the worker's."""
    return function(*args, **kwargs)


def _tensor(spec: InputSpec) -> torch.Tensor:
    """Ones: where a model looks at them, they are a valid index and no degenerate picture."""
    return torch.ones(spec.shape, dtype=getattr(torch, spec.dtype))


def _as_inputs(given: object) -> tuple[Any, ...] | Mapping[str, Any]:
    if isinstance(given, Mapping):
        return given
    return tuple(given) if isinstance(given, (tuple, list)) else (given,)


def _split(
    given: tuple[Any, ...] | Mapping[str, Any],
) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    return ((), given) if isinstance(given, Mapping) else (given, {})


def _described(made: object) -> str:
    if isinstance(made, type):
        return f"the class {made.__name__}"
    name = type(made).__name__
    return "None" if made is None else f"{'an' if name[:1] in 'AEIOUaeio' else 'a'} {name}"
