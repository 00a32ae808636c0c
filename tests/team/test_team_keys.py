"""Keys: found, made, refused when others can read them. Private ones are never shown."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.age_program import by_hand, typed
from tests.support.killing import killed_in_a_fork
from tests.support.long import LONG, long
from tests.support.team_keys import LOCKED, PASSPHRASE, member, team_of
from wagit.team import keys, sealing
from wagit.team.keys import BadKey, CannotDecrypt, NoKey
from wagit.team.public_keys import BadRecipient, parse

# In two parts, so that no guard takes this file for a key.
PRIVATE = "AGE-SECRET-" + "KEY-15WQN84JNPGFLZ85ZFRV3UHXY7HXV0M6EDVZNQKNYGNVFTN6UWK2QASVAQL"
PUBLIC = "age15wlwvcy6lt9p2yx27x75m7jpdhqf4hszqdlujvk8ejamvv67gutstuth60"
OPENSSH = b"-----BEGIN OPENSSH " + b"PRIVATE KEY-----\n"


def private(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(0o600)
    return path


def ssh_key(path: Path, *options: str) -> str:
    """Make an SSH key by ssh-keygen; its public key, with the name `bob` behind it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["ssh-keygen", "-q", "-C", "bob", "-f", str(path), *(options or ("-t", "ed25519", "-N", ""))],
        check=True,
    )
    return Path(f"{path}.pub").read_text().strip()


def place(home: Path) -> Path:
    return home / ".config/wagit/age.key"


def test_a_key_lies_beside_the_users_config_and_the_variable_names_another(
    home: Path, tmp_path: Path
) -> None:
    assert keys.place(os.environ) == str(place(home))
    mine = keys.create(str(place(home)))
    other = member(tmp_path, "other")
    assert keys.load(os.environ).public == (mine,)
    assert keys.load({**os.environ, keys.VARIABLE: str(other.path)}).public == (other.recipient.key,)
    with pytest.raises(NoKey, match="nowhere"):
        keys.load({**os.environ, keys.VARIABLE: str(home / "nowhere")})


def test_a_key_of_age_keygens_is_read_with_its_comments(tmp_path: Path) -> None:
    path = private(
        tmp_path / "key", f"# created: 2026-01-01T00:00:00Z\n# public key: {PUBLIC}\r\n\n{PRIVATE}\n"
    )
    assert keys.read(str(path)).public == (PUBLIC,)


def test_a_new_key_is_private_and_what_age_keygen_would_write(tmp_path: Path) -> None:
    path = tmp_path / "new/age.key"
    public = keys.create(str(path))
    assert path.stat().st_mode & 0o777 == 0o600
    read = subprocess.run(
        ["age-keygen", "-y", path], env=by_hand(), capture_output=True, text=True, check=True
    )
    assert read.stdout.strip() == public == keys.read(str(path)).public[0]
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        keys.create(str(path))
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == ["age.key"]


def test_a_new_key_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "root/age.key"
    path.parent.mkdir()
    states = []
    for ended in killed_in_a_fork(lambda: keys.create(str(path)), path.parent, lambda: path.unlink(True)):
        states.append(path.exists())
        if path.exists():
            assert len(keys.read(str(path)).public) == 1
        assert ended.killed or path.exists()
    assert len(states) > 2
    assert not states[0]


@long
def test_a_new_key_with_a_passphrase_opens_by_it_also_for_age(tmp_path: Path) -> None:
    path = tmp_path / "age.key"
    public = keys.create(str(path), PASSPHRASE)
    assert b"AGE-SECRET-KEY" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes().startswith(b"age-encryption.org/v1\n-> scrypt ")
    if LONG:  # which costs seconds, as it should
        status, shown = typed(PASSPHRASE.encode(), ["age", "-d", str(path)], by_hand())
        assert (status, public.encode() in shown) == (0, True), shown


@pytest.mark.parametrize("armored", [True, False])
def test_a_locked_key_asks_for_its_passphrase(tmp_path: Path, armored: bool) -> None:
    import base64

    raw = base64.b64decode("".join(LOCKED.splitlines()[1:-1]))
    path = private(tmp_path / "age.key", LOCKED if armored else raw)
    asked: list[str] = []

    def ask(of: str) -> str:
        asked.append(of)
        return PASSPHRASE

    assert keys.read(str(path), ask).public == (PUBLIC,)
    assert asked == [f"Passphrase of {path}"]
    with pytest.raises(CannotDecrypt, match="not the passphrase"):
        keys.read(str(path), lambda _: "wrong")
    with pytest.raises(CannotDecrypt, match="nobody can be asked"):
        keys.read(str(path))


def test_the_ssh_key_does_where_there_is_no_other_and_counts_beside_it(home: Path) -> None:
    with pytest.raises(NoKey, match=r"age\.key.*id_ed25519"):
        keys.load(os.environ)
    with pytest.raises(NoKey, match="HOME does not tell"):
        keys.load({})
    bob = parse(ssh_key(home / ".ssh/id_ed25519"))
    loaded = keys.load(os.environ)
    assert loaded.public == (bob.key,)
    assert sealing.unseal(sealing.seal(b"for bob", [bob]), loaded, "it") == b"for bob"
    mine = keys.create(str(place(home)))
    assert keys.load(os.environ).public == (mine, bob.key)


def test_a_locked_ssh_key_is_named_or_passed_over_where_there_is_another(home: Path) -> None:
    ssh_key(home / ".ssh/id_ed25519", "-t", "ed25519", "-N", "secret")
    with pytest.raises(CannotDecrypt, match="id_ed25519 is protected by a passphrase") as raised:
        keys.load(os.environ)
    assert "team init" in raised.value.hint
    mine = keys.create(str(place(home)))
    assert keys.load(os.environ).public == (mine,)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o660, 0o777])
def test_a_key_that_others_can_read_or_write_is_refused(home: Path, mode: int) -> None:
    keys.create(str(place(home)))
    place(home).chmod(mode)
    with pytest.raises(BadKey, match=f"others may .*{mode:04o}") as raised:
        keys.load(os.environ)
    assert f"chmod 600 {place(home)}" in raised.value.hint


@pytest.mark.parametrize(
    "text",
    [b"", b"# only a comment\n", PRIVATE[:-1].encode(), b"hello\n" + PRIVATE.encode(), b"\xff" * 99,
     b"a" * 70_000,
     b"-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
     OPENSSH + b"b3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----\n",
     b"-----BEGIN OPENSSH PRIVATE KEY-----\n!!!\n-----END OPENSSH PRIVATE KEY-----\n"],
)  # fmt: skip
def test_what_is_no_key_is_refused_and_not_shown(tmp_path: Path, text: bytes) -> None:
    path = private(tmp_path / "key", text)
    with pytest.raises(BadKey, match="has no key") as raised:
        keys.read(str(path))
    assert PRIVATE[:-2] not in str(raised.value) + repr(raised.value.__context__)


def test_a_directory_or_pipe_is_no_key(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(BadKey, match="cannot be read"):
            keys.read(str(path))


def test_a_recipient_is_a_public_key_and_a_name(tmp_path: Path) -> None:
    assert parse(f"  {PUBLIC}   Ada Lovelace ") == (("Ada Lovelace"), PUBLIC)
    line = ssh_key(tmp_path / "id")
    assert parse(line) == ("bob", line.removesuffix(" bob"))


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("", "neither"),
        ("ada", "neither"),
        ("ecdsa-sha2-nistp256 AAAA ada", "neither"),
        ("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7 ada", "neither"),
        (PUBLIC, "no name"),
        (f"{PUBLIC} \x1b[31mada", "cannot be shown"),
        (f"{PUBLIC} a\u202eda", "cannot be shown"),
        (f"{PUBLIC} {'a' * 101}", "cannot be shown"),
        (f"{PUBLIC[:-1]}q ada", "no public key"),
        ("age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t ada", "no public key"),
        ("ssh-ed25519", "no public key"),
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID6 ada", "no public key"),
    ],
)
def test_what_is_no_recipient_is_refused(line: str, wrong: str) -> None:
    with pytest.raises(BadRecipient, match=wrong):
        parse(line)


@pytest.mark.parametrize(
    "line",
    [f"{PRIVATE} ada", f"{PRIVATE.lower()} ada", f"{PUBLIC} {PRIVATE}",
     "-----BEGIN OPENSSH PRIVATE KEY-----b3Blb ada",
     f"hunter2{PRIVATE[20:]}"],
)  # fmt: skip
def test_a_private_key_is_never_shown(line: str) -> None:
    with pytest.raises(BadRecipient) as raised:
        parse(line)
    assert PRIVATE[20:].lower() not in str(raised.value).lower() + raised.value.hint.lower()
    assert "b3Blb" not in str(raised.value)


def test_who_of_the_team_the_user_is(tmp_path: Path) -> None:
    ada, bob, eve = (member(tmp_path, name) for name in ("ada", "bob", "eve"))
    team, _ = team_of(ada, bob)
    assert keys.own(bob.keys, team) == bob.recipient
    assert keys.own(eve.keys, team) is None
    both = keys.Keys(eve.keys.identities + ada.keys.identities, eve.keys.public + ada.keys.public)
    assert keys.own(both, team) == ada.recipient


def test_what_is_not_sealed_for_a_key_it_does_not_open(tmp_path: Path) -> None:
    ada, bob = member(tmp_path, "ada"), member(tmp_path, "bob")
    sealed = sealing.seal(b"secret", [ada.recipient])
    assert sealing.unseal(sealed, ada.keys, "it") == b"secret"
    with pytest.raises(CannotDecrypt, match="none of your keys opens it") as raised:
        sealing.unseal(sealed, bob.keys, "it")
    assert "wagit team add" in raised.value.hint
