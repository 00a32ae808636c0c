"""The team's settings: every mistake with its line, no private key repeated, and which slots are shared."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyrage import x25519

from tests.support.config import load_at, problems_at, write_user_config
from tests.support.git import GitRepo
from wagit.config import edit
from wagit.config.recipients import fingerprint, recipient
from wagit.routing import names, shares
from wagit.team.public_keys import parse

AGE = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
SSH = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPjZ7kVYO7xeLtbe5Kr9v+CnWeShlTiAks3Ake2tArNw"
OTHER = "age1t5apq76fzt9wl5a600xltnksdxcv2j003ktyakdaav3lf9w58fesvpl5nm"
SECRET = str(x25519.Identity.generate())
OPENSSH = (
    "-----BEGIN OPENSSH PRIVATE KEY-----\n    b3BlbnNzaC1rZXktdjEA\n    -----END OPENSSH PRIVATE KEY-----"
)


def test_a_whole_team(repo: GitRepo) -> None:
    repo.write(
        ".wagit.yml",
        f"team:\n  id: {'ab' * 32}\n  remote: s3://bucket/x\n  recipients:\n    - {AGE}   ada\n"
        f'    - "{SSH} Bob B."\n  lease: {{term: 1m, at: "rediss://example.org"}}\n',
    )
    team = load_at(repo).settings.team
    assert team.recipients == (f"{AGE} ada", f"{SSH} Bob B.")
    assert (team.id, team.remote) == ("ab" * 32, "s3://bucket/x")
    assert (team.lease.term, team.lease.at) == (60.0, "rediss://example.org")
    assert [(one.key, one.name) for one in map(parse, team.recipients)] == [(AGE, "ada"), (SSH, "Bob B.")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (AGE, "has no name: write `age1ql3z7hjy… NAME`"),
        (AGE[:-1] + "q ada", "is no age key"),
        (AGE[:-1] + " ada", "is no age key"),
        ("age1yubikey1qwerty ada", "is no age key, or one of a plugin"),
        ("ssh-rsa AAAAB3Nza bob", "is an ssh-rsa key"),
        (SSH[:-4] + " bob", "is no whole ssh-ed25519 key"),
        (SSH, "has no name"),
        ("ada", "is no public key"),
        (f'"{AGE} a\\u202eb"', "has a name that is not printable"),
        (f"{AGE} {'x' * 65}", "longer than 64 characters"),
        (f"{AGE} grace", "has the key of recipients[0]"),
        (f"{OTHER} ada", "has the name of recipients[0], 'ada'"),
    ],
)
def test_a_bad_recipient_is_told_with_its_line(repo: GitRepo, line: str, said: str) -> None:
    first = AGE if "recipients[0]" in said else OTHER
    repo.write(".wagit.yml", f"team:\n  recipients:\n    - {first} ada\n    - {line}\n")
    [problem] = problems_at(repo)
    assert problem.startswith(".wagit.yml:4: team.recipients[1]: ")
    assert said in problem


@pytest.mark.parametrize(
    "text",
    [
        f"recipients: [{SECRET} ada]",
        f"recipients: {SECRET}",
        f"recipients:\n    - {AGE} {SECRET}",
        f"recipients:\n  - |\n    {OPENSSH}",
        f"recipients:\n  - {SECRET.lower()}",
    ],
    ids=["in a list", "alone", "as the name", "of SSH", "small"],  # a key is another one in each process
)
def test_a_private_key_is_refused_and_never_repeated(repo: GitRepo, text: str) -> None:
    repo.write(".wagit.yml", f"team:\n  {text}\n")
    [problem] = problems_at(repo)
    assert "is a PRIVATE key" in problem
    for told in (SECRET[20:40], SECRET.lower()[20:40], "b3Blbn"):
        assert told not in problem


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id: abc", "is not 64 hex digits"),
        (f"id: {'AB' * 32}", "is not 64 hex digits"),
        ("remote: --upload-pack=x", "is no remote"),
        ("lease: {term: 29s}", "out of range: 30s to 1d"),
        ("lease: {at: 'http://x'}", "is not a URL of Redis"),
        ("lease: {at: 'rediss://me:secret@x'}", "has a password, which a versioned file would tell"),
        ("remote: 'https://me:secret@x/y.git'", "has a password, which a versioned file would tell"),
    ],
)
def test_other_mistakes(repo: GitRepo, text: str, said: str) -> None:
    repo.write(".wagit.yml", f"team:\n  {text}\n")
    [problem] = problems_at(repo)
    assert problem.startswith(".wagit.yml:2: team.")
    assert said in problem
    assert "secret@" not in problem


def test_a_password_may_stand_in_the_users_own_file(repo: GitRepo, home: Path) -> None:
    write_user_config(home, "team: {lease: {at: 'redis://:secret@localhost:6379'}}\n")
    assert load_at(repo).settings.team.lease.at == "redis://:secret@localhost:6379"


def test_a_fingerprint_is_what_ssh_keygen_shows(tmp_path: Path) -> None:
    (tmp_path / "key.pub").write_text(SSH + "\n")
    shown = subprocess.run(
        ["ssh-keygen", "-lf", str(tmp_path / "key.pub")], capture_output=True, text=True, check=True
    ).stdout
    assert fingerprint(SSH) in shown
    assert fingerprint(AGE) == AGE


def test_every_key_that_age_makes_is_taken() -> None:
    for _ in range(20):
        key = str(x25519.Identity.generate().to_public())
        assert recipient(f" {key}   ada ") == f"{key} ada"


CONFIG = """\
default: dev
rules:
  - {branch: main, slot: production}
  - {branch: develop, slot: staging, team: true}
  - {branch: "feature/{ticket}-*", slot: "feature-{ticket}", team: true}
  - {branch: "own/{x}", slot: "feature-own"}
"""


@pytest.mark.parametrize(
    ("slot", "shared"),
    [
        ("staging", True),
        ("production", False),
        ("dev", False),
        ("feature-42", True),
        ("feature-", False),
        ("feature-own", False),
        ("feature", False),
        (names.sanitise("feature-ÄB"), True),
        (names.sanitise("feature-" + "x" * 90), True),
        (names.sanitise("feature-__"), True),
        ("other-0123abcd", False),
    ],
)
def test_which_slots_are_shared(repo: GitRepo, slot: str, shared: bool) -> None:
    repo.write(".wagit.yml", CONFIG)
    assert shares.covers(shares.shares(load_at(repo).settings), slot) is shared


def test_strategy_team_shares_every_slot(repo: GitRepo) -> None:
    repo.write(".wagit.yml", CONFIG)
    for env in ({"WAGIT_STRATEGY": "team"}, {"WA_TEAM_COLLABORATION": "true"}):
        assert shares.shares(load_at(repo, env=env).settings) == ("*",)
    assert shares.covers(("*",), "anything")


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["feature-{x}", "{x}", "{x}-{y}", "a.{x}", "{x}-end", "t-{x}.{y}-z", "{x}."]),
    st.text(min_size=1, max_size=70),
    st.text(min_size=1, max_size=70),
)
def test_a_template_is_known_by_whatever_it_becomes(template: str, x: str, y: str) -> None:
    slot = names.sanitise(template.replace("{x}", x).replace("{y}", y))
    assert shares.gives(template, slot)


FILE = """\
# ours
version: 1
rules:   # first match wins
  - {branch: main, slot: s, team: true}
team:   # us
  id: abc # the id
  recipients:
    - "age1 ada"   # boss

    # bob
    - 'age2 bob'
  # end
default: x
"""
PATH = ("team", "recipients")


def test_a_change_leaves_every_other_line_as_it_is() -> None:
    added = edit.with_item(FILE, PATH, 'age3 "c"')
    assert added == FILE.replace("'age2 bob'\n", '\'age2 bob\'\n    - "age3 \\"c\\""\n')
    assert edit.without_item(FILE, PATH, 0) == FILE.replace('    - "age1 ada"   # boss\n', "")
    assert edit.with_value(FILE, ("team", "id"), "0123") == FILE.replace("abc", "0123")


@pytest.mark.parametrize(
    ("text", "added", "removed"),
    [
        ("team: {recipients: [a b, c d]} # x\n", 'team: {recipients: [a b, c d, "e f"]} # x\n',
         "team: {recipients: [c d]} # x\n"),
        ("team:\r\n  recipients:\r\n  - a b", 'team:\r\n  recipients:\r\n  - a b\r\n  - "e f"\r\n', None),
        ("team:\n  recipients: []\n", 'team:\n  recipients: ["e f"]\n', None),
        ("team:\n  recipients:\n", None, None),
        ("team:\n  recipients: [\n    a b,\n  ]\n", 'team:\n  recipients: [\n    a b, "e f",\n  ]\n', None),
        ("x: &r {recipients: [a b]}\nteam: {<<: *r}\n", None, None),
        ("--- {}\n--- {team: {recipients: [a b]}}\n", None, None),
    ],
)  # fmt: skip
def test_odd_files_are_changed_rightly_or_not_at_all(
    text: str, added: str | None, removed: str | None
) -> None:
    assert edit.with_item(text, PATH, "e f") == added
    if removed is not None:
        assert edit.without_item(text, PATH, 0) == removed


def test_a_section_is_written_where_there_is_none_or_beside_what_it_has() -> None:
    values = {"id": "ab", "recipients": ("a b",)}
    lines = '  id: ab\n  recipients:\n    - "a b"\n'
    assert edit.with_section("version: 1\n# end", "team", values) == "version: 1\n# end\nteam:\n" + lines
    has = "team:\n  # where\n  remote: s3://x\nversion: 1\n"
    assert edit.with_section(has, "team", values) == has.replace("  remote", lines + "  remote")
    assert edit.with_section("team: {id: x}\n", "team", values) is None
    assert edit.with_section("{version: 1}\n", "team", values) is None
