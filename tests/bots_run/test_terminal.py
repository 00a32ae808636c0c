"""A bot in a real terminal: pexpect plays the user's, the supervisor is the real one."""

from __future__ import annotations

import hashlib
import random
import signal
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect  # type: ignore[import-untyped]
import psutil
import pytest

from tests.support.browser import eventually
from tests.support.git import GitRepo
from tests.support.processes import CHECKOUT, NOTING, POLITE, Supervised, end, python

BYTES = 1_000_000
PATIENCE = 20

READY = "print('READY', flush=True)\n"
ECHO = f"{NOTING}\nnote('start', 'bot', os.getpid())\n{READY}"
ECHO += "\nfor line in sys.stdin: print('GOT', line.strip(), flush=True)"


class Terminal:
    """One terminal with the supervisor in it."""

    def __init__(self, supervised: Supervised) -> None:
        self.supervised = supervised
        self.screen: Any = None

    def run(self, *bot: str, shell: bool = False) -> Any:
        command = self.supervised.command(*bot)
        if shell:
            command = ["/bin/bash", "--norc", "--noprofile", "-i"]
        self.screen = pexpect.spawn(
            command[0], command[1:],
            env=self.supervised.environ({"PS1": "PROMPT> ", "TERM": "dumb"}), cwd=str(CHECKOUT),
            timeout=PATIENCE, dimensions=(30, 100), echo=True,
        )  # fmt: skip
        self.screen.delaybeforesend = None
        return self.screen

    def status(self) -> int:
        """Wait for the end and tell the exit status as a shell does."""
        self.screen.expect(pexpect.EOF)
        self.screen.close()
        if self.screen.signalstatus is not None:
            return 128 + int(self.screen.signalstatus)
        return int(self.screen.exitstatus)


@pytest.fixture
def supervised(repo: GitRepo, tmp_path: Path) -> Supervised:
    return Supervised(repo.path, tmp_path / "state")


@pytest.fixture
def terminal(supervised: Supervised) -> Iterator[Terminal]:
    terminal = Terminal(supervised)
    yield terminal
    if terminal.screen is not None:
        terminal.screen.close(force=True)
    end(*(int(pid) for _, _, pid in supervised.notes.all("start")))


def modes(screen: Any) -> list[Any]:
    return termios.tcgetattr(screen.child_fd)


def test_the_bot_has_a_terminal_of_the_same_size_and_its_own(terminal: Terminal) -> None:
    screen = terminal.run(
        *python(
            "import os; print([os.isatty(i) for i in range(3)], *os.get_terminal_size(), "
            "open('/dev/tty').isatty(), os.tcgetpgrp(0) == os.getpgrp())"
        )
    )
    screen.expect_exact("[True, True, True] 100 30 True True")
    assert terminal.status() == 0


def test_its_exit_status_and_modes_of_the_terminal(terminal: Terminal) -> None:
    screen = terminal.run(*python(f"{READY}\nraise SystemExit(int(input()))"))
    screen.expect("READY")
    assert not modes(screen)[3] & termios.ICANON, "raw on our side"
    screen.send("7\r")
    assert terminal.status() == 7


def test_output_passes_byte_for_byte(terminal: Terminal) -> None:
    writer = f"""
import os, random, tty
tty.setraw(1)
data = random.Random(1).randbytes({BYTES})
os.write(1, b"BEGIN>")
for at in range(0, len(data), 7777):
    os.write(1, data[at:at + 7777])
os.write(1, b"<END")
"""
    screen = terminal.run(*python(writer))
    screen.expect_exact(b"BEGIN>")
    screen.expect_exact(b"<END")
    wanted = random.Random(1).randbytes(BYTES)
    assert len(screen.before) == BYTES
    assert hashlib.sha256(screen.before).digest() == hashlib.sha256(wanted).digest()
    assert terminal.status() == 0


def test_plain_lines_look_as_they_do_without_us(terminal: Terminal) -> None:
    screen = terminal.run(*python("print('one\\ntwo')"))
    screen.expect_exact(b"one\r\ntwo\r\n")
    assert terminal.status() == 0


def test_the_last_output_of_a_bot_that_ends_at_once_is_shown(terminal: Terminal) -> None:
    screen = terminal.run(*python("import os; os.write(1, b'x' * 20000 + b'LAST')"))
    screen.expect_exact("LAST")
    assert screen.before.count(b"x") == 20000
    assert terminal.status() == 0


def test_typed_lines_reach_the_bot(terminal: Terminal) -> None:
    screen = terminal.run(*python(ECHO))
    screen.expect("READY")
    screen.send("hello\r")
    screen.expect_exact("GOT hello")
    screen.send("\x04")
    assert terminal.status() == 0


def test_a_new_size_reaches_the_bot(terminal: Terminal) -> None:
    handler = "lambda *_: (print('SIZE', *os.get_terminal_size()), sys.exit(0))"
    source = f"{NOTING}\nsignal.signal(signal.SIGWINCH, {handler})\n{READY}\nwhile True: signal.pause()"
    screen = terminal.run(*python(source))
    screen.expect("READY")
    screen.setwinsize(50, 120)
    screen.expect_exact("SIZE 120 50")
    assert terminal.status() == 0


def test_ctrl_c_stops_the_bot_safely_with_its_status(terminal: Terminal) -> None:
    screen = terminal.run(
        *python(f"{NOTING}\nsignal.signal(signal.SIGINT, lambda *_: print('INTERRUPTED'))\n"
                f"signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))\n{READY}\nwhile True: signal.pause()")
    )  # fmt: skip
    screen.expect("READY")
    screen.sendintr()
    assert terminal.status() == 3
    assert b"INTERRUPTED" not in screen.before
    assert b"wagit: stopping\r\n" in screen.before


def test_ctrl_c_is_ours_even_when_the_bot_reads_keys_raw(terminal: Terminal) -> None:
    screen = terminal.run(*python(f"{NOTING}\nimport tty\ntty.setraw(0)\n{READY}\nwhile True: os.read(0, 9)"))
    screen.expect("READY")
    screen.send("\x03")
    assert terminal.status() == 130


def test_a_second_ctrl_c_hurries(terminal: Terminal) -> None:
    screen = terminal.run(
        *python(f"{NOTING}\nsignal.signal(signal.SIGTERM, lambda *_: print('TERM', flush=True))\n{READY}\n"
                "while True: signal.pause()")
    )  # fmt: skip
    screen.expect("READY")
    screen.sendintr()
    screen.expect("TERM")
    screen.sendintr()
    assert terminal.status() == 130


def test_ctrl_c_does_not_wait_for_a_bot_that_reads_no_keys(terminal: Terminal) -> None:
    screen = terminal.run(
        *python(f"{NOTING}\nimport tty\ntty.setraw(0)\n{READY}\nwhile True: signal.pause()")
    )
    screen.expect("READY")
    screen.send("x" * 3000)
    for _ in range(40):
        screen.send("x" * 1000)
    screen.sendintr()
    assert terminal.status() == 130


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_restores_the_terminal(terminal: Terminal, number: int) -> None:
    screen = terminal.run(shell=True)
    screen.expect("PROMPT> ")
    before = modes(screen)
    bot = " ".join(
        f"'{word}'" for word in terminal.supervised.command("sh", "-c", "echo READY; exec sleep 99")
    )
    screen.sendline(f"{bot}; echo STATUS $?")
    screen.expect("READY\r\n")
    harness = next(
        p for p in psutil.Process(screen.pid).children() if "tests.bots_run.harness" in p.cmdline()
    )
    harness.send_signal(number)
    screen.expect_exact(f"STATUS {128 + number}")
    screen.expect("PROMPT> ")
    assert modes(screen) == before


def test_ctrl_z_and_fg(terminal: Terminal) -> None:
    screen = terminal.run(shell=True)
    screen.expect("PROMPT> ")
    bot = " ".join(f'"{word}"' for word in terminal.supervised.command())
    source = terminal.supervised.state / "bot.py"
    source.write_text(ECHO)
    screen.sendline(f'{bot} "{sys.executable}" "{source}"; echo STATUS $?')
    screen.expect("READY\r\n")
    pid = int(terminal.supervised.notes.wait("start")[2])
    before_fg = modes(screen)
    screen.send("\x1a")
    screen.expect("Stopped")
    screen.expect("PROMPT> ")
    assert psutil.Process(pid).status() == psutil.STATUS_STOPPED
    screen.setwinsize(40, 90)
    screen.sendline("fg")
    eventually(lambda: psutil.Process(pid).status() != psutil.STATUS_STOPPED)
    assert modes(screen) == before_fg, "raw again"
    screen.send("again\r")
    screen.expect_exact("GOT again")
    screen.send("\x04")
    screen.expect_exact("PROMPT> ")


def test_our_lines_begin_at_the_left_and_never_join_the_bots(terminal: Terminal) -> None:
    screen = terminal.run(*python(f"{NOTING}\nos.write(1, b'half a line')\nwhile True: signal.pause()"))
    screen.expect_exact("half a line")
    screen.sendintr()
    screen.expect_exact("\r\nwagit: stopping\r\n")
    assert terminal.status() == 130


def test_each_bot_of_a_switch_has_the_terminal(terminal: Terminal, repo: GitRepo) -> None:
    screen = terminal.run(
        *python(POLITE.replace("while True:", "print('SLOT', os.environ['SLOT'], flush=True)\nwhile True:"))
    )
    screen.expect_exact("SLOT main")
    repo.switch("develop")
    screen.expect_exact("SLOT develop")
    screen.sendintr()
    assert terminal.status() == 0


def test_with_output_to_a_pipe_nothing_comes_between(terminal: Terminal) -> None:
    screen = terminal.run(shell=True)
    screen.expect("PROMPT> ")
    bot = " ".join(f"'{word}'" for word in terminal.supervised.command("sh", "-c", "test -t 0 && echo YES"))
    screen.sendline(f"{bot} | od -c | head -1")
    screen.expect_exact("Y   E   S  \\n")


def test_the_users_own_keys_are_the_bots_too(terminal: Terminal) -> None:
    screen = terminal.run(shell=True)
    screen.expect("PROMPT> ")
    bot = " ".join(f"'{word}'" for word in terminal.supervised.command("stty", "-a"))
    screen.sendline(f"stty eof ^B; {bot}")
    screen.expect_exact("eof = ^B;")
    screen.expect_exact("PROMPT> ")


def test_a_background_job_does_not_steal_the_shells_keys(terminal: Terminal) -> None:
    screen = terminal.run(shell=True)
    screen.expect("PROMPT> ")
    bot = " ".join(
        f"'{word}'" for word in terminal.supervised.command("sh", "-c", "cat; echo ENDED; exec sleep 99")
    )
    screen.sendline(f"{bot} & echo STARTED")
    screen.expect("STARTED\r\n")
    screen.expect_exact("ENDED")
    screen.sendline("echo still $((40 + 2))")
    screen.expect_exact("still 42")
    screen.sendline("kill %1; wait; echo STATUS $?")
    screen.expect(r"STATUS \d+")
