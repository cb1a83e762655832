"""`archlint.explain`, `diff`, `verify` and `targets`: doors to what the commands call."""

from __future__ import annotations

from collections.abc import Mapping

from archlint.api.document import as_document
from archlint.api.models import Model, asked_shapes, one_source, sources
from archlint.api.options import Paths, Words, asked_options, words
from archlint.api.results import DiffReport, Explanation, Targets, Verification
from archlint.errors import UsageError
from archlint.linter.source import name_of

__all__ = ["diff", "explain", "targets", "verify"]


def explain(
    model: Model,
    operator: str | None = None,
    inputs: object = None,
    *,
    targets: Words = (),
    target_paths: Paths = (),
    select: Words = (),
    batch: int | None = None,
    dims: Mapping[str, int] | None = None,
) -> Explanation:
    """Each operator's kernel and price, and why each rule fired or not.

    `operator` is a name or a module, or a glob of either; the rest is as in `archlint.lint`.
    Raises ModelError where the model has no price, UsageError for what is not there.
    """
    from archlint.commands.explain import explain as explained

    source = one_source(model, inputs)
    shapes = asked_shapes([source], inputs)
    options = asked_options(targets, target_paths, batch, dims, shapes, select=select)
    return as_document(Explanation, explained(source, operator, options))


def diff(
    base: object,
    head: object,
    inputs: object = None,
    *,
    targets: Words = (),
    target_paths: Paths = (),
    select: Words = (),
    batch: int | None = None,
    dims: Mapping[str, int] | None = None,
) -> DiffReport:
    """What is new, gone and unchanged from one version of a model to another.

    Of several models, or folders, the first is held against the first and so on.
    """
    from archlint.commands.diff import Versions
    from archlint.commands.diff import diff as compared
    from archlint.results.model_diff import Gate

    before, after = sources(base, inputs), sources(head, inputs)
    if len(before) != len(after):
        raise UsageError(
            f"expected as many models on both sides, found {len(before)}, {len(after)}"
        )
    shapes = asked_shapes((*before, *after), inputs)
    options = asked_options(targets, target_paths, batch, dims, shapes, select=select)
    versions = [Versions(name_of(new), old, new) for old, new in zip(before, after, strict=True)]
    return as_document(DiffReport, compared(versions, options, Gate()))


def verify(
    models: object,
    inputs: object = None,
    *,
    targets: Words = (),
    target_paths: Paths = (),
    select: Words = (),
    batch: int | None = None,
    dims: Mapping[str, int] | None = None,
    places: int = 3,
    sessions: int = 7,
    whole: bool = False,
) -> Verification:
    """Have the findings of models run on this device, their kernels now against instead.

    The `places` costliest distinct ones of each finding, in `sessions` pairs of sessions, and
    the `whole` model against its predicted time.  It takes minutes.  Raises NotHereError where no
    target was measured on this device.
    """
    from archlint.commands.verify import Request, choose_target
    from archlint.commands.verify import verify as verified
    from archlint.linter import examine

    found = sources(models, inputs)
    shapes = asked_shapes(found, inputs)
    chosen = choose_target(asked_options(targets, target_paths, batch, dims, shapes, select=select))
    examined, report = examine(found, chosen.options)
    done = verified(
        examined,
        chosen,
        Request(sessions, places, whole=whole),
        progress=_silent,
        problems=report.problems,
    )
    return as_document(Verification, done)


def _silent(done: int, total: int, doing: str) -> None:
    """Tell nobody how far it is."""


def targets(names: Words = (), *, target_paths: Paths = ()) -> Targets:
    """What can be priced for, or what names, short names and groups mean of it."""
    from os import fspath

    from archlint.linter import targets as known

    return Targets(known([fspath(each) for each in target_paths], words(names)))
