"""The team in effect is what was trusted last, whatever branch is checked out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pyrage import x25519

from tests.support.mates import CONFIG, Mate
from tests.support.setup import wagit
from wagit.operations import team_access

ADA, BOB, CAROL = (str(x25519.Identity.generate().to_public()) for _ in range(3))
ID = "ab" * 32
TEAM = f"""\
team:
  id: {ID}
  recipients:
    - {ADA} ada
    - {BOB} bob
"""


@pytest.fixture
def ada(tmp_path: Path) -> Mate:
    return Mate.first(tmp_path, "ada", CONFIG + TEAM)


def members(mate: Mate) -> list[str]:
    with mate.here():
        team = team_access.team_of(mate.context)
    assert team is not None
    return [one.name for one in team.recipients]


def difference(mate: Mate) -> str:
    with mate.here():
        return team_access.difference(mate.context)


def shares(mate: Mate, slot: str) -> bool:
    with mate.here():
        return team_access.is_shared(mate.context, slot)


def test_nothing_is_shared_with_anybody_before_it_was_trusted(ada: Mate) -> None:
    for verb in ("push", "pull", "ls"):
        error = ada.error("team", verb)
        assert (error["code"], error["status"]) == ("not-trusted", 15)
        assert ".wagit.yml:" in error["message"]
    asked = ada.data("trust", "--dry-run")
    assert (asked["trusted"], asked["members"]) == (False, [])
    assert f"ada can decrypt: {ADA}" in asked["team"]
    assert "shared: staging" in asked["team"]
    assert ada.error("trust")["code"] == "needs-yes"
    assert ada.data("trust", "--yes")["members"] == ["ada", "bob"]
    assert members(ada) == ["ada", "bob"]
    assert "members of the team: ada, bob" in ada.ok("trust")


def test_trust_shows_who_joins_and_who_leaves(ada: Mate) -> None:
    ada.ok("trust", "--yes")
    changed = TEAM.replace(f"{BOB} bob", f"{CAROL} carol").replace("team:", "team:\n  remote: s3://x/y")
    ada.repo.write(".wagit.yml", CONFIG.replace("branch: main", "branch: '*'") + changed)
    assert members(ada) == ["ada", "bob"]
    line = difference(ada)
    assert line.startswith(
        "this branch's .wagit.yml names another team: + carol, - bob, another remote; in effect"
    )
    assert line.endswith("to change: wagit trust")
    told = ada.data("trust", "--dry-run")["team"]
    assert f"carol joins, and can decrypt what is pushed from then on: {CAROL}" in told
    [left] = [one for one in told if one.startswith("bob leaves")]
    assert BOB in left
    assert "until its device is unlinked on the phone" in left
    assert "wagit team rotate" in left
    assert "sessions lie at s3://x/y (were at origin)" in told
    assert "bob leaves" in ada.run("trust", "--yes").stderr
    assert members(ada) == ["ada", "carol"]
    assert difference(ada) == ""


def test_an_older_list_is_asked_for_again(ada: Mate) -> None:
    ada.ok("trust", "--yes")
    ada.repo.write(".wagit.yml", CONFIG + TEAM.replace(f"    - {BOB} bob\n", ""))
    ada.ok("trust", "--yes")
    ada.repo.write(".wagit.yml", CONFIG + TEAM)
    assert members(ada) == ["ada"]
    assert ada.data("trust", "--dry-run")["trusted"] is False


def test_another_branch_neither_shares_a_slot_nor_takes_one_out(ada: Mate) -> None:
    ada.ok("trust", "--yes")
    ada.repo.switch("hostile", "-c")
    hostile = CONFIG.replace("slot: staging, team: true", "slot: staging").replace(
        "rules:", "rules:\n  - {branch: x, slot: production, team: true}"
    )
    ada.repo.commit(".wagit.yml", hostile + TEAM)
    assert (shares(ada, "staging"), shares(ada, "production")) == (True, False)
    assert "shared from now on: production, not shared any more: staging" in difference(ada)
    ada.repo.commit(".wagit.yml", "strategy: team\n" + hostile + TEAM)
    assert shares(ada, "production") is False
    ada.repo.commit(".wagit.yml", CONFIG)
    assert shares(ada, "staging") is True
    assert members(ada) == ["ada", "bob"]
    assert "names another team: - ada, - bob, no id" in difference(ada)


def test_a_team_that_is_given_up_ends_with_trust(ada: Mate) -> None:
    ada.ok("trust", "--yes")
    ada.repo.write(".wagit.yml", CONFIG)
    assert ada.data("trust", "--dry-run")["team"] == ["the team ends here: nothing is shared any more"]
    ada.ok("trust", "--yes")
    assert ada.error("team", "push")["code"] == "no-team"


def test_commands_and_the_team_are_trusted_apart(ada: Mate) -> None:
    text = CONFIG + TEAM + "bot: {command: [touch, ran]}\n"
    ada.repo.write(".wagit.yml", text)
    ada.ok("trust", "--yes")
    with ada.here():
        from wagit.operations import trust

        ada.repo.write(".wagit.yml", text.replace(f"    - {BOB} bob\n", ""))
        assert trust.require_command(ada.context) == ("touch", "ran")
        ada.repo.write(".wagit.yml", text.replace("touch, ran", "touch, evil"))
        assert team_access.difference(ada.context) == ""
        assert members(ada) == ["ada", "bob"]


def test_the_users_own_words_count_at_once(ada: Mate) -> None:
    ada.repo.write(".wagit.yml", CONFIG)
    ada.repo.write(".wagit.local.yml", TEAM)
    assert members(ada) == ["ada", "bob"]
    ada.repo.write(".wagit.yml", CONFIG + TEAM)
    ada.repo.write(".wagit.local.yml", "team: {lease: {at: 'redis://:pass@localhost', term: 45s}}\n")
    ada.ok("trust", "--yes")
    with ada.here():
        team = team_access.team_of(ada.context)
    assert team is not None
    assert (team.term, team.lease_at, team.remote) == (45.0, "redis://:pass@localhost", "origin")
    assert difference(ada) == ""
    assert "pass" not in (Path(ada.store.root) / "team/trusted.json").read_text()
    ada.repo.git("add", "--force", ".wagit.local.yml")
    assert ada.run("trust").status == 2  # it comes with commits now, and has a password


def test_the_hook_sees_the_team_of_a_store_elsewhere(ada: Mate, tmp_path: Path) -> None:
    with ada.here(), pytest.MonkeyPatch.context() as environ:
        environ.setenv("WAGIT_STORE", str(tmp_path / "elsewhere"))
        for words in (["init"], ["trust", "--yes"]):
            assert wagit(ada.repo.path, *words).status == 0
    assert list((ada.repo.common_dir / "wagit" / "team").iterdir()) == []
    assert ada.error("team", "push")["code"] == "not-trusted", "the trust itself is in the other store"


def test_damaged_trust_is_no_trust(ada: Mate) -> None:
    ada.ok("trust", "--yes")
    path = Path(ada.store.root) / "team/trusted.json"
    known = json.loads(path.read_text())
    for text in ("{", "[]", "{}", json.dumps({**known, "team": {**known["team"], "recipients": "ada"}})):
        path.write_text(text)
        assert ada.error("team", "push")["code"] == "not-trusted"


def test_strategy_team_without_a_team_shares_nothing(tmp_path: Path) -> None:
    ada = Mate.first(
        tmp_path, "ada", CONFIG.replace(", team: true", "").replace("rules:", "strategy: team\nrules:")
    )
    assert shares(ada, "staging") is False
    ada.repo.write(".wagit.yml", CONFIG)
    assert shares(ada, "staging") is True
    assert ada.error("team", "push")["code"] == "no-team"
