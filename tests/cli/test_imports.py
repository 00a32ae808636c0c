"""Start-up is a budget: what the hook and the help import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.sessions import Sessions, creds
from tests.support.setup import Setup
from wagit.snapshots import seal

CHECKOUT = Path(__file__).parents[2]


def loaded(code: str, *options: str) -> set[str]:
    """The top-level modules and wagit's own that a program has imported at its end."""
    program = f"{code}\nimport sys; print('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, *options, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines())


HEAVY = {"yaml", "pydantic", "pydantic_core", "typer", "click", "rich", "dataclasses", "pathlib",
         "subprocess", "psutil", "playwright", "asyncio", "socket", "inspect", "site", "platformdirs",
         "importlib.metadata"}  # fmt: skip
LIGHT = {"wagit.hook", "wagit.config.digest", "wagit.operations.switch", "wagit.routing.cache"}


def test_what_the_hook_imports_for_a_branch_seen_before(tmp_path: Path) -> None:
    setup = Setup.make(tmp_path / "repo")
    setup.repo.switch("develop")
    setup.repo.git("symbolic-ref", "HEAD", "refs/heads/main")
    call = f"sys.argv = ['hook.py', 'post-checkout', {str(setup.path)!r}, '.git']"
    code = f"import sys; sys.path.insert(0, {str(CHECKOUT)!r}); {call}\n"
    code += "from wagit import hook\nhook.main(sys.argv[1:])"
    modules = loaded(code, "-I", "-S")
    assert setup.slot == "production"
    assert modules & HEAVY == set()
    assert modules >= LIGHT
    assert (
        not {name.partition(".")[0] for name in modules}
        - set(sys.stdlib_module_names)
        - {"wagit", "__main__"}
    )


def test_what_help_imports() -> None:
    code = "from wagit.cli.main import run\nrun(['--help'])"
    heavy = {"playwright", "uvicorn", "starlette", "yaml", "pydantic", "asyncio", "websockets", "watchfiles",
             "cryptography", "psutil", "segno"}  # fmt: skip
    assert loaded(code) & heavy == set()


def test_what_a_start_on_an_unchanged_session_imports(tmp_path: Path) -> None:
    sessions = Sessions.make(tmp_path / "repo")
    sessions.write({"creds.json": creds(7)})
    seal.settle()
    words = ["-C", str(sessions.path), "run", "--", "true"]
    code = f"from wagit.cli.main import run\nassert run({words}) == 0"
    checks = {"wagit.integrity.baileys_check", "wagit.integrity.baileys_codes"}
    assert loaded(code) >= checks, "it is read, and sealed"
    modules = loaded(code)
    integrity = {name for name in modules if name.startswith("wagit.integrity.")}
    assert integrity == {"wagit.integrity.findings", "wagit.integrity.identity"}
    assert modules & {"wagit.operations.mend", "wagit.operations.recovery_acts", "blake3", "rich"} == set()
    unshared = {"wagit.team.keys", "wagit.team.leases", "wagit.team.state", "wagit.operations.team_tenure"}
    assert modules & {*unshared, "pyrage", "zstandard"} == set(), "no slot is shared"
