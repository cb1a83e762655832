"""The outcomes of models that were linted before, in a folder of their own.

An entry is the outcome as a pickle behind a code that takes this user's secret to make: what
somebody else has put there is not loaded.  What cannot be read or written costs time, and no more.
"""

from __future__ import annotations

import hmac
import io
import os
import pickle
import re
import secrets
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import is_dataclass
from enum import Enum
from pathlib import Path

import platformdirs

from archlint.limits.files import read_bounded
from archlint.linter.outcome import Outcome
from archlint.whole_file import write_whole

__all__ = ["FOLDER", "Kept", "clean"]

FOLDER = ".archlint_cache"
"""What a folder of outcomes is called."""

_TAG = "CACHEDIR.TAG"
_FILES = {
    ".gitignore": "*\n",
    _TAG: "Signature: 8a477f597d28d172789f06886806bc55\n# Of archlint; it may be deleted.\n",
}
_OURS = re.compile(r"[0-9a-f]{64}|\.[0-9a-f]{64}\.\d+\.part")
_CODE = 32  # bytes
_MOST = 256 << 20  # bytes of all entries
_LEFT = 192 << 20  # bytes, where there were more
_DAY = 86400.0  # s


class Kept:
    """The outcomes of files in a folder; `key` gives 64 hex digits, of all that decides one."""

    def __init__(self, folder: Path, key: Callable[[str], str | None]) -> None:
        self._folder, self._key = folder, key
        self._keys: dict[str, str | None] = {}
        self._secret = b"" if folder.is_symlink() else _secret()
        self._has_written = False

    def find(self, path: str) -> Outcome | None:
        """The outcome of a file, if it is kept and whole."""
        key = self._keys[path] = self._key(path) if self._secret else None
        if key is None:
            return None
        file = self._folder / key
        try:
            entry = read_bounded(file)
            code, data = entry[:_CODE], entry[_CODE:]
            if not hmac.compare_digest(code, self._code(key, data)):
                return None
            found = _Outcomes(io.BytesIO(data)).load()
            if time.time() - file.stat().st_mtime > _DAY:
                os.utime(file)
        except Exception:  # of another Python, of a rule that is no more: it is made anew
            return None
        return found if isinstance(found, Outcome) else None

    def keep(self, path: str, outcome: Outcome, data: bytes = b"") -> None:
        """Keep the outcome of a file that was not found, unless something went wrong with it.

        `data` is its pickle where there is one.
        """
        key = self._keys[path]
        if outcome.report.error is not None or outcome.problems or outcome.traces:
            return
        if key is None or self._key(path) != key:  # it has changed since
            return
        # the evidence of a rule may be anything
        with suppress(OSError, pickle.PicklingError, TypeError, AttributeError):
            data = data or pickle.dumps(outcome, pickle.HIGHEST_PROTOCOL)
            if not self._has_written:
                self._folder.mkdir(exist_ok=True)
                for name, text in _FILES.items():
                    if not (self._folder / name).is_file():
                        write_whole(self._folder / name, text.encode())
                self._has_written = True
            write_whole(self._folder / key, self._code(key, data) + data)

    def close(self) -> None:
        """Let go of the oldest where there are too many."""
        if not self._has_written:
            return
        with suppress(OSError), os.scandir(self._folder) as files:
            ours = [(each.stat(), each.path) for each in files if _OURS.fullmatch(each.name)]
            left = sum(status.st_size for status, _ in ours)
            if left <= _MOST:
                return
            for status, path in sorted(ours, key=lambda each: each[0].st_mtime):
                os.unlink(path)
                left -= status.st_size
                if left <= _LEFT:
                    return

    def _code(self, key: str, data: bytes) -> bytes:
        return hmac.digest(self._secret, key.encode() + data, "sha256")


class _Outcomes(pickle.Unpickler):
    """Makes data of what is loaded already, and nothing else."""

    def find_class(self, module: str, name: str) -> object:
        """A dataclass, a tuple with names or an Enum, of a module that is loaded."""
        found = getattr(sys.modules[module], name)
        if isinstance(found, type) and (is_dataclass(found) or issubclass(found, (Enum, tuple))):
            return found
        raise pickle.UnpicklingError(f"{module}.{name} is no data")


def clean(folder: Path) -> int:
    """Remove a folder of outcomes, and count them; raises OSError.

    What is no such folder, or a link to one, stays.
    """
    if folder.is_symlink() or not (folder / _TAG).is_file():
        return 0
    count = 0
    for file in list(folder.iterdir()):
        if _OURS.fullmatch(file.name) or file.name in _FILES:
            file.unlink(missing_ok=True)
            count += file.name not in _FILES
    with suppress(OSError):  # something of somebody else's is in it
        folder.rmdir()
    return count


def _secret() -> bytes:
    """What only this user can read; b"" where there is no place for it."""
    file = platformdirs.user_cache_path("archlint") / "cache.key"
    with suppress(OSError):
        if file.exists() and len(found := read_bounded(file)) == _CODE:
            return found
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, secrets.token_bytes(_CODE), mode=0o600)
        return read_bounded(file)  # that of the last, where several begin at once
    return b""
