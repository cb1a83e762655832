from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from archlint.errors import UsageError
from archlint.source.export.elsewhere import Elsewhere, check_imports, redirect_imports
from archlint.source.export.failure import Failure
from archlint.source.revision import Revision

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="no git here")


_WHO = ("AUTHOR", "COMMITTER")


def git(*words: str) -> str:
    names = {f"GIT_{who}_{what}": "a@b.c" for who in _WHO for what in ("NAME", "EMAIL")}
    done = subprocess.run(
        ["git", *words], check=True, capture_output=True, text=True, env={**os.environ, **names}
    )
    return done.stdout


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in two versions, the second not committed; the working folder is `nets`."""
    folder = tmp_path / "repository"
    (folder / "nets" / "deep").mkdir(parents=True)
    monkeypatch.chdir(folder)
    git("init", "-q", "-b", "main")
    (folder / "nets" / "net.py").write_text("before", "utf-8")
    (folder / "nets" / "deep" / "a b.onnx").write_bytes(b"\x00\xff")
    (folder / "top.txt").write_text("top", "utf-8")
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    (folder / "nets" / "net.py").write_text("after", "utf-8")
    monkeypatch.chdir(folder / "nets")
    return folder


def test_a_file_is_read_as_it_was(repository: Path) -> None:
    revision = Revision.find("HEAD")
    assert revision.read("net.py") == b"before"
    assert revision.read(str(repository / "nets" / "net.py")) == b"before"
    assert revision.read("deep/a b.onnx") == b"\x00\xff"
    assert revision.read("../top.txt") == b"top"


def test_what_was_there_and_what_was_not(repository: Path) -> None:
    (repository / "nets" / "new.py").touch()
    revision = Revision.find("main")
    assert [revision.has(each) for each in ("net.py", "deep", "new.py", "../top.txt")] == [
        True, True, False, True,
    ]  # fmt: skip
    with pytest.raises(UsageError, match=r"^new\.py: not a file of the revision main$"):
        revision.read("new.py")


def test_files_of_a_folder(repository: Path) -> None:
    shutil.rmtree(repository / "nets" / "deep")
    revision = Revision.find("HEAD")
    assert sorted(revision.files(".")) == ["deep/a b.onnx", "net.py"]
    assert revision.files("deep") == ["deep/a b.onnx"]
    assert revision.files("none") == []


def test_all_files_lie_in_a_folder_of_their_own(repository: Path) -> None:
    (repository / "top.txt").write_text("staged", "utf-8")
    git("add", "-A")
    before = git("status", "--porcelain")
    with Revision.find("HEAD").checked_out() as elsewhere:
        assert Path(elsewhere.folder, "net.py").read_text("utf-8") == "before"
        assert Path(elsewhere.root, "top.txt").read_text("utf-8") == "top"
        assert Path(elsewhere.folder) == Path(elsewhere.root) / "nets"
        assert elsewhere.instead_of == str(repository)
    assert not Path(elsewhere.root).exists()
    assert git("status", "--porcelain") == before
    assert (repository / "nets" / "net.py").read_text("utf-8") == "after"


def test_nothing_is_left_out_or_put_in_for_an_archive(repository: Path) -> None:
    (repository / ".gitattributes").write_text("*.txt export-ignore\n*.py export-subst\n", "utf-8")
    (repository / "nets" / "net.py").write_text("$Format:%H$", "utf-8")
    git("add", "-A")
    git("commit", "-q", "-m", "two")
    with Revision.find("HEAD").checked_out() as elsewhere:
        assert Path(elsewhere.root, "top.txt").is_file()
        assert Path(elsewhere.folder, "net.py").read_text("utf-8") == "$Format:%H$"


@pytest.mark.parametrize("name", ["none", "--output=x", "", "HEAD:nets/net.py", "a\nb"])
@pytest.mark.usefixtures("repository")
def test_an_unknown_revision_is_one_line(name: str) -> None:
    with pytest.raises(UsageError, match=r"^git knows no revision"):
        Revision.find(name)
    assert not Path("x").exists()


def test_outside_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(UsageError, match="not a git repository"):
        Revision.find("HEAD")


@pytest.mark.usefixtures("repository")
def test_a_file_outside_the_repository(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").touch()
    with pytest.raises(UsageError, match="not in the git repository"):
        Revision.find("HEAD").read(str(tmp_path / "net.onnx"))


def test_a_shallow_clone_is_told(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git("commit", "-q", "-a", "-m", "two")
    git("clone", "-q", "--depth", "1", f"file://{repository}", str(tmp_path / "clone"))
    monkeypatch.chdir(tmp_path / "clone")
    with pytest.raises(UsageError, match="the clone is shallow: fetch more of it"):
        Revision.find("HEAD~1")


def test_a_pointer_of_lfs_is_told(repository: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
    (repository / "nets" / "net.onnx").write_text(pointer, "utf-8")
    git("add", "-A")
    git("commit", "-q", "-m", "two")
    with pytest.raises(UsageError, match="only a pointer of Git LFS"):
        Revision.find("HEAD").read("net.onnx")


def test_without_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="a revision needs git"):
        Revision.find("HEAD")


def test_imports_are_of_the_other_version(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = str(repository / ".venv/lib/site-packages")
    monkeypatch.setattr(sys, "path", [str(repository / "src"), environment, str(tmp_path)])
    elsewhere = Elsewhere("/other", str(repository), "/other/nets")
    redirect_imports(elsewhere)
    assert sys.path == [str(Path("/other/src")), environment, str(tmp_path)]
    module = ModuleType("of_the_tree")
    module.__file__ = str(repository / "nets" / "net.py")
    monkeypatch.setitem(sys.modules, "of_the_tree", module)
    with pytest.raises(Failure, match="imports of_the_tree from the working tree"):
        check_imports(elsewhere)
    module.__file__ = f"{environment}/net.py"
    check_imports(elsewhere)


def test_a_module_made_by_hand_is_of_no_version(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As torch.ops, whose file is called _ops.py and is nowhere."""
    monkeypatch.chdir(repository)
    module = ModuleType("made_by_hand")
    module.__file__ = "_by_hand.py"
    monkeypatch.setitem(sys.modules, "made_by_hand", module)
    check_imports(Elsewhere("/other", str(repository), "/other/nets"))
