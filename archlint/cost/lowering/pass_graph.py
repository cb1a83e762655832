"""The graph of a model under the passes of a runtime."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from archlint.graph.operator import NO_TENSOR, Attribute, Operator, Tensor

__all__ = ["PassGraph", "Step"]


@dataclass(slots=True, eq=False)
class Step:
    """An operator of the graph under passes; `rank` is its place in the order of the operators.

    `op` holds attributes and shapes, `name` the operator type that runs, "" for an operator that
    nothing is known of.  `reads` and `writes` are its run-time tensors now, `members` the model's
    operators in it, empty for one that the runtime adds: `cause` is then the operator that it is
    there for, `forced` says that it is a reorder which that operator forces.  What is not
    `launched` costs nothing.
    """

    op: Operator
    name: str
    rank: tuple[int, int]
    members: list[int]
    reads: list[Tensor]
    writes: list[Tensor]
    epilogue: list[str] = field(default_factory=list)
    path: str = ""
    bias: bool = False
    cause: int | None = None
    forced: bool = False
    launched: bool = True
    alive: bool = True

    @property
    def output(self) -> Tensor:
        """The first tensor that it makes."""
        return self.writes[0] if self.writes else NO_TENSOR

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of its first output, () where unknown."""
        return self.output.shape or ()

    @property
    def permutation(self) -> tuple[int, ...]:
        """The permutation of a Transpose: the dims in reverse where it says none."""
        perm = self.op.attributes.get("perm")
        if isinstance(perm, tuple) and perm:
            return tuple(int(each) for each in perm)
        return tuple(reversed(range(len(self.shape))))


class PassGraph:
    """Steps, and who makes and reads each tensor; `open` are those with an open map.

    `sizes_known` says that the model leaves no size open.
    """

    def __init__(
        self,
        steps: Iterable[Step],
        outputs: Iterable[str],
        open_maps: Iterable[str],
        opset: int,
        *,
        sizes_known: bool,
    ) -> None:
        self.outputs: frozenset[str] = frozenset(outputs)
        self.open: frozenset[str] = frozenset(open_maps)
        self.opset: int = opset
        self.sizes_known: bool = sizes_known
        self._steps: list[Step] = []
        self._sorted = False
        self._makers: dict[str, Step] = {}
        self._readers: defaultdict[str, list[Step]] = defaultdict(list)
        for step in steps:
            self.add(step)

    def __iter__(self) -> Iterator[Step]:
        """The steps in topological order, as they were when the walk began."""
        if not self._sorted:
            self._steps.sort(key=lambda step: step.rank)
            self._sorted = True
        for step in list(self._steps):
            if step.alive:
                yield step

    def add(self, step: Step) -> None:
        """Put in a step whose tensors have their final names."""
        self._steps.append(step)
        self._sorted = False
        for tensor in step.writes:
            self._makers[tensor.name] = step
        for tensor in step.reads:
            self._readers[tensor.name].append(step)

    def insert(
        self, name: str, at: Step, place: int, source: Tensor, made: Tensor, **attributes: Attribute
    ) -> Step:
        """Put in an operator of the runtime's own, `place` places behind (or before) a step."""
        op = Operator(at.op.index, "", name, "", (source,), (made,), attributes)
        rank = (at.rank[0], at.rank[1] + place)
        step = Step(op, name, rank, [], list(op.activations), [made], cause=at.op.index)
        self.add(step)
        return step

    def move(self, step: Step, rank: tuple[int, int]) -> None:
        """Give a step another place in the order."""
        step.rank, self._sorted = rank, False

    def maker(self, tensor: Tensor) -> Step | None:
        """The step that makes a tensor, None for an input of the model."""
        return self._makers.get(tensor.name)

    def readers(self, tensor: Tensor) -> tuple[Step, ...]:
        """The steps that read a tensor, one as often as it reads it."""
        return tuple(self._readers[tensor.name])

    def uses(self, tensor: Tensor) -> int:
        """How often a tensor is read; being an output of the model counts once."""
        return len(self._readers[tensor.name]) + (tensor.name in self.outputs)

    def only_reader(self, tensor: Tensor) -> Step | None:
        """The step that alone reads a tensor that is no output of the model."""
        readers = self._readers[tensor.name]
        return readers[0] if len(readers) == 1 and tensor.name not in self.outputs else None

    def only_maker(self, tensor: Tensor) -> Step | None:
        """The step that makes a tensor, if it is read once and there only."""
        step = self._makers.get(tensor.name)
        return step if step is not None and self.uses(tensor) == 1 else None

    def read_instead(self, step: Step, old: Tensor, new: Tensor) -> None:
        """Let a step read another tensor, once."""
        place = next(i for i, tensor in enumerate(step.reads) if tensor.name == old.name)
        step.reads[place] = new
        self._readers[old.name].remove(step)
        self._readers[new.name].append(step)

    def all_read_instead(self, instead: Mapping[str, Tensor]) -> None:
        """Let all steps read other tensors, given by the names of those that they read now."""
        readers: dict[int, Step] = {}
        for old, new in instead.items():
            found = self._readers.pop(old, [])
            self._readers[new.name].extend(found)
            readers.update((id(step), step) for step in found)
        for step in readers.values():
            step.reads = [instead.get(each.name, each) for each in step.reads]

    def makes(self, step: Step, tensor: Tensor) -> None:
        """Note that a step makes a tensor."""
        self._makers[tensor.name] = step

    def also_read(self, step: Step, tensor: Tensor) -> None:
        """Let a step read one more tensor."""
        step.reads.append(tensor)
        self._readers[tensor.name].append(step)

    def drop(self, step: Step) -> None:
        """Take out a step whose outputs nobody reads any more."""
        for tensor in step.reads:
            self._readers[tensor.name].remove(step)
        step.alive = False

    def absorb(self, step: Step, gone: Step, into: Step | None = None) -> None:
        """Let `step`, which `gone` reads, do the work of `gone` as well and make its output.

        Where `step` only hands on what another step makes, the operators go `into` that one.
        """
        for tensor in gone.reads:
            self._readers[tensor.name].remove(gone)
            if self._makers.get(tensor.name) is not step:
                step.reads.append(tensor)
                self._readers[tensor.name].append(step)
        step.writes = [gone.output]
        self._makers[gone.output.name] = step
        (into or step).members.extend(gone.members)
        gone.alive = False

    def absorb_before(self, step: Step, gone: Step) -> None:
        """Let `step`, which alone reads what `gone` makes, read what `gone` reads."""
        source = gone.reads[0]
        self.read_instead(step, gone.output, source)
        self._readers[source.name].remove(gone)
        step.members.extend(gone.members)
        gone.alive = False
