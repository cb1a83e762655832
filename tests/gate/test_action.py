"""What the steps of action.yml do, run with bash in real repositories."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from shutil import which

import pytest

from tests.gate.repository import EXAMPLES, ROOT, Repository, repository
from tests.gate.runner import Runner, pull_request

pytestmark = pytest.mark.skipif(
    which("bash") is None or which("git") is None, reason="bash or git is not installed"
)
RUN, COMMENT, GATE, INSTALL = (
    "Lint, and compare with the base",
    "Comment on the pull request",
    "Pass or fail",
    "Install archlint",
)
GOOD = (EXAMPLES / "vgg16.onnx").read_bytes()
BAD = (EXAMPLES / "mobilenet_v2.onnx").read_bytes()
NUMBER = "github.event.pull_request.number"
MakeRunner = Callable[..., Runner]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def project(tmp_path: Path, home: Path) -> Repository:
    """A repository with a good model on main."""
    made = repository(tmp_path / "project", home)
    made.write({"archlint.toml": "batch = 8\ntarget = 'gtx1080ti'\n", "net.onnx": GOOD})
    made.git("commit", "--quiet", "-m", "A good model")
    return made


@pytest.fixture
def runner(project: Repository, home: Path) -> MakeRunner:
    def runner(event: Mapping[str, str] | None = None, **inputs: str) -> Runner:
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        return Runner(project, home, given, event or {})

    return runner


def worsened(project: Repository) -> str:
    """The base of a branch that makes the model worse."""
    base = project.git("rev-parse", "HEAD")
    project.git("switch", "--quiet", "--create", "branch")
    project.write({"net.onnx": BAD})
    project.git("commit", "--quiet", "-m", "A bad model")
    return base


def codes(run: Runner) -> tuple[str, int]:
    return run.output("code"), run.step(GATE).returncode


def test_a_good_model_passes(runner: MakeRunner, home: Path) -> None:
    run = runner()
    done = run.step(RUN)
    assert done.returncode == 0, done.stdout
    assert codes(run) == ("0", 0)
    assert run.summary.startswith("**archlint**: No findings")
    assert json.loads(Path(run.output("sarif")).read_text("utf-8"))["version"] == "2.1.0"
    assert not (home / "archlint/diff.md").exists()


def test_a_bad_model_fails_and_is_annotated(runner: MakeRunner, project: Repository) -> None:
    worsened(project)
    run = runner()
    done = run.step(RUN)
    assert done.returncode == 0, done.stdout
    assert codes(run) == ("1", 1)
    (*_, last) = (line for line in done.stdout.splitlines() if line.startswith("::warning "))
    assert last.startswith("::warning file=net.onnx,line=1,")
    assert "2 warnings" in run.summary


def test_the_report_in_the_log_can_run_no_workflow_commands(runner: MakeRunner) -> None:
    lines = runner().step(RUN).stdout.splitlines()
    (at,) = (number for number, line in enumerate(lines) if line.startswith("::stop-commands::"))
    token = lines[at].removeprefix("::stop-commands::")
    assert len(token) == 32
    assert lines[-1] == f"::{token}::"
    assert lines[at + 1] == "net.onnx"


def test_a_pull_request_is_held_against_its_base(runner: MakeRunner, project: Repository) -> None:
    event = pull_request(worsened(project))
    run = runner(event, fail_on="never", fail_on_new="warning")
    assert run.step(RUN).returncode == 0
    assert codes(run) == ("1", 1)
    assert run.summary.startswith("**archlint diff**: ")
    assert "2 new finding" in run.summary


def test_what_the_base_has_does_not_fail(runner: MakeRunner, project: Repository) -> None:
    worsened(project)
    run = runner(
        pull_request(project.git("rev-parse", "HEAD")), fail_on="never", fail_on_new="warning"
    )
    assert run.step(RUN).returncode == 0
    assert codes(run) == ("0", 0)


def test_a_slower_model_fails(runner: MakeRunner, project: Repository) -> None:
    worsened(project)  # a faster one, by far: it is the way back that is slower
    project.write({"net.onnx": GOOD})
    project.git("commit", "--quiet", "-m", "Back")
    run = runner(base="HEAD~1", max_slowdown="3%")
    assert run.step(RUN).returncode == 0
    assert codes(run) == ("1", 1)


def test_a_merge_commit_is_held_against_the_base_that_it_was_made_with(
    runner: MakeRunner, project: Repository
) -> None:
    old = worsened(project)
    project.git("switch", "--quiet", "main")
    project.write({"other.onnx": BAD})
    project.git("commit", "--quiet", "-m", "Somebody else's model")
    project.git("merge", "--quiet", "--no-ff", "-m", "Merge", "branch")
    run = runner(pull_request(old), fail_on="never", fail_on_new="warning")
    done = run.step(RUN)
    assert done.returncode == 0, done.stdout
    assert "net.onnx@" in done.stdout
    first = run.summary.splitlines()[0]
    assert first == "**archlint diff**: 3 new findings, 0 gone, 3 unchanged in 2 models"


def test_the_base_is_fetched_into_a_shallow_clone(
    project: Repository, tmp_path: Path, home: Path
) -> None:
    base = worsened(project)
    shallow = repository(tmp_path / "shallow", home)
    shallow.git("remote", "add", "origin", f"file://{project.folder}")
    shallow.git("fetch", "--quiet", "--depth=1", "origin", "branch")
    shallow.git("switch", "--quiet", "--detach", "FETCH_HEAD")
    inputs = {"fail-on": "never", "fail-on-new": "warning"}
    run = Runner(shallow, home, inputs, pull_request(base))
    done = run.step(RUN)
    assert done.returncode == 0, done.stdout
    assert codes(run) == ("1", 1)


def test_a_base_branch_is_fetched_by_its_name(
    project: Repository, tmp_path: Path, home: Path
) -> None:
    worsened(project)
    shallow = repository(tmp_path / "shallow", home)
    shallow.git("remote", "add", "origin", f"file://{project.folder}")
    shallow.git("fetch", "--quiet", "--depth=1", "origin", "branch")
    shallow.git("switch", "--quiet", "--detach", "FETCH_HEAD")
    inputs = {"fail-on": "never", "fail-on-new": "warning", "base": "main"}
    run = Runner(shallow, home, inputs, {})
    done = run.step(RUN)
    assert done.returncode == 0, done.stdout
    assert codes(run) == ("1", 1)


def test_a_wrong_call_fails_with_what_it_says(runner: MakeRunner) -> None:
    run = runner(targets="no-such-target")
    done = run.step(RUN)
    assert done.returncode == 0
    assert 'archlint: unknown target "no-such-target"' in done.stdout
    assert codes(run) == ("2", 2)


def test_lines_of_inputs_are_words_whatever_is_in_them(
    runner: MakeRunner, project: Repository
) -> None:
    project.write({"my nets/$(touch pwned).onnx": GOOD, "-v.onnx": GOOD})
    run = runner(
        models="my nets/$(touch pwned).onnx\r\n\n  -v.onnx  \n",
        targets="gtx1080ti-cudnn7-fp32\nepyc-milan-ort-fp32-1t",
        fail_on="never",
    )
    done = run.step(RUN)
    assert done.returncode == 0, done.stdout
    assert codes(run) == ("0", 0)
    assert done.stdout.count("\nmy nets/$(touch pwned).onnx\n") == 1
    assert done.stdout.count("\n-v.onnx\n") == 1
    assert not (project.folder / "pwned").exists()


def test_a_baseline_keeps_what_is_known(runner: MakeRunner, project: Repository) -> None:
    event = pull_request(worsened(project))
    written = project.run("archlint", "--baseline", "known.toml", "--write-baseline", "as it was")
    assert written.returncode == 0, written.stdout
    run = runner(event, baseline="known.toml", fail_on_new="warning")
    assert run.step(RUN).returncode == 0
    assert codes(run) == ("0", 0)


@pytest.fixture
def comments(project: Repository, home: Path) -> Path:
    """The comments of the pull request, with `gh` on the path to change them."""
    assert project.folder.is_dir()
    if which("jq") is None:
        pytest.skip("jq is not installed")
    file = home / "comments"
    program = home / "bin/gh"
    fake = shlex.join(["sh", str(Path(__file__).with_name("gh.sh"))])
    program.write_text(f'#!/bin/sh\nCOMMENTS={shlex.quote(str(file))} exec {fake} "$@"\n', "utf-8")
    program.chmod(0o755)
    marker = "<!-- archlint action: archlint -->"
    others = [
        {"id": 1, "user": {"type": "User"}, "body": f"{marker}\nnot the action's"},
        {"id": 2, "user": {"type": "Bot"}, "body": "another bot's"},
    ]
    file.write_text("".join(f"{json.dumps(each)}\n" for each in others), "utf-8")
    return file


def said(comments: Path) -> list[str]:
    """The comments but for those that were there before."""
    every = [json.loads(line) for line in comments.read_text("utf-8").splitlines()]
    assert [each["id"] for each in every[:2]] == [1, 2]
    return [each["body"] for each in every[2:]]


def test_a_comment_is_brought_up_to_date_and_not_repeated(
    runner: MakeRunner, project: Repository, comments: Path
) -> None:
    event = pull_request(worsened(project))
    run = runner(event)
    assert run.step(RUN).returncode == 0
    assert run.step(COMMENT).returncode == 0
    (first,) = said(comments)
    lines = first.splitlines()
    assert lines[0] == "<!-- archlint action: archlint -->"
    assert lines[1].startswith("**archlint diff**: 3 new findings")
    project.write({"net.onnx": GOOD})
    project.git("commit", "--quiet", "-m", "Back")
    (run.home / "output").unlink()
    assert run.step(RUN).returncode == 0
    assert run.step(COMMENT).returncode == 0
    (second,) = said(comments)
    assert second.splitlines()[1].startswith("**archlint diff**: 0 new findings")
    log = (comments.parent / "comments.log").read_text("utf-8").splitlines()
    assert [line.split()[0] for line in log] == ["GET", "POST", "GET", "PATCH"]
    assert log[1] == "POST repos/you/nets/issues/7/comments"


def test_uses_of_other_names_have_comments_of_their_own(runner: MakeRunner, comments: Path) -> None:
    for name in ("archlint", "gpu $(touch pwned)"):
        run = runner({NUMBER: "7"}, name=name)
        assert run.step(RUN).returncode == 0
        assert run.step(COMMENT).returncode == 0
    assert [each.splitlines()[0] for each in said(comments)] == [
        "<!-- archlint action: archlint -->",
        "<!-- archlint action: gpu $(touch pwned) -->",
    ]
    assert not list(run.repository.folder.glob("pwned"))


def test_a_report_that_is_too_long_for_a_comment_is_told_in_short(
    runner: MakeRunner, comments: Path
) -> None:
    run = runner({NUMBER: "7"})
    assert run.step(RUN).returncode == 0
    report = Path(run.output("results")) / "lint.md"
    report.write_text("**archlint**: 1000 warnings\n\n" + 70_000 * "x", "utf-8")
    assert run.step(COMMENT).returncode == 0
    (text,) = said(comments)
    summary = "[the summary of the run](https://github.com/you/nets/actions/runs/7)"
    assert text.splitlines() == [
        "<!-- archlint action: archlint -->",
        "**archlint**: 1000 warnings",
        "",
        f"Too long for a comment: {summary} has it all.",
    ]


def test_a_run_without_a_report_leaves_no_comment(runner: MakeRunner, comments: Path) -> None:
    run = runner({NUMBER: "7"}, targets="no-such-target")
    assert run.step(RUN).returncode == 0
    assert run.step(COMMENT).returncode == 0
    assert said(comments) == []


@pytest.mark.parametrize(
    ("inputs", "installed"),
    [
        ({}, str(ROOT)),
        ({"extras": "torch"}, f"{ROOT}[torch]"),
        ({"version": "0.1.0"}, "archlint==0.1.0"),
        ({"version": "0.1.0", "extras": "torch"}, "archlint[torch]==0.1.0"),
        ({"version": "0.1.0; touch pwned"}, "archlint==0.1.0; touch pwned"),
    ],
)
def test_what_is_installed(
    project: Repository, home: Path, inputs: dict[str, str], installed: str
) -> None:
    # pip itself is the runner's: what it is asked for is what counts here
    program = home / "archlint-python/bin/python"
    program.parent.mkdir(parents=True)
    for path in (program, home / "bin/python"):
        path.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n', "utf-8")
        path.chmod(0o755)
    run = Runner(project, home, inputs, {})
    folder = program.parents[1]
    made = ["-I", "-m", "venv", "--system-site-packages", str(folder)]
    asked = ["-I", "-m", "pip", "install", "--disable-pip-version-check", installed]
    assert run.step(INSTALL).stdout.splitlines() == [*made, *asked]
    assert run.output("program") == str(folder / "bin/archlint")
