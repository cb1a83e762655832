"""The action in a pull request of a stranger's, whose files do all that files can do."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from shutil import which

import pytest

from tests.gate.repository import Repository
from tests.gate.runner import REPOSITORY, Runner
from tests.gate.stranger import BAD, CONFIG, TRAPS, Stranger, stranger, wheel
from tests.gate.workflow_commands import commands

pytestmark = pytest.mark.skipif(
    which("bash") is None or which("git") is None, reason="bash or git is not installed"
)
INSTALL, RUN, GATE = "Install archlint", "Lint, and compare with the base", "Pass or fail"
NEW = {"fail_on": "never", "fail_on_new": "warning"}
Attack = Callable[..., Stranger]


@pytest.fixture
def attack(tmp_path: Path) -> Attack:
    def attack(
        files: Mapping[str, str | bytes], links: Mapping[str, str] | None = None
    ) -> Stranger:
        return stranger(tmp_path / "attack", files, links)

    return attack


def verdict(run: Runner) -> tuple[str, int]:
    """The code that the step gave and that of the job."""
    return run.output("code"), run.step(GATE).returncode


def with_path(run: Runner, path: str) -> Runner:
    """A job whose workflow sets PYTHONPATH."""
    environment = {**run.repository.environment, "PYTHONPATH": path}
    return replace(run, repository=Repository(run.repository.folder, environment))


@pytest.mark.skipif(find_spec("ensurepip") is None, reason="Python has no ensurepip")
def test_nothing_that_is_checked_out_is_run(attack: Attack, tmp_path: Path) -> None:
    theirs = attack({**TRAPS, "archlint.toml": CONFIG, "net.onnx": BAD})
    run = with_path(theirs.runner(version="9.9"), os.pathsep.join(["", ".", "src"]))
    environment = {
        **run.repository.environment, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheel(tmp_path)),
    }  # fmt: skip
    run = replace(run, repository=Repository(run.repository.folder, environment))
    installed = run.step(INSTALL)
    assert installed.returncode == 0, installed.stdout
    assert run.output("program").startswith(str(theirs.home))
    done = run.step(RUN)
    assert done.returncode == 0, done.stdout
    assert verdict(run) == ("1", 1)
    assert theirs.sprung() == []


def test_the_traps_are_some(attack: Attack) -> None:
    names = ("pip.py", "sitecustomize.py")  # alone: a false re.py ends Python before they are met
    theirs = attack({name: TRAPS[name] for name in names})
    checkout = theirs.checkout
    checkout.run(sys.executable, "-m", "pip", "--version")
    # as `python -m pip` was called, a pip.py is run in its place, and sitecustomize by a path
    assert "__main__" in theirs.sprung()
    Repository(checkout.folder, {**checkout.environment, "PYTHONPATH": "."}).run("archlint")
    assert "sitecustomize" in theirs.sprung()


def test_the_configuration_is_that_of_the_base(attack: Attack, tmp_path: Path) -> None:
    theirs = attack({"archlint.toml": CONFIG, "net.onnx": BAD, "excused.toml": "version = 1\n"})
    run = theirs.runner()
    done = run.step(RUN)
    assert done.returncode == 0, done.stdout
    assert verdict(run) == ("1", 1)
    assert "batch 8" in done.stdout
    assert "3 new findings" in run.summary
    assert list(tmp_path.rglob("written.sarif")) == []


def test_a_configuration_is_not_added_and_not_taken_away(attack: Attack) -> None:
    theirs = attack({"archlint.toml": "", "pyproject.toml": "[tool.archlint]\nbatch = 2\n"})
    run = theirs.runner()
    assert "batch 8" in run.step(RUN).stdout


def test_the_baseline_and_targets_that_inputs_name_are_those_of_the_base(attack: Attack) -> None:
    theirs = attack({"excused.toml": "no TOML", "net.onnx": BAD})
    run = theirs.runner(baseline="excused.toml")
    assert "no such baseline" in run.step(RUN).stdout
    assert verdict(run) == ("2", 2)
    run = theirs.runner(targets="targets/mine")
    assert 'no such target: "' in run.step(RUN).stdout


def test_models_of_python_source_are_refused(attack: Attack) -> None:
    theirs = attack({"nets.py": TRAPS["nets.py"]})
    run = theirs.runner(models="nets.py:Net")
    done = run.step(RUN)
    assert "archlint: nets.py:Net: Python source, whose code --untrusted does not run" in (
        done.stdout.splitlines()
    )
    assert verdict(run) == ("2", 2)
    assert theirs.sprung() == []


def test_links_out_of_the_checkout_are_not_followed(attack: Attack, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/net.onnx").write_bytes(BAD)
    links = {"net.onnx": str(tmp_path / "secret/net.onnx"), "nets": str(tmp_path / "secret")}
    theirs = attack({}, links)
    for models in ("", "net.onnx", "nets"):
        (theirs.home / "output").unlink(missing_ok=True)
        run = theirs.runner(models=models)
        done = run.step(RUN)
        assert "which --untrusted does not follow" in done.stdout
        assert "G1" not in done.stdout
        assert verdict(run) == ("2", 2)


@pytest.mark.parametrize("trust", ["base", "head"])
def test_a_base_branch_that_looks_like_an_option_is_a_branch(attack: Attack, trust: str) -> None:
    theirs = attack({"net.onnx": BAD})
    name = "--upload-pack=touch${IFS}pwned;git-upload-pack"
    theirs.server.git("update-ref", f"refs/heads/{name}", theirs.base)
    run = theirs.runner(**NEW, base=name, trust=trust)
    done = run.step(RUN)
    assert done.returncode == 0, done.stdout
    assert verdict(run) == ("1", 1)
    assert not (theirs.checkout.folder / "pwned").exists()


@pytest.mark.parametrize("trust", ["base", "head"])
def test_a_base_branch_that_looks_like_the_stranger_s_commit_is_a_branch(
    attack: Attack, trust: str
) -> None:
    theirs = attack({"net.onnx": BAD})
    name = theirs.checkout.git("rev-parse", "HEAD^2")[:8]
    theirs.server.git("update-ref", f"refs/heads/{name}", theirs.base)
    run = theirs.runner(**NEW, base=name, trust=trust)
    done = run.step(RUN)
    assert done.returncode == 0, done.stdout
    assert verdict(run) == ("1", 1)


@pytest.mark.parametrize("trust", ["base", "head"])
def test_a_part_of_a_hash_is_no_base(attack: Attack, trust: str) -> None:
    theirs = attack({"net.onnx": BAD})
    part = theirs.checkout.git("rev-parse", "HEAD^2")[:8]
    done = theirs.runner(**NEW, base=part, trust=trust).step(RUN)
    assert done.returncode == 2
    assert done.stdout.splitlines()[-1] == "archlint: no base: no commit of that name"


def test_a_branch_of_the_fork_is_no_base(attack: Attack, tmp_path: Path) -> None:
    theirs = attack({"net.onnx": BAD, "archlint.toml": CONFIG})
    # a checkout of the head repository has that as its origin
    theirs.server.git("clone", "--quiet", "--bare", ".", str(tmp_path / "fork"))
    fork = Repository(tmp_path / "fork", theirs.checkout.environment)
    fork.git("update-ref", "refs/heads/main", theirs.server.git("rev-parse", "theirs"))
    theirs.checkout.git("remote", "set-url", "origin", f"file://{fork.folder}")
    theirs.checkout.git("fetch", "--quiet", "origin", "main:refs/remotes/origin/main")
    run = theirs.runner(**NEW, base="main")
    done = run.step(RUN)
    assert done.returncode == 0, done.stdout
    assert verdict(run) == ("1", 1)


def test_without_a_base_nothing_of_a_stranger_s_is_linted(attack: Attack) -> None:
    run = attack({}).runner()
    run = replace(run, event={"github.event_name": "issue_comment"})
    done = run.step(RUN)
    assert done.returncode == 2
    assert done.stdout == "archlint: trust: base needs a base\n"


NAMES = (
    "::set-output name=code::0.onnx",
    "a\n::error::b.onnx",
    "a\r::error::b.onnx",
    "a%0A::error::b.onnx",
    "##[set-output name=code;]0.onnx",
    "  ::add-mask::a.onnx",
    "\u2028::error::b.onnx",
    "::stop-commands::a.onnx",
    "-v.onnx",
    "--output=pwned.onnx",
    "$(touch pwned).onnx",
    "*.onnx",
    "\x1b[2K\x1b]0;a\x07.onnx",
)


@pytest.mark.parametrize("trust", ["base", "head"])
@pytest.mark.parametrize("content", [BAD, b"no model"])
def test_names_of_files_command_nothing(attack: Attack, content: bytes, trust: str) -> None:
    theirs = attack({f"new/{name}": content for name in NAMES})
    run = theirs.runner(trust=trust)
    done = run.step(RUN)
    assert done.returncode == 0, done.stdout
    found = commands(done.stdout)
    for each in found:
        if each.name == "stop-commands":
            assert re.fullmatch("[0-9a-f]{32}", each.data)
        else:
            assert each.name in ("error", "warning", "notice")
            assert re.match(r"file=[^:]*\.onnx,line=1,.*title=", each.properties)
    assert len([each for each in found if each.name != "stop-commands"]) == 10
    keys = [line.partition("=")[0] for line in (theirs.home / "output").read_text().splitlines()]
    assert keys == ["code", "results", "sarif"]
    assert verdict(run) == (("1", 1) if content == BAD else ("2", 2))
    assert list(theirs.checkout.folder.rglob("pwned*")) == []


def test_a_reader_of_commands_would_have_seen_one() -> None:
    log = (
        "a\n ::error file=b::c\n##[set-output name=code;]0\n::stop-commands::x\n::error::\n::x::\n"
    )
    assert [each.name for each in commands(log)] == ["error", "set-output", "stop-commands"]


@pytest.mark.parametrize(
    ("event", "head", "trust"),
    [
        ("push", "", "head"),
        ("merge_group", "", "head"),
        ("workflow_dispatch", "", "head"),
        ("pull_request", REPOSITORY, "head"),
        ("pull_request", "stranger/nets", "base"),
        ("pull_request", "", "base"),  # of a fork that is no more
        ("pull_request_target", REPOSITORY, "head"),
        ("pull_request_target", "stranger/nets", "base"),
        ("pull_request_review", "stranger/nets", "base"),
        ("workflow_run", "stranger/nets", "base"),
        ("issue_comment", "", "base"),
    ],
)
def test_whom_an_event_trusts(attack: Attack, event: str, head: str, trust: str) -> None:
    theirs = attack({"net.onnx": BAD})
    (theirs.home / "bin/archlint").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n', "utf-8")
    run = theirs.runner(head, base=theirs.base)
    run = replace(run, event={**run.event, "github.event_name": event})
    (first, *_) = run.step(RUN).stdout.split("check\n")[1:]
    expected = ["--untrusted", "--config-from", theirs.base] if trust == "base" else []
    assert first.split("--format")[0].split() == expected


def test_who_is_trusted_is_one_of_two(attack: Attack) -> None:
    done = attack({}).runner(trust="yes").step(RUN)
    assert done.returncode == 2
    assert done.stdout == 'archlint: trust: expected base or head, found "yes"\n'


def test_a_report_that_the_configuration_names_stays_in_the_folder(
    attack: Attack, tmp_path: Path
) -> None:
    theirs = attack({"archlint.toml": 'format = ["sarif=../written.sarif", "full"]\n'})
    done = theirs.checkout.run("archlint")
    assert done.returncode == 2
    assert done.stdout == (
        'archlint: archlint.toml: format: "../written.sarif" is not in the working folder '
        "(--output may name any file)\n"
    )
    assert list(tmp_path.rglob("written.sarif")) == []
