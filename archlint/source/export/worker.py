"""The process that runs the user's code."""

from __future__ import annotations

import faulthandler
import os
import signal
from pathlib import Path

from archlint.doing import doing, hear
from archlint.source.export.elsewhere import check_imports, redirect_imports
from archlint.source.export.failure import Absent, reason_of
from archlint.source.export.libraries import Libraries
from archlint.source.export.overlay import texts_instead
from archlint.source.export.peak import peak_memory
from archlint.source.export.protocol import (
    ANSWER,
    DOING,
    PROTO,
    TRACE,
    Answer,
    Request,
    read_request,
)

__all__ = ["main"]


def main(name: str) -> None:
    """Answer the request in a folder; only the process that was started may answer."""
    folder = Path(name)
    process, start = os.getpid(), str(Path.cwd())
    _watch_faults(folder)
    hear(lambda what: _say(folder, what))
    request = read_request(folder)
    libraries = Libraries.of(request.packages)
    try:
        answer = _answer(request, libraries, folder)
    except BaseException as error:  # whatever the user's code raises, SystemExit too
        answer = Answer(reason_of(error, libraries, start), isinstance(error, Absent))
    if os.getpid() != process:
        os._exit(0)
    part = folder / f"{ANSWER}.part"
    part.write_text(answer.to_json(), encoding="utf-8")
    part.rename(folder / ANSWER)
    os._exit(0)  # threads and exit handlers of the user's have nothing to say any more


def _say(folder: Path, what: str) -> None:
    """Have the parent read what is being done, whole or not at all."""
    part = folder / f"{DOING}.part"
    part.write_text(what, encoding="utf-8")
    part.replace(folder / DOING)


def _watch_faults(folder: Path) -> None:
    """Have Python write where it is when it dies, and when the parent asks."""
    trace = os.open(folder / TRACE, os.O_WRONLY | os.O_CREAT)
    faulthandler.enable(trace)
    if hasattr(signal, "SIGUSR1"):
        faulthandler.register(signal.SIGUSR1, trace)


def _answer(request: Request, libraries: Libraries, folder: Path) -> Answer:
    doing("loading PyTorch")
    import torch  # here, so that without it there is one clear line

    from archlint.source.export.pipeline import export_request

    torch.manual_seed(0)
    if request.elsewhere is not None:
        redirect_imports(request.elsewhere)
    with texts_instead(request.edits):
        result = export_request(request, libraries)
    if request.elsewhere is not None:
        check_imports(request.elsewhere)
    (folder / PROTO).write_bytes(result.proto.SerializeToString())
    return Answer("", False, result.record, result.remarks, libraries.folders, peak_memory())
