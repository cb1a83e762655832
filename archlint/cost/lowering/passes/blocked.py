"""The layout pass: what runs on blocked tensors, and the reorders between the layouts."""

from __future__ import annotations

from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.passes.fusion import constant_operand, is_by_channel, is_conv
from archlint.cost.lowering.passes.generic_pools import counts_rounded_padding
from archlint.cost.lowering.passes.map_origins import MapOrigins
from archlint.cost.lowering.runtime_rules import Blocked, RuntimeRules
from archlint.graph.operator import Operator, Tensor

__all__ = ["BLOCKED", "STEM", "conv_path", "put_blocked"]

BLOCKED, STEM = "nchwc", "nchwc-stem"
_TO_NHWC, _TO_NCHW = (0, 2, 3, 1), (0, 3, 1, 2)


def conv_path(c_in: int, c_out: int, groups: int, layout: Blocked) -> str:
    """The path of a conv over a map of two dims: blocked, reading plain, or "" for plain."""
    if groups == 1:
        if c_in < layout.block:
            return STEM
        return "" if c_in % layout.align else BLOCKED
    if c_out % layout.align:
        return ""
    if groups == c_in == c_out:
        return BLOCKED
    whole = (c_in // groups) % layout.block == 0 and (c_out // groups) % layout.block == 0
    return BLOCKED if whole else ""


def put_blocked(graph: PassGraph, lowering: RuntimeRules) -> None:
    """Put convs and what can follow them on blocked tensors, with reorders around these."""
    if lowering.blocked is not None:
        _Blocking(graph, lowering.blocked).run()


class _Blocking:
    def __init__(self, graph: PassGraph, layout: Blocked) -> None:
        self._graph, self._layout = graph, layout
        self._blocked: dict[str, Tensor] = {}
        """By the name of a tensor that a blocked step makes: the tensor, with that maker."""
        self._left: dict[str, int] = {}
        """How many of its uses are not (yet) on the blocked tensor."""
        self._inputs: dict[str, Step] = {}
        self._readers: dict[str, set[int]] = {}
        self._maps = MapOrigins(are_asked=bool(graph.open))

    def run(self) -> None:
        for step in self._graph:
            self._place(step)
        for name, left in list(self._left.items()):
            if left > 0:
                self._reorder_output(self._blocked[name])

    def _place(self, step: Step) -> None:
        layout = self._layout
        if is_conv(step):
            self._conv(step)
        elif step.name in layout.pools:
            self._pool(step)
        elif step.name in layout.maps and len(step.reads) == 1:
            self._map(step)
        elif step.name in layout.joins and len(step.op.inputs) > 1:
            self._join(step)
        elif step.name == "Concat":
            self._concat(step)
        elif step.name == "BatchNormalization":
            if self._has(step.reads[0]):
                self._as_depthwise(step)
        elif step.name in ("Resize", "Upsample"):
            self._resize(step)
        elif step.name == "Transpose":
            self._transpose(step)

    def _conv(self, step: Step) -> None:
        weight = step.op.weight.shape if step.op.weight is not None else None
        source = step.reads[0].shape
        if source is None or weight is None or {len(source), len(weight), len(step.shape)} != {4}:
            return
        step.path = conv_path(source[1], step.shape[1], step.op.groups, self._layout)
        if step.path:
            self._maps.of_window(step, step.reads[0] if self._has(step.reads[0]) else None)
        if step.path == BLOCKED:
            self._read_or_reorder(step)
        if step.path:
            self._make(step)

    def _pool(self, step: Step) -> None:
        shape = step.reads[0].shape or ()
        if counts_rounded_padding(step):
            return
        if step.name.startswith("Global") and not self._has(step.reads[0]):
            return  # what it leaves is quicker reordered than what it reads
        if len(shape) == 4 and len(step.writes) == 1 and shape[1] % self._layout.block == 0:
            step.path = BLOCKED
            self._maps.of_window(step, step.reads[0] if self._has(step.reads[0]) else None)
            self._read_or_reorder(step)
            self._make(step)

    def _map(self, step: Step) -> None:
        source = step.reads[0]
        if not self._has(source):
            return
        conv = self._graph.maker(source)
        free = conv is not None and is_conv(conv) and self._graph.uses(source) == 1
        free = free and step.shape == self._blocked[source.name].shape
        self._maps.copied(step, source)
        if conv is not None and free and step.name in self._layout.fuse and _is_open(conv):
            self._fuse(conv, step, source)
            conv.epilogue.append(step.name)
        else:
            self._read(step, source)
            self._make(step)

    def _join(self, step: Step) -> None:
        if len(step.reads) == 1:
            constant = constant_operand(step.op)
            scales = constant is not None and is_by_channel(constant, step.shape)
            if step.name == "Mul" and scales and self._has(step.reads[0]):
                self._as_depthwise(step)
            return
        if not all(self._has(tensor) for tensor in step.reads):
            return
        if any(tensor.shape != step.reads[0].shape for tensor in step.reads):
            return
        if len(step.reads) != len(step.op.inputs):
            return
        if step.output.name in self._graph.open and not self._of_one_size(step):
            self._join_flat(step)
            return
        self._maps.copied(step, step.reads[0])
        if step.name in self._layout.sums and len(step.reads) == 2 and self._sum(step):
            return
        if step.name == "Mul" and self._gate(step):
            return
        for tensor in step.reads:
            self._read(step, tensor)
        self._make(step)

    def _of_one_size(self, step: Step) -> bool:
        return all(self._maps.same(step.reads[0], tensor) for tensor in step.reads[1:])

    def _join_flat(self, step: Step) -> None:
        """What may be of several sizes is reshaped before and behind, and nothing fuses it."""
        output = step.output
        for place, tensor in enumerate(list(step.reads)):
            flat = Tensor(f"{output.name}/flat{place}", tensor.shape, tensor.dtype)
            reshape = self._graph.insert("Reshape", step, -1, tensor, flat)
            self._read(reshape, tensor)
            self._graph.read_instead(step, tensor, flat)
        flat = Tensor(f"{output.name}/flat", output.shape, output.dtype)
        step.writes = [flat]
        self._graph.makes(step, flat)
        self._make(self._graph.insert("Reshape", step, 1, flat, output))

    def _sum(self, step: Step) -> bool:
        """Whether a conv takes the other operand as an input of its own."""
        for tensor, other in (step.reads, step.reads[::-1]):
            conv = self._graph.maker(tensor)
            if conv is None or not _is_blocked_conv(conv) or conv.epilogue:
                continue
            if self._graph.uses(tensor) == 1 and tensor.shape == conv.output.shape:
                self._read(step, other)
                self._fuse(conv, step, tensor)
                conv.epilogue.append("Add")
                return True
        return False

    def _gate(self, step: Step) -> bool:
        """Whether the product of a conv and an activation of it becomes the conv's epilogue."""
        if step.output.name in self._graph.outputs:
            return False
        for gate, source in (step.reads, step.reads[::-1]):
            inner, conv = self._graph.maker(gate), self._graph.maker(source)
            if inner is None or conv is None or inner.reads[0].name != source.name:
                continue
            kinds = [kind for kind, each in self._layout.gated.items() if each == inner.name]
            if not kinds or not _is_blocked_conv(conv) or not _is_open(conv):
                continue
            if self._graph.uses(source) == 2 and self._graph.uses(gate) == 1:
                self._graph.absorb(conv, inner)
                self._graph.absorb(conv, step)
                for name in (gate.name, source.name):
                    del self._left[name], self._blocked[name]
                self._make(conv)
                conv.epilogue.append(kinds[0])
                return True
        return False

    def _concat(self, step: Step) -> None:
        if step.op.attributes.get("axis") not in (1, 1 - len(step.shape)):
            return
        if len(step.reads) != len(step.op.inputs) or not step.reads:
            return
        self._maps.copied(step, step.reads[0])
        for tensor in step.reads:
            if not self._has(tensor) or (tensor.shape or (0, 1))[1] % self._layout.block:
                return
        for tensor in step.reads:
            self._read(step, tensor)
        self._make(step)

    def _as_depthwise(self, step: Step) -> None:
        """A factor (and an addend) for each channel is a depthwise conv of one weight."""
        shape = step.shape
        if len(shape) != 4:
            return
        weight = Tensor(f"{step.output.name}/weight", (shape[1], 1, 1, 1), step.output.dtype, True)
        step.op = Operator(
            step.op.index, step.op.name, "Conv", "", (step.reads[0], weight), tuple(step.writes),
            {"group": shape[1], "kernel_shape": (1, 1)}, weight=weight,
        )  # fmt: skip
        step.name, step.path, step.bias = "Conv", BLOCKED, True
        self._maps.copied(step, step.reads[0])
        self._read(step, step.reads[0])
        self._make(step)

    def _resize(self, step: Step) -> None:
        shape, out = step.reads[0].shape or (), step.shape
        if not self._has(step.reads[0]) or len(out) != 4 or shape[:2] != out[:2]:
            return
        if any(size % before for size, before in zip(out[2:], shape[2:], strict=True)):
            return
        attributes = step.op.attributes
        mode = attributes.get("mode", "nearest")
        how = attributes.get("coordinate_transformation_mode", "half_pixel")
        if step.name == "Upsample":
            how = "asymmetric"
        elif mode == "nearest" and attributes.get("nearest_mode") != "floor":
            return
        if f"{mode} {how}" in self._layout.resizes:
            step.path = BLOCKED
            self._read(step, step.reads[0])
            self._make(step)

    def _transpose(self, step: Step) -> None:
        if step.op.attributes.get("perm") == _TO_NHWC and self._has(step.reads[0]):
            self._read(step, step.reads[0])
            step.name, step.path = "ReorderOutput", "nhwc"

    def _has(self, tensor: Tensor) -> bool:
        return tensor.name in self._blocked

    def _make(self, step: Step) -> None:
        """Note that a step's output is blocked."""
        self._blocked[step.output.name] = step.output
        self._left[step.output.name] = self._graph.uses(step.output)

    def _read(self, step: Step, tensor: Tensor) -> None:
        """Note that one use of a tensor is on its blocked form."""
        self._left[tensor.name] -= 1
        self._readers.setdefault(tensor.name, set()).add(id(step))

    def _fuse(self, conv: Step, step: Step, between: Tensor) -> None:
        self._graph.absorb(conv, step)
        del self._left[between.name], self._blocked[between.name]
        self._make(conv)

    def _read_or_reorder(self, step: Step) -> None:
        """Let a step read its first input blocked, reordered for all that read it so."""
        tensor = step.reads[0]
        if self._has(tensor):
            self._read(step, tensor)
            return
        reorder = self._inputs.get(tensor.name)
        if reorder is None:
            reorder = self._inputs[tensor.name] = self._reorder_input(step, tensor)
        self._graph.read_instead(step, tensor, reorder.output)

    def _reorder_input(self, step: Step, tensor: Tensor) -> Step:
        maker = self._graph.only_maker(tensor)
        perm = maker.op.attributes.get("perm") if maker is not None else None
        if maker is not None and maker.name == "Transpose" and perm == _TO_NCHW:
            # the reorder reads the other order itself
            maker.name, maker.path = "ReorderInput", "nhwc"
            return maker
        maker = self._graph.maker(tensor)
        made = Tensor(f"{tensor.name}/blocked", tensor.shape, tensor.dtype)
        reorder = self._graph.insert("ReorderInput", step, -1, tensor, made)
        if maker is not None:
            reorder.cause, reorder.forced = maker.op.index, True
        return reorder

    def _reorder_output(self, tensor: Tensor) -> None:
        maker = self._graph.maker(tensor)
        if maker is None:
            return
        blocked = self._readers.get(tensor.name, set())
        plain = [step for step in self._graph.readers(tensor) if id(step) not in blocked]
        first = min(plain, key=lambda step: step.rank) if plain else None
        if first is not None:
            # of another shape where a Concat between the two is imagined away
            tensor = next(each for each in first.reads if each.name == tensor.name)
        made = Tensor(f"{tensor.name}/plain", tensor.shape, tensor.dtype)
        reorder = self._graph.insert("ReorderOutput", maker, 1, tensor, made)
        if first is not None:
            reorder.cause, reorder.forced = first.op.index, True


def _is_blocked_conv(step: Step) -> bool:
    return is_conv(step) and bool(step.path)


def _is_open(conv: Step) -> bool:
    """Whether it can still take an activation: none but a sum so far."""
    return bool(conv.path) and conv.epilogue in ([], ["Add"])
