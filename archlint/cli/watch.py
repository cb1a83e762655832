"""`archlint check --watch`: lint again when something has changed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from archlint.errors import UsageError

__all__ = ["WATCH", "watch"]

WATCH = "--watch"

_ENDS = (".onnx", ".py", ".pt2", ".toml")
"""Of models, their source, configurations, targets and known places."""
_NOT_WITH = (
    "--add-ignores", "--write-baseline", "--prune-baseline", "--show-files", "--show-settings",
)  # fmt: skip
_EVERY = 0.5  # s; a look takes some ms for a thousand files
_SHARE = 10
"""In a large tree a look is taken so much less often that it costs a tenth of a core."""
_CLEAR = "\x1b[2J\x1b[3J\x1b[H"
_ROOT = str(Path(__file__).resolve().parents[2])
_START = """
import sys
if sys.path[:1] == [""]:
    del sys.path[0]  # a file of the user's may be called like a module of archlint's
sys.path.append(sys.argv.pop(1))
from archlint.cli.program import program
program()
"""

_Seen = Mapping[str, tuple[int, int]]


def watch(words: Sequence[str]) -> int:
    """Lint as these words say, and again at each change, until it is interrupted: 130.

    Each run is a process of its own, which is ended where something changes meanwhile.  Watched are
    the models, Python files and configurations in the working folder and those that are named,
    and the configuration above.  Raises UsageError for what is done once, and where there is
    nothing to run again.
    """
    for each in words:
        if each == "-" or each.partition("=")[0] in _NOT_WITH:
            raise UsageError(f"{WATCH} does not go with {each.partition('=')[0]}")
    folders = list(_folders(words))
    command = [sys.executable, "-c", _START, _ROOT, *(each for each in words if each != WATCH)]
    seen, why = _look(folders), ""
    while True:
        if sys.stdout.isatty():
            sys.stdout.write(_CLEAR)
            sys.stdout.flush()
        if why:
            _say(why)
        process = subprocess.Popen(command)
        try:
            now = _changed(folders, seen, process)
        finally:
            _end(process)
        changed = sorted(each for each in {*seen, *now} if seen.get(each) != now.get(each))
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        seen, why = now, f"{os.path.relpath(changed[0])}{more} changed"


def _changed(folders: Sequence[str], seen: _Seen, process: subprocess.Popen[bytes]) -> _Seen:
    """What there is as soon as it is something else; says when the process has done its work."""
    is_told, spent = False, 0.0
    while True:
        time.sleep(max(_EVERY, spent * _SHARE))
        began = time.monotonic()
        now = _look(folders)
        spent = time.monotonic() - began
        if now != seen:
            return now
        if process.poll() is not None and not is_told:
            _say(f"watching {len(seen)} files; Ctrl-C ends")
            is_told = True


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a run as Ctrl-C does, with its exports; the terminal may have told it already."""
    try:
        if process.poll() is None:
            process.terminate() if os.name == "nt" else process.send_signal(signal.SIGINT)
        process.wait()
    except KeyboardInterrupt:
        process.kill()


def _folders(words: Iterable[str]) -> Iterator[str]:
    """The working folder, what is named beside it, and the files of the configuration above."""
    yield "."
    here = Path.cwd()
    for above in here.parents:
        yield from (str(above / name) for name in ("archlint.toml", "pyproject.toml"))
    for word in words:
        # of nets.py:Net the file, of --config=FILE and --source-root=FOLDER what they name
        for part in (word, word.rpartition(":")[0], word.partition("=")[2]):
            if part and os.path.exists(part) and not Path(part).resolve().is_relative_to(here):
                yield part


def _look(places: Iterable[str]) -> _Seen:
    """The files that count, by path, with when each was changed and how long it is."""
    from archlint.linter.found_models import is_searched

    found = {}
    for place in places:
        is_file = not os.path.isdir(place)
        walked = (
            [(os.path.dirname(place), [], [os.path.basename(place)])]
            if is_file
            else (os.walk(place))
        )
        for folder, inner, names in walked:
            inner[:] = [each for each in inner if is_searched(each)]
            for name in names:
                if is_file or name.lower().endswith(_ENDS):
                    path = os.path.join(folder, name)
                    try:
                        status = os.stat(path)
                    except OSError:  # it has gone, or has never been there
                        continue
                    found[path] = (status.st_mtime_ns, status.st_size)
    return found


def _say(text: str) -> None:
    from archlint.cli.output import complain

    complain(f"{time.strftime('%H:%M:%S')} {text}")
