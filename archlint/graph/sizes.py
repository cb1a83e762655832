"""Sizes of a model's inputs: those of the file, those asked for, those assumed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from archlint.did_you_mean import did_you_mean
from archlint.errors import UsageError
from archlint.graph.axis_uses import AxisUses, Dim, Use
from archlint.graph.batch import batched_inputs, is_row_name
from archlint.graph.symbols import value_of

__all__ = ["MOST", "InputSizes", "Sizes", "bind_sizes"]

_BATCH = 1
_IMAGE_CHANNELS = 3
_IMAGE_SIDE = 224
_OTHER = 128
MOST = 2**31 - 1
"""What ONNX and its runtimes take for a dim of an input."""
_MOST_IMAGE_CHANNELS = 4
_CHANNELS_FIRST = ("channels", "height", "width")
_ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class InputSizes:
    """One input: its dims in the file (None: no rank) and its sizes (None: still unknown).

    `assumed` are the axes whose size is.
    """

    name: str
    declared: tuple[Dim, ...] | None
    sizes: tuple[int, ...] | None
    assumed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sizes:
    """All inputs, the size of each symbol, and one line per assumption.

    `overridden` says that a static size of the file was changed, `open` that a size was open.
    `batched` are the inputs that have the batch, with its axis.
    """

    inputs: tuple[InputSizes, ...]
    symbols: Mapping[str, int]
    assumptions: tuple[str, ...]
    overridden: bool
    open: bool
    batched: Mapping[str, int] = field(default_factory=dict)

    @property
    def batch(self) -> int | None:
        """How many are computed at once, None where no input has such a dim."""
        return next((each.sizes[axis] for each, axis in self._of_batch if each.sizes), None)

    @property
    def batch_is_assumed(self) -> bool:
        """Whether neither the file nor who asked says it."""
        return any(axis in each.assumed for each, axis in self._of_batch)

    @property
    def declared_batch(self) -> Dim:
        """What the file says of the batch."""
        return next((each.declared[axis] for each, axis in self._of_batch if each.declared), None)

    @property
    def _of_batch(self) -> Iterable[tuple[InputSizes, int]]:
        by_name = {each.name: each for each in self.inputs}
        return ((by_name[name], axis) for name, axis in self.batched.items())


def bind_sizes(
    declared: Mapping[str, tuple[Dim, ...] | None],
    *,
    batch: int | None = None,
    inputs: Mapping[str, tuple[int, ...]] | None = None,
    dims: Mapping[str, int] | None = None,
    counted: Iterable[str] = (),
    uses: AxisUses = MappingProxyType({}),
) -> Sizes:
    """Give every dim of every input a size: asked for, else of the file, else assumed.

    `batch` is a dim of the inputs that have one (see `batched_inputs`), by `uses` the file's own.
    `counted` are operators of which data tell how many they keep: `dims` may name them as well.
    Raises UsageError for unknown names and for sizes that contradict each other.
    """
    asked = _by_name(declared, inputs or {})
    symbols = _bind_symbols(declared, dims or {}, counted)
    for name, shape in asked.items():
        _bind_shape(name, declared[name], shape, symbols, dims or {})
    fixed = dict(declared)
    batched = batched_inputs(declared, uses)
    if batch is not None:
        _check_size("batch", batch)
        if not batched:
            raise UsageError("batch: no input has one: the first dims count rows, points or time")
        for name, axis in batched.items():
            own = declared[name] or ()
            dim = own[axis]
            if name in asked:
                found = asked[name][axis]
                if found != batch:
                    raise UsageError(f"input {name}: batch is {found} and {batch} at once")
            elif isinstance(dim, str):
                _bind(dim, batch, symbols)
            else:
                fixed[name] = (*own[:axis], batch, *own[axis + 1 :])
    assumptions: list[str] = []
    bound: dict[str, InputSizes] = {}
    for name, wanted in sorted(fixed.items(), key=_has_sums):
        if name in asked:
            bound[name] = InputSizes(name, declared[name], asked[name], ())
        elif wanted is None:
            bound[name] = InputSizes(name, None, None, ())
        else:
            guess = _Guess(name, wanted, batched.get(name, -1), uses)
            bound[name] = _fill(guess, declared[name], symbols, assumptions)
    ordered = [bound[name] for name in declared]
    return Sizes(
        tuple(ordered),
        symbols,
        tuple(assumptions),
        overridden=any(
            isinstance(old, int) and old != new
            for each in ordered
            for old, new in zip(each.declared or (), each.sizes or (), strict=False)
        ),
        open=any(not isinstance(dim, int) for shape in declared.values() for dim in shape or ()),
        batched=batched,
    )


def _has_sums(named: tuple[str, tuple[Dim, ...] | None]) -> bool:
    """Whether a dim is arithmetic on symbols, which other inputs may have on their own."""
    return any(isinstance(dim, str) and not dim.isidentifier() for dim in named[1] or ())


def _by_name(
    declared: Mapping[str, tuple[Dim, ...] | None], inputs: Mapping[str, tuple[int, ...]]
) -> dict[str, tuple[int, ...]]:
    asked = {}
    for name, shape in inputs.items():
        if not name and len(declared) != 1:
            raise UsageError(f"a shape without an input's name, but {_list('input', declared)}")
        key = name or next(iter(declared))
        if key not in declared:
            raise UsageError(f"no input {_quoted(key)}{_hint(key, declared, 'input')}")
        for size in shape:
            _check_size(f"input {key}", size)
        expected = declared[key]
        if expected is not None and len(expected) != len(shape):
            given = "x".join(map(str, shape))
            raise UsageError(f"input {key} has {len(expected)} dims, but {given} has {len(shape)}")
        asked[key] = shape
    return asked


def _bind_symbols(
    declared: Mapping[str, tuple[Dim, ...] | None], dims: Mapping[str, int], counted: Iterable[str]
) -> dict[str, int]:
    known = dict.fromkeys(
        dim for shape in declared.values() for dim in shape or () if isinstance(dim, str)
    )
    known.update(dict.fromkeys(counted))
    for symbol, size in dims.items():
        if symbol not in known:
            raise UsageError(f"no dim {_quoted(symbol)}{_hint(symbol, known, 'symbolic dim')}")
        _check_size(f"dim {symbol}", size)
    return dict(dims)


def _bind_shape(
    name: str,
    declared: tuple[Dim, ...] | None,
    shape: tuple[int, ...],
    symbols: dict[str, int],
    dims: Mapping[str, int],
) -> None:
    """What a shape says of symbols; exporters may give one to what differs, so the first counts."""
    for dim, size in zip(declared or (), shape, strict=False):
        if isinstance(dim, str):
            if dims.get(dim, size) != size:
                raise UsageError(f"input {name}: {dim} is {dims[dim]} and {size} at once")
            symbols.setdefault(dim, size)


def _bind(symbol: str, size: int, symbols: dict[str, int]) -> None:
    if symbols.setdefault(symbol, size) != size:
        raise UsageError(f"dim {symbol} is {symbols[symbol]} and {size} at once")


@dataclass(frozen=True, slots=True)
class _Guess:
    """What the open dims of an input are taken to be; `batch` is the axis of its batch, or -1."""

    name: str
    dims: tuple[Dim, ...]
    batch: int
    uses: AxisUses

    def of(self, axis: int) -> tuple[str, int, str]:
        """What an open dim is called, what it is taken to be, and whether by a weight."""
        use, dims = self.uses.get((self.name, axis)), self.dims
        if isinstance(use, int) and 0 < use <= MOST:
            return "channels", use, "by a weight"
        if axis == self.batch or (axis == 0 and use is None and not is_row_name(dims[0])):
            return "batch", _BATCH, _ASSUMED
        if use is Use.ROWS or is_row_name(dims[axis]):
            return f"dim {axis}", _OTHER, _ASSUMED
        if use is Use.SIDE and len(dims) < 4:
            return f"dim {axis}", _IMAGE_SIDE, _ASSUMED
        if len(dims) == 4 and axis:
            last = dims[3]
            channels_last = isinstance(last, int) and last <= _MOST_IMAGE_CHANNELS
            words = ("height", "width", "channels") if channels_last else _CHANNELS_FIRST
            word = words[axis - 1]
            return word, _IMAGE_CHANNELS if word == "channels" else _IMAGE_SIDE, _ASSUMED
        return f"dim {axis}", _OTHER, _ASSUMED


def _fill(
    guess: _Guess,
    declared: tuple[Dim, ...] | None,
    symbols: dict[str, int],
    assumptions: list[str],
) -> InputSizes:
    sizes = []
    assumed = []
    for axis, dim in enumerate(guess.dims):
        size = value_of(dim, symbols) if isinstance(dim, str) else dim
        if size is None:
            word, size, how = guess.of(axis)
            if isinstance(dim, str):
                word = dim
                symbols[dim] = size
            assumptions.append(f"input {guess.name}: {word} = {size} ({how})")
            if how == _ASSUMED:
                assumed.append(axis)
        sizes.append(size)
    return InputSizes(guess.name, declared, tuple(sizes), tuple(assumed))


def _check_size(what: str, size: int) -> None:
    if size < 1:
        raise UsageError(f"{what}: a size is 1 or more, not {size}")
    if size > MOST:
        raise UsageError(f"{what}: a size is {MOST} or less")


def _hint(name: str, known: Iterable[str], kind: str) -> str:
    names = list(known)
    return did_you_mean(name, names) or f"; {_list(kind, names)}"


def _list(kind: str, names: Iterable[str]) -> str:
    listed = [_quoted(name) for name in names]
    if not listed:
        return f"the model has no {kind}"
    return f"the model has the {kind}{'s' * (len(listed) > 1)} {', '.join(listed)}"


def _quoted(name: str) -> str:
    return f'"{name}"'
