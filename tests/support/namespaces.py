"""A network between machines that can be cut: Linux network namespaces, where they are allowed.

with network("ada", "bob") as net, git_daemon(root) as port:
    url = f"git://{net.host('ada')}:{port}/origin.git"     # as ada's machine reaches it
    net.enter("ada")                                       # in a process of its own: be on ada's machine
    net.cut("ada")                                         # from now on nothing gets through
"""

from __future__ import annotations

import ctypes
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.browser import eventually
from tests.support.servers import answers, reserved_port

CLONE_NEWNET = 0x40000000  # linux/sched.h


class Network:
    """Network namespaces, each joined to this machine by a wire of its own."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._tag = secrets.token_hex(3)
        self._names = names
        net = secrets.randbelow(1 << 14)
        self._nets = {name: f"198.18.{net + number >> 6 & 255}.{(net + number & 63) * 4}" for number, name in
                      enumerate(names)}  # fmt: skip

    def host(self, name: str) -> str:
        """The address at which a machine of the network reaches this one."""
        return self._address(name, 1)

    def enter(self, name: str) -> None:
        """Be on that machine from now on, this thread and what it starts: setns(2)."""
        descriptor = os.open(f"/run/netns/{self._space(name)}", os.O_RDONLY)
        try:
            if ctypes.CDLL(None, use_errno=True).setns(descriptor, CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
        finally:
            os.close(descriptor)

    def cut(self, name: str) -> None:
        """Let nothing through any more, and say so to nobody."""
        _ip("link", "set", self._wire(name, "h"), "down")

    def mend(self, name: str) -> None:
        """Let all through again."""
        _ip("link", "set", self._wire(name, "h"), "up")

    def make(self) -> None:
        """Make it. Raises CalledProcessError where that is not allowed."""
        for name in self._names:
            here, there, space = self._wire(name, "h"), self._wire(name, "m"), self._space(name)
            _ip("netns", "add", space)
            _ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", space)
            _ip("addr", "add", f"{self._address(name, 1)}/30", "dev", here)
            _ip("link", "set", here, "up")
            for words in (
                ("addr", "add", f"{self._address(name, 2)}/30", "dev", there),
                ("link", "set", there, "up"), ("link", "set", "lo", "up"),
            ):  # fmt: skip
                _ip("-netns", space, *words)

    def remove(self) -> None:
        """Take it away, also one that was half made; the wires go with the namespaces."""
        for name in self._names:
            subprocess.run(["ip", "netns", "del", self._space(name)], capture_output=True, check=False)

    def _space(self, name: str) -> str:
        return f"wagit-{self._tag}-{name}"

    def _wire(self, name: str, end: str) -> str:
        return f"wg{self._tag}{self._names.index(name)}{end}"

    def _address(self, name: str, last: int) -> str:
        start, _, four = self._nets[name].rpartition(".")
        return f"{start}.{int(four) + last}"


@contextmanager
def network(*names: str) -> Iterator[Network]:
    """A network of machines with these names; skips where there can be none."""
    if not shutil.which("ip") or os.geteuid() != 0:
        pytest.skip("network namespaces need root and the program ip")
    net = Network(names)
    try:
        try:
            net.make()
        except subprocess.CalledProcessError as error:
            pytest.skip(f"no network namespaces here: {error.stderr}")
        yield net
    finally:
        net.remove()


@contextmanager
def git_daemon(root: Path) -> Iterator[int]:
    """Serve the repositories below `root` to whoever comes, also to push; gives the port."""
    path = subprocess.check_output(["git", "--exec-path"], text=True).strip()
    command = [os.path.join(path, "git-daemon"), "--reuseaddr", "--export-all", "--enable=receive-pack"]
    with reserved_port() as port:
        process = subprocess.Popen(
            [*command, f"--base-path={root}", f"--port={port}"], stdin=subprocess.DEVNULL
        )
        try:
            eventually(lambda: answers(port))
            yield port
        finally:
            process.terminate()
            process.wait()


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], capture_output=True, text=True, check=True)
