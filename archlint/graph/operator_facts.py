"""What is true of an operator type whatever the model, the runtime and the target."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

__all__ = ["NO_FACTS", "Category", "Elements", "OperatorFacts", "Per", "Reads", "Work"]


class Work(Enum):
    """What sort of work an operator does."""

    CONV = "conv"
    TRANSPOSED_CONV = "transposed conv"
    PRODUCT = "product"
    POOL = "pool"
    ACTIVATION = "activation"
    ELEMENTWISE = "element-wise"
    NORMALISATION = "normalisation"
    SOFTMAX = "softmax"
    REDUCTION = "reduction"
    MOVEMENT = "movement"
    VIEW = "view"
    IDENTITY = "identity"
    """Hands on its input as it is."""
    RECURRENCE = "recurrence"
    CONTRACTION = "contraction"
    """A sum of products over named axes."""
    SAMPLING = "sampling"
    """Reads a map at points that another tensor names."""
    ATTENTION = "attention"
    SCAN = "scan"
    """Each result needs the one before it along the axis."""
    FUNCTION = "function"
    """Does what no other operator does."""
    SOURCE = "source"
    """Makes elements of none or of a few: constants, ranges, windows."""
    RANDOM = "random"
    CONTROL = "control"
    OTHER = "other"


class Per(Enum):
    """What an operator's FLOPs are counted for each of."""

    OUTPUT = "element of the first output"
    INPUT = "element of the first input"
    FORMULA = "by a formula of its own, in flops.py"
    UNKNOWN = "nobody has counted them"


class Reads(Enum):
    """Which bytes an operator reads: what its memory access cost counts."""

    ALL = "every input"
    FIRST = "the first input; the others are settings"
    KEPT = "of the first input what it keeps"
    PICKED = "of the first input what it keeps, and the indices of that"
    NOTHING = "nothing, nor does it write"


class Elements(Enum):
    """What elements an operator computes on."""

    ANY = "numbers"
    WHOLE = "whole numbers"
    TRUTH = "truth values"


class Category(Enum):
    """Kinds of operators of which one may stand for another, to who compares two networks."""

    CONV = "conv"
    LINEAR = "linear"
    ACTIVATION = "activation"
    NORMALISATION = "normalisation"
    POOL = "pool"
    JOIN = "join"
    BOOKKEEPING = "bookkeeping"
    """Exporters need more or fewer of them for one network."""
    OTHER = "other"


_CATEGORIES = {
    Work.CONV: Category.CONV,
    Work.TRANSPOSED_CONV: Category.CONV,
    Work.ACTIVATION: Category.ACTIVATION,
    Work.NORMALISATION: Category.NORMALISATION,
    Work.POOL: Category.POOL,
    Work.MOVEMENT: Category.BOOKKEEPING,
    Work.VIEW: Category.BOOKKEEPING,
    Work.IDENTITY: Category.BOOKKEEPING,
    Work.SOURCE: Category.BOOKKEEPING,
}
_WITHOUT_KERNEL = frozenset({Work.CONTROL, Work.OTHER})


class OperatorFacts(NamedTuple):
    """The facts of one operator type.

    `flops` are those for each element that `per` says; exp, erf and tanh count 1.  `operands` is
    how many tensors of its output's size it reads as a rule, `weights` are the inputs at which a
    constant is its weight, in the order in which they are looked at.  `runs_as` names the operator
    type whose kernel runs it, "" for its own; `unpriced` says that none of the kernels that
    tables hold does its work.  `slow` marks what takes a function, a division or a branch for each
    element, where others of its work compare, add or multiply: a CPU may need a hundred times as
    long for it, so nothing else tells its time. `same_elements` says that it gives the elements of
    its first input, all of them, in whatever shape and order, `recasts` that it gives them in
    another dtype; `along_axis` that it joins or cuts along one axis; `gives_truth` that its results
    are truth values; `packed` that a byte of its weight holds several numbers, K x N. A named
    tuple, for every run makes all of them: a frozen dataclass takes four times as long.
    """

    work: Work
    flops: int = 0
    per: Per = Per.OUTPUT
    reads: Reads = Reads.ALL
    operands: int = 1
    weights: tuple[int, ...] = ()
    elements: Elements = Elements.ANY
    runs_as: str = ""
    unpriced: bool = False
    slow: bool = False
    same_elements: bool = False
    recasts: bool = False
    along_axis: bool = False
    gives_truth: bool = False
    packed: bool = False
    stands_for: Category | None = None
    """Its category where that does not follow from its work."""

    @property
    def category(self) -> Category:
        """What it is to who compares two networks."""
        return self.stands_for or _CATEGORIES.get(self.work, Category.OTHER)

    @property
    def has_kernel(self) -> bool:
        """Whether tables can hold kernels of it."""
        return not self.unpriced and self.work not in _WITHOUT_KERNEL


NO_FACTS = OperatorFacts(Work.OTHER, per=Per.UNKNOWN)
"""Of an operator type that archlint does not know."""
