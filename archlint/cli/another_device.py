"""A line on stderr where times are those of a near relative of this machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archlint.settings.options import Options

__all__ = ["tell_of_relatives"]


def tell_of_relatives(options: Options) -> None:
    """Say in a line which of the shipped targets are of a CPU that this one is easily taken for.

    That is another one of the same vendor's family: nobody takes the times of a GPU for those of
    this machine.  Of a target of their own people know where it was measured, and a CI lints for a
    device, whatever it runs on: then nothing is said.  Nor is it in a report, which is the same
    everywhere.
    """
    if not options.targets or os.environ.get("CI"):
        return
    from archlint.cli.output import complain
    from archlint.linter.registry import locate
    from archlint.linter.target_places import find_target_files
    from archlint.measure.cpu import this_cpu

    shipped = [each.target for each in locate(options) if each.place.is_shipped]
    others = [(each, each.cpu) for each in shipped if each.cpu is not None]
    if not others:
        return
    here = this_cpu()
    relatives = [
        target
        for target, cpu in others
        if cpu.is_relative(here.cpu) and target.device != here.device
    ]
    if not relatives:
        return
    alike = {_alike(each.runtime, each.dtype, each.threads) for each in relatives}
    heads = {
        name: each.files.head for name, each in find_target_files(options.target_paths).items()
    }
    of_it = [
        name
        for name, head in heads.items()
        if head.get("device") == here.device
        and _alike(*(str(head.get(key)) for key in ("runtime", "dtype", "threads"))) in alike
    ]
    names = ", ".join(each.name for each in relatives)
    devices = " and ".join(dict.fromkeys(each.device for each in relatives))
    instead = f"{', '.join(of_it)} is of this one" if of_it else "`archlint measure` measures it"
    complain(
        f"this machine is not the device of {names}, {devices}, but a near relative, {here.device}:"
        f" its times differ; {instead}"
    )


def _alike(runtime: str, dtype: str, threads: str) -> tuple[str, str, str]:
    """What targets have in common that differ in the device and the runtime's version alone."""
    return runtime.partition(" ")[0], dtype, threads
