"""Leases in a real Redis: one holder, a fence that never goes back, and what comes of it when Redis fails."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.fake_redis import fake_redis
from tests.support.long import long, longer
from tests.support.machines import Machine, laptops, with_stores
from tests.support.memory_remote import MemoryRemote
from tests.support.redis_server import RedisServer
from tests.support.team_keys import SECRET
from wagit.core.atomic import atomic_write
from wagit.core.errors import WagitError
from wagit.core.store import Store
from wagit.team import head_file, redis_wire, sealing, state
from wagit.team.access import SecretUnknown, remember
from wagit.team.head import Head
from wagit.team.leases import Held, LeaseHeld, LeaseLost, Leases
from wagit.team.redis_leases import RedisLeases
from wagit.team.remote import RemoteRefused, RemoteUnreachable

SLOT, TERM = "staging", 300.0


class Bench:
    """Two machines, Redis, and a remote in memory."""

    def __init__(self, directory: Path, server: RedisServer) -> None:
        self.server, self.remote = server, MemoryRemote()
        self.url = server.url
        self.ada, self.bob = with_stores(laptops(directory, "ada", "bob"))
        remember(self.bob.store, SECRET)  # as from a head

    def of(self, machine: Machine) -> Leases:
        access = machine.access(self.remote)
        return RedisLeases(access._replace(team=machine.team._replace(lease_at=self.url)), boot=machine.boot)

    @property
    def key(self) -> str:
        return f"wagit:{self.ada.team.name}:{self.ada.team.space(SLOT)}:lease"

    def pushed(self, fence: int) -> None:
        """What a push does to the head: it has the pusher's fence."""
        space = self.ada.team.space(SLOT)
        before = self.remote.head(space)
        data = head_file.encode(Head(SLOT, SECRET, fence), self.ada.team.recipients)
        self.remote.advance(space, data, before.version if before else None)

    def run_out(self) -> None:
        """The term is over, by the server's clock."""
        assert self.server.cli("HSET", self.key, "until", "1") == "0"

    def restart(self, *, keep: bool = False) -> None:
        if keep:
            self.server.cli("SAVE")
        self.server.kill()
        self.server.start()

    def flush(self) -> None:
        assert self.server.cli("FLUSHALL") == "OK"

    def evict(self) -> None:
        assert self.server.cli("DEL", self.key) == "1"


@pytest.fixture
def bench(tmp_path: Path, redis_server: RedisServer) -> Bench:
    return Bench(tmp_path, redis_server)


LOSSES: dict[str, Callable[[Bench], None]] = {
    "flushed": Bench.flush,
    "restarted empty": Bench.restart,
    "restarted with its data": lambda bench: bench.restart(keep=True),
    "evicted": Bench.evict,
}
each_loss = pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)


def test_one_has_it_at_a_time(bench: Bench) -> None:
    ada, bob = bench.of(bench.ada), bench.of(bench.bob)
    assert bob.look(SLOT) == (None, 0, False, 0.0)
    held = ada.take(SLOT)
    assert (held.fence, held.until) == (1, bench.ada.boot.now() + TERM)
    look = bob.look(SLOT)
    assert look.lease is not None
    assert (look.lease.by, look.lease.host, look.lease.term, look.ours) == ("ada", "ada-laptop", TERM, False)
    assert TERM * 0.9 < look.left <= TERM * 1.05
    assert ada.look(SLOT).ours
    with pytest.raises(LeaseHeld, match="held by ada on ada-laptop; free in at most 5 min"):
        bob.take(SLOT)
    ada.release(held)
    assert bob.look(SLOT).lease is None
    assert bob.take(SLOT).fence == 2


def test_given_back_though_the_disk_is_full_then(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, bob = bench.of(bench.ada), bench.of(bench.bob)
    held = ada.take(SLOT)
    written: list[str] = []

    def write(path: str, data: bytes) -> None:
        if written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        written.append(path)
        atomic_write(path, data)

    with monkeypatch.context() as patched:
        patched.setattr(state, "atomic_write", write)
        ada.release(held)
    assert len(written) == 1  # that nothing is sure any more, before Redis is told
    assert bob.take(SLOT).fence == 2


def test_renewed_it_lasts_longer(bench: Bench) -> None:
    ada = bench.of(bench.ada)
    held = ada.take(SLOT)
    since = ada.look(SLOT).lease
    bench.ada.boot.pass_time(100)
    assert ada.renew(held).until == held.until + 100
    assert state.held(bench.ada.store, SLOT, bench.ada.boot) == (SLOT, held.id, 1, held.until + 100, None)
    now = ada.look(SLOT).lease
    assert since is not None
    assert now is not None
    assert now.since == since.since


def test_what_takes_time_to_be_asked_for_lasts_no_longer(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, boot, ask = bench.of(bench.ada), bench.ada.boot, redis_wire.run

    def slowly(at: redis_wire.Address, script: str, key: str, *rest: bytes | str) -> list[redis_wire.Reply]:
        answer = ask(at, script, key, *rest)
        boot.pass_time(7)
        return answer

    monkeypatch.setattr(redis_wire, "run", slowly)
    began = boot.now()
    held = ada.take(SLOT)
    assert held.until == began + TERM
    began = boot.now()
    assert ada.renew(held).until == began + TERM


def test_one_that_ran_out_is_free_and_its_holder_learns_it(bench: Bench) -> None:
    ada, bob = bench.of(bench.ada), bench.of(bench.bob)
    held = ada.take(SLOT)
    bench.run_out()
    look = bob.look(SLOT)
    assert look.lease is not None
    assert look.left == 0
    theirs = bob.take(SLOT)
    assert theirs.fence == 2
    with pytest.raises(LeaseLost, match="held by bob on bob-laptop"):
        ada.renew(held)
    ada.release(held)
    assert bob.renew(theirs).fence == 2, "a release of what is not ours any more changes nothing"


def test_late_and_yet_nobody_took_it(bench: Bench) -> None:
    ada = bench.of(bench.ada)
    held = ada.take(SLOT)
    bench.run_out()
    assert ada.renew(held).fence == 1
    with pytest.raises(LeaseHeld):
        bench.of(bench.bob).take(SLOT)


def test_given_back_is_not_renewed(bench: Bench) -> None:
    ada = bench.of(bench.ada)
    held = ada.take(SLOT)
    ada.release(held)
    with pytest.raises(LeaseLost):
        ada.renew(held)
    ada.release(held)
    assert state.read(bench.ada.store, SLOT).own is None


def test_what_a_killed_process_took_is_taken_again(bench: Bench) -> None:
    before = bench.of(bench.ada).take(SLOT)
    assert bench.of(bench.ada).take(SLOT)[:3] == before[:3]


def test_an_older_lease_of_the_same_store_is_not_renewed(bench: Bench) -> None:
    """Its id is the same, as the store remembers it; its fence is not."""
    ada, bob = bench.of(bench.ada), bench.of(bench.bob)
    old = ada.take(SLOT)
    bench.run_out()
    bob.release(bob.take(SLOT))
    assert ada.take(SLOT).fence == 3
    with pytest.raises(LeaseLost):
        ada.renew(old)


def test_who_knows_no_secret_reads_it_in_the_head(tmp_path: Path, redis_server: RedisServer) -> None:
    bench = Bench(tmp_path, redis_server)
    (bob,) = with_stores([bench.bob._replace(store=Store(str(tmp_path / "new")))])
    (tmp_path / "new" / "team" / "secrets.json").unlink()
    with pytest.raises(SecretUnknown):
        bench.of(bob).take(SLOT)
    bench.pushed(3)
    with pytest.raises(LeaseHeld):  # Redis may have known of a holder
        bench.of(bob).take(SLOT)
    bench.run_out()
    assert bench.of(bob).take(SLOT).fence > 3


def test_slots_are_apart(bench: Bench) -> None:
    bench.of(bench.ada).take(SLOT)
    assert bench.of(bench.bob).take("dev").fence == 1


def test_the_holder_sees_who_asks_for_it(bench: Bench) -> None:
    ada, bob = bench.of(bench.ada), bench.of(bench.bob)
    assert bob.request(SLOT).lease is None, "nobody has it, and nobody is asked"
    held = ada.take(SLOT)
    assert ada.request(SLOT).ours
    assert ada.renew(held).request is None
    look = bob.request(SLOT)
    asked = ada.renew(held).request
    assert asked is not None
    assert (asked.by, asked.host) == ("bob", "bob-laptop")
    assert look.lease is not None
    assert look.lease.request == asked
    ada.release(held)
    assert bob.take(SLOT).request is None


def test_a_request_is_published(bench: Bench) -> None:
    bench.of(bench.ada).take(SLOT)
    with bench.server.listening(f"{bench.key}:requests") as heard:
        bench.of(bench.bob).request(SLOT)
        assert heard() == "requested"


def test_redis_learns_no_name_and_no_secret(bench: Bench) -> None:
    held = bench.of(bench.ada).take(SLOT)
    bench.of(bench.bob).request(SLOT)
    bench.restart(keep=True)
    (dump,) = bench.server.files("dump.rdb")
    for secret in (held.id, SECRET, '"ada"', '"bob"', "-laptop", SLOT):  # "ada" alone is hexadecimal, too
        assert secret.encode() not in dump


def test_a_name_that_no_member_wrote_is_not_shown(bench: Bench) -> None:
    """The host of Redis knows the public keys."""
    bench.of(bench.ada).take(SLOT)
    forged = (
        ["0" * 64, SLOT, "mallory", "x", 0.0],
        [SECRET, "dev", "ada", "x", 0.0],
        [SECRET, SLOT, "\x1b", "x", 0],
    )
    lies = (*(json.dumps(one).encode() for one in forged), b"{", b"\xff" * 9)
    for lie in (*(sealing.seal(one, bench.ada.team.recipients) for one in lies), b"not age", b""):
        bench.server.cli_with(lie, "-x", "HSET", bench.key, "who")
        look = bench.of(bench.bob).look(SLOT)
        assert look.lease is not None
        assert (look.lease.by, look.lease.host) == ("somebody", "some machine")


@each_loss
def test_a_loss_makes_no_second_holder(bench: Bench, lose: Callable[[Bench], None]) -> None:
    ada, bob = bench.of(bench.ada), bench.of(bench.bob)
    held = ada.take(SLOT)
    bench.pushed(held.fence)
    lose(bench)
    with pytest.raises(LeaseHeld, match="held by somebody on a machine that Redis forgot"):
        bob.take(SLOT)
    assert ada.renew(held)[:3] == held[:3], "who surely has it goes on"
    with pytest.raises(LeaseHeld, match="held by ada"):
        bob.take(SLOT)
    ada.release(held)
    assert bob.take(SLOT).fence > 1


@each_loss
def test_who_is_not_sure_has_lost_it_with_the_data(bench: Bench, lose: Callable[[Bench], None]) -> None:
    ada = bench.of(bench.ada)
    held = ada.take(SLOT)
    bench.pushed(held.fence)
    bench.ada.boot.pass_time(TERM + 1)
    lose(bench)
    with pytest.raises(LeaseLost):
        ada.renew(held)
    with pytest.raises(LeaseHeld):
        ada.take(SLOT)


@each_loss
def test_the_fence_never_goes_back(bench: Bench, lose: Callable[[Bench], None]) -> None:
    ada, bob = bench.of(bench.ada), bench.of(bench.bob)
    ada.release(ada.take(SLOT))
    bench.pushed(1)
    fences = []
    for _ in range(5):  # and nothing is pushed
        held = ada.take(SLOT)
        fences.append(held.fence)
        ada.release(held)
    lose(bench)
    assert bob.look(SLOT).fence >= 1
    bench.run_out()
    assert bob.take(SLOT).fence > max(fences)


def test_where_nothing_was_pushed_what_this_machine_remembers_counts(bench: Bench) -> None:
    ada = bench.of(bench.ada)
    held = ada.take(SLOT)
    ada.release(held)
    bench.flush()
    with pytest.raises(LeaseHeld):
        ada.take(SLOT)
    bench.run_out()
    assert ada.take(SLOT).fence > held.fence


def test_a_release_ends_the_wait_after_a_loss(bench: Bench) -> None:
    ada, bob = bench.of(bench.ada), bench.of(bench.bob)
    held = ada.take(SLOT)
    bench.pushed(1)
    bench.flush()
    ada.release(held)
    assert bob.take(SLOT).fence > 1


def test_scripts_may_be_forgotten(bench: Bench) -> None:
    ada = bench.of(bench.ada)
    held = ada.take(SLOT)
    assert bench.server.cli("SCRIPT", "FLUSH") == "OK"
    assert ada.renew(held).fence == 1


def said(what: Callable[[], object], kind: type[WagitError]) -> str:
    with pytest.raises(kind) as error:
        what()
    return error.value.message + error.value.hint


def every_question(leases: Leases, held: Held) -> list[Callable[[], object]]:
    return [
        lambda: leases.look(SLOT),
        lambda: leases.take(SLOT),
        lambda: leases.renew(held),
        lambda: leases.request(SLOT),
        lambda: leases.release(held),
    ]


def test_a_server_that_is_down(bench: Bench) -> None:
    ada = bench.of(bench.ada)
    held = ada.take(SLOT)
    bench.server.kill()
    for what in every_question(ada, held)[:-1]:
        assert f"{bench.url}/0 cannot be reached" in said(what, RemoteUnreachable)
    assert state.held(bench.ada.store, SLOT, bench.ada.boot) == held, "a held lease lasts without Redis"
    said(lambda: ada.release(held), RemoteUnreachable)
    assert state.held(bench.ada.store, SLOT, bench.ada.boot) is None, "it may be given back"


def test_a_server_that_says_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_wire, "TIMEOUT", 0.2)
    ada = bench.of(bench.ada)
    bench.server.suspend()
    try:
        assert "no answer in time" in said(lambda: ada.take(SLOT), RemoteUnreachable)
    finally:
        bench.server.resume()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redis_wire, "TIMEOUT", 30.0)
        assert ada.take(SLOT).fence == 1, "ours, whether or not it was taken before"


def test_passwords_and_databases(bench: Bench) -> None:
    bench.server.cli("CONFIG", "SET", "requirepass", "s3cr3t")
    for login in ("", ":wr0ng@", "ada:s3cr3t@"):
        bench.url = f"redis://{login}127.0.0.1:{bench.server.port}/3"
        told = said(lambda: bench.of(bench.ada).take(SLOT), RemoteRefused)
        assert f"redis://127.0.0.1:{bench.server.port}/3 refused the login" in told
        assert "s3cr3t" not in told
        assert "wr0ng" not in told
    bench.url = f"redis://:s3cr3t@127.0.0.1:{bench.server.port}/3"
    bench.of(bench.ada).take(SLOT)
    assert bench.server.cli("-a", "s3cr3t", "-n", "3", "EXISTS", bench.key) == "1"


def test_a_password_that_comes_back_is_not_told(tmp_path: Path) -> None:
    (ada,) = with_stores(laptops(tmp_path, "ada"))
    with fake_redis(b"-ERR unknown command `AUTH`, with args beginning with: `s3cr3t`\r\n", b"s3cr3t") as url:
        at = url.replace("://", "://:s3cr3t@")
        access = ada.access(MemoryRemote())._replace(team=ada.team._replace(lease_at=at))
        told = said(lambda: RedisLeases(access).take(SLOT), RemoteRefused)
    assert "unknown command" in told
    assert "s3cr3t" not in told


def test_no_room_and_no_right(bench: Bench) -> None:
    bench.server.cli("CONFIG", "SET", "maxmemory", "1")
    assert "OOM" in said(lambda: bench.of(bench.ada).take(SLOT), RemoteRefused)
    bench.server.cli("CONFIG", "SET", "maxmemory", "0")
    bench.server.cli("ACL", "SETUSER", "bob", "on", ">pw", "~*", "+@read")
    bench.url = f"redis://bob:pw@127.0.0.1:{bench.server.port}"
    assert "NOPERM" in said(lambda: bench.of(bench.bob).take(SLOT), RemoteRefused)
    bench.url = bench.server.url
    bench.server.cli("SET", bench.key, "something else")
    assert "WRONGTYPE" in said(lambda: bench.of(bench.ada).take(SLOT), RemoteRefused)


@pytest.mark.parametrize(
    ("answer", "kind", "told"),
    [
        (b"*2\r\n$3\r\nold\r\n$6\r\n5.0.14\r\n", RemoteRefused, "is Redis 5.0.14; leases need 6 or newer"),
        (b"-LOADING Redis is loading the dataset in memory\r\n", RemoteUnreachable, "is not ready"),
        (b"-READONLY You can't write against a read only replica.\r\n", RemoteRefused, "READONLY"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", RemoteUnreachable, "does not speak as Redis does"),
        (b"$9999999\r\n" + b"x" * (2 << 20), RemoteUnreachable, "it sends too much"),
        (b"*-1\r\n", RemoteRefused, "is no Redis"),
        (b"*1\r\n$4\r\nheld\r\n", RemoteRefused, "something else where the lease should be"),
        (b"*1\r\n*1\r\n*1\r\n:1\r\n", RemoteRefused, "something else where the lease should be"),
        (b":x\r\n", RemoteUnreachable, "does not speak as Redis does"),
        (b"", RemoteUnreachable, "it hung up"),
    ],
)
def test_what_else_may_answer(answer: bytes, kind: type[WagitError], told: str, tmp_path: Path) -> None:
    (ada,) = with_stores(laptops(tmp_path, "ada"))
    with fake_redis(answer) as url:
        access = ada.access(MemoryRemote())._replace(team=ada.team._replace(lease_at=url))
        assert told in said(lambda: RedisLeases(access).take(SLOT), kind)


def test_tls_is_asked_for_and_checked(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """This server has none: a password never goes over the wire in the clear."""
    monkeypatch.setattr(redis_wire, "TIMEOUT", 0.2)
    bench.url = f"rediss://:s3cr3t@127.0.0.1:{bench.server.port}"
    told = said(lambda: bench.of(bench.ada).take(SLOT), RemoteUnreachable)
    assert told.startswith(f"rediss://127.0.0.1:{bench.server.port}/0 cannot be reached")


@pytest.mark.parametrize("url", ["http://x", "redis://", "redis://h:99999", "redis://h/x", "unix:///x"])
def test_what_is_no_address(url: str) -> None:
    assert "no address of Redis" in said(lambda: redis_wire.address(url), RemoteRefused)


@long
def test_never_two_holders_in_redis(bench: Bench) -> None:
    """All want it at once, from stores of their own."""
    rounds, inside, wrong = longer(30, 200), threading.Lock(), []
    start = threading.Barrier(2)
    fences: list[int] = []

    def run(leases: Leases) -> None:
        for _ in range(rounds):
            start.wait(60)
            try:
                held = leases.take(SLOT)
            except LeaseHeld:
                continue
            if not inside.acquire(blocking=False):
                wrong.append(held)
                continue
            fences.append(leases.renew(held).fence)
            inside.release()
            leases.release(held)

    threads = [threading.Thread(target=run, args=(bench.of(one),)) for one in (bench.ada, bench.bob)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert sorted(fences) == list(range(1, len(fences) + 1))
    assert len(fences) >= rounds


def test_no_client_library_is_loaded(bench: Bench) -> None:
    """The library takes longer to import than a lease may take."""
    source = (
        "import sys; from wagit.team import redis_leases, redis_wire;"
        f"redis_wire.run(redis_wire.address({bench.url!r}), 'return {{1}}', 'key');"
        "print([name for name in ('redis', 'asyncio', 'ssl', 'obstore') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
