"""What happens around the hook: no PATH, pipes, Ctrl-C, and switches at the same time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.git import GitRepo, write_hook
from tests.support.processes import alive, end, read_pid
from tests.support.setup import CONFIG, LINK, Setup, ours, wagit
from tests.support.twins import Twins

CHECKOUT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", ["", "/nonexistent"])
def test_a_gui_runs_git_with_an_empty_path(both: Twins, path: str) -> None:
    for branch, slot in {"develop": "staging", "feature/1-menu": "feature-1", "main": "production"}.items():
        both.git(f"switch {branch}", env={"PATH": path})
        both.uses(slot, branch)


def hook_command(setup: Setup) -> list[str]:
    """The installed post-checkout hook, as a program that knows git's hooks would run it."""
    file = setup.repo.common_dir / "hooks/post-checkout"
    if file.exists():
        return [str(file)]
    return ["/bin/sh", "-c", setup.repo.git("config", "hook.wagit-post-checkout.command") + ' "$@"', "hook"]


@pytest.mark.parametrize("environ", [{}, {"PATH": ""}, {"HOME": "/nonexistent", "PATH": ""}])
def test_a_gui_that_runs_hooks_itself_without_any_environment(both: Twins, environ: dict[str, str]) -> None:
    """libgit2 moves HEAD without git; its callers run the hooks of the worktree."""
    for branch, slot in {"develop": "staging", "main": "production"}.items():
        command = hook_command(both.setup)
        both.repo.git("symbolic-ref", "HEAD", f"refs/heads/{branch}")
        ran = subprocess.run(
            [*command, "a", "b", "1"], cwd=both.path, env=environ, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (ran.returncode, ran.stdout, len(ours(ran.stderr))) == (0, "", 1), ran
        if (
            both.repo.common_dir / "reftable"
        ).exists():  # only a new enough git reads HEAD there, and none is
            assert wagit(both.path, "use", "--auto").status == 0  # on this PATH: the next command resolves
        assert both.setup.slot == slot


def test_a_hook_that_reads_nothing_from_the_terminal(both: Twins) -> None:
    ran = both.repo.run("switch", "develop", input="typed ahead\n")
    assert ours(ran.stderr) == ["wagit: session staging (was production)"]


def test_a_pipe_closes_when_git_ends(both: Twins, tmp_path: Path) -> None:
    """Also when the hook has started something that goes on, as wagit starts its own."""
    pid = tmp_path / "pid"
    start = (
        "from wagit.core.processes import start_detached; import os, sys;"
        f"open({str(pid)!r}, 'w').write(str(start_detached(['/bin/sleep', '300'], os.environ)))"
    )
    hook = both.repo.common_dir / "hooks/post-checkout"
    before = hook.read_text() if hook.exists() else "#!/bin/sh\n"
    hook.write_text(f"{before}cd '{CHECKOUT}' && '{sys.executable}' -c {start!r}\n")
    hook.chmod(0o755)
    ran = both.repo.shell("git switch develop 2>&1 | cat")
    try:
        assert alive(read_pid(pid))
        assert ran.stdout.splitlines()[0] == "Switched to branch 'develop'"
        assert both.setup.slot == "staging"
    finally:
        end(read_pid(pid))


def test_nobody_reads_what_the_hook_says(both: Twins) -> None:
    """A GUI that closed our stderr, or reads none of it, gets its switch all the same."""
    assert both.repo.shell("git switch develop 2>&-").status == 0
    assert both.setup.slot == "staging"
    assert both.repo.shell("git switch main 2>&1 | true").status == 0


INTERRUPTING = """
import os, runpy, signal, sys
def interrupt():
    open({reached!r}, "w").close()
    os.killpg(0, signal.SIGINT)
sys.path.insert(0, {checkout!r})
from tests.support.steps import before_step
del sys.path[0]
sys.argv = sys.argv[3:]
before_step({step}, {root!r}, interrupt)
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def interrupted(setup: Setup, tmp_path: Path, step: int) -> bool:
    """Switch to develop with Ctrl-C pressed at the hook's n-th step; False when there are not so many."""
    reached = tmp_path / "reached"
    reached.unlink(missing_ok=True)
    program = tmp_path / "interrupting.py"
    root, checkout = str(setup.repo.common_dir), str(CHECKOUT)
    program.write_text(INTERRUPTING.format(root=root, step=step, reached=str(reached), checkout=checkout))
    write_hook(tmp_path / "python", f"""#!/bin/sh\nexec '{sys.executable}' -IS '{program}' "$@"\n""")
    switching = setup.repo.start("switch", "develop")
    _, err = switching.communicate(timeout=60)
    assert switching.returncode in (0, -signal.SIGINT)
    assert "Traceback" not in err
    return reached.exists()


@pytest.mark.parametrize("seen", [True, False], ids=["seen", "first seen"])
def test_ctrl_c_at_each_step_of_the_hook(quick_path: Path, seen: bool) -> None:
    setup = Setup.make(quick_path / "repo")
    hook = setup.repo.common_dir / "hooks/post-checkout"
    hook.write_text(hook.read_text().replace(sys.executable, str(quick_path / "python")))
    (setup.path / LINK / "login").write_text("kept")
    if seen:
        assert interrupted(setup, quick_path, 0) is False
        assert setup.slot == "staging"
    step = 1
    while True:
        setup.repo.git("symbolic-ref", "HEAD", "refs/heads/main")
        if not seen:
            (setup.repo.state_dir / "routes/develop").unlink(missing_ok=True)
        assert wagit(setup.path, "use", "--auto").status == 0
        assert setup.slot == "production"
        if not interrupted(setup, quick_path, step):
            break
        assert wagit(setup.path, "use", "--auto").status == 0
        assert setup.slot == "staging"
        assert (setup.store / "slots/production/data/login").read_text() == "kept"
        step += 1
    assert step > 8
    assert setup.slot == "staging"


def test_two_switches_at_once_in_two_worktrees(both: Twins, tmp_path: Path) -> None:
    other = Setup(both.repo.add_worktree(tmp_path / "wt", "topic"))
    targets = [("develop", "staging", "feature/1-menu", "feature-1"), ("main", "production", "topic", "dev")]
    for here, here_slot, there, there_slot in targets * 2:
        started = [both.repo.start("switch", here), other.repo.start("switch", there)]
        for process in started:
            _, err = process.communicate(timeout=60)
            assert process.returncode == 0, err
            assert len(ours(err)) == 1, err
        assert both.setup.slot == here_slot
        assert other.slot == there_slot


def test_two_hooks_at_once_in_one_worktree(both: Twins) -> None:
    """The one waits for the other; both end on the branch that is checked out."""
    environ = {**os.environ}
    for branch, slot in {"develop": "staging", "main": "production", "feature/1-menu": "feature-1"}.items():
        both.repo.git("symbolic-ref", "HEAD", f"refs/heads/{branch}")
        hooks = [
            subprocess.Popen([*hook_command(both.setup), "a", "b", "1"], cwd=both.path, env=environ)
            for _ in range(3)
        ]
        assert [hook.wait(60) for hook in hooks] == [0, 0, 0]
        assert both.setup.slot == slot


def test_a_worktree_that_is_being_switched_already(both: Twins) -> None:
    """A switch that hangs holds up no git for more than the patience of a hook."""
    from wagit.core import locks

    with locks.acquire(both.repo.state_dir / "switch.lock"):
        both.git("switch develop")
    assert len(both.said) == 1
    assert both.setup.binding["slot"] == "production"
    both.git("switch topic")
    both.uses("dev", "topic")


def test_wagit_0_switches_the_hooks_off(both: Twins) -> None:
    both.git("switch develop", env={"WAGIT": "0"})
    both.lags("production")
    both.uses("staging", "develop")


def test_a_config_that_changes_while_it_is_resolved(tmp_path: Path) -> None:
    """Saved a moment after the switch: the next switch sees it."""
    setup = Setup.make(tmp_path / "repo")
    setup.repo.switch("develop")
    setup.repo.write(".wagit.local.yml", "rules:\n  - {branch: '**', slot: mine}\n")
    setup.repo.switch("main")
    assert setup.slot == "mine"
    (setup.path / ".wagit.local.yml").unlink()
    setup.repo.switch("develop")
    assert setup.slot == "staging"
    assert CONFIG in GitRepo(setup.path).git("show", "HEAD:.wagit.yml") + "\n"
