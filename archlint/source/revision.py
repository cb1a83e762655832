"""Files as they are at a revision of git; neither the working tree nor the index is touched."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from archlint.doing import doing
from archlint.errors import UsageError
from archlint.source.export.elsewhere import Elsewhere

__all__ = ["Revision"]

_POINTER = b"version https://git-lfs.github.com/spec/"
_NO_LFS = (
    "-c", "filter.lfs.smudge=", "-c", "filter.lfs.process=", "-c", "filter.lfs.required=false",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit of the repository around the working folder; `name` is what the user calls it.

    `top` is the repository's folder, `prefix` the working folder as seen from there.
    """

    name: str
    commit: str
    top: Path
    prefix: str

    @classmethod
    def find(cls, name: str) -> Revision:
        """The commit of that name; raises UsageError, also where there is no repository."""
        where = _git("rev-parse", "--show-toplevel", "--show-prefix").decode().split("\n")
        try:
            spec = f"{name}^{{commit}}"
            found = _git("rev-parse", "--verify", "--quiet", "--end-of-options", spec)
            commit = found.decode().strip()
            if commit.startswith("^"):  # all but this one, to git
                raise UsageError(f"not a revision: {name}")
        except UsageError as fault:
            hint = "; the clone is shallow: fetch more of it" if _is_shallow() else ""
            raise UsageError(f'git knows no revision "{name}"{hint}') from fault
        return cls(name, commit, Path(where[0]), where[1])

    def path_of(self, path: str) -> str:
        """A path of the working folder as the repository has it; raises UsageError outside it."""
        # not resolved: a link is a file of the repository's own
        absolute = Path(os.path.abspath(path))
        top = self.top
        if not absolute.is_relative_to(top):
            absolute = Path(os.path.realpath(path))
        if not absolute.is_relative_to(top):
            raise UsageError(f"{path}: not in the git repository {top}")
        return absolute.relative_to(top).as_posix()

    def has(self, path: str) -> bool:
        """Whether a file (or folder) of the working folder is there at this revision."""
        try:
            _git("cat-file", "-e", f"{self.commit}:{self.path_of(path)}")
        except UsageError:
            return False
        return True

    def files(self, folder: str) -> Sequence[str]:
        """All files below a folder at this revision, as the working folder would name them."""
        inside = self.path_of(folder)
        where = () if inside == "." else ("--", f":(literal){inside}")
        command = ("ls-tree", "-r", "-z", "--full-tree", "--name-only", self.commit)
        try:
            names = os.fsdecode(_git(*command, *where)).split("\0")
        except UsageError:
            return ()
        return [os.path.relpath(self.top / name) for name in names if name]

    def read(self, path: str) -> bytes:
        """A file of the working folder as it is at this revision; raises UsageError."""
        inside = self.path_of(path)
        try:
            found = _git("cat-file", "blob", f"{self.commit}:{inside}")
        except UsageError as fault:
            raise UsageError(f"{path}: not a file of the revision {self.name}") from fault
        if found.startswith(_POINTER):
            raise UsageError(f"{path}: only a pointer of Git LFS at the revision {self.name}")
        return found

    @contextmanager
    def checked_out(self, *, models: bool = True) -> Iterator[Elsewhere]:
        """All files of this revision in a folder of their own, which goes with the context.

        `models` is whether those that end in .onnx are among them.
        """
        with tempfile.TemporaryDirectory(prefix="archlint-") as name:
            doing(f"checking out {self.name}")
            root, index = Path(name) / "tree", Path(name) / "index"
            root.mkdir()
            own = {"GIT_INDEX_FILE": str(index)}
            top = ("-C", str(self.top))  # --all is all of the working folder
            _git(*top, "read-tree", self.commit, environment=own)
            wanted = () if models else ("--", ":(exclude,icase)*.onnx")
            names = _git(*top, "ls-files", "-z", "--cached", *wanted, environment=own)
            # of what LFS keeps the pointer will do: no download
            command = ("checkout-index", "--quiet", "-z", "--stdin", f"--prefix={root}/")
            _git(*top, *_NO_LFS, *command, environment=own, told=names)
            folder = root / self.prefix
            folder.mkdir(parents=True, exist_ok=True)
            yield Elsewhere(str(root), str(self.top), str(folder), self.name)


def _git(*words: str, environment: Mapping[str, str] | None = None, told: bytes = b"") -> bytes:
    """What git prints when it is told this; raises UsageError with what it says went wrong."""
    try:
        done = subprocess.run(
            # a folder of files may look like a repository, with commands in its configuration
            ["git", "-c", "safe.bareRepository=explicit", *words],
            capture_output=True,
            check=False,
            input=told,
            env={**os.environ, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", **(environment or {})},
        )
    except FileNotFoundError as fault:
        raise UsageError("a revision needs git, which is not installed") from fault
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").splitlines()
        said = lines[0].removeprefix("fatal: ") if lines else f"exit code {done.returncode}"
        raise UsageError(f"git: {said}")
    return done.stdout


def _is_shallow() -> bool:
    return _git("rev-parse", "--is-shallow-repository").strip() == b"true"
