"""git remotes as they are in the world, on loopback: a path, `git http-backend` behind HTTP, and ssh.

bare = bare_repository(tmp_path / "server.git")
with http_server(tmp_path, password="secret") as url: ...     # url + "/server.git"
with ssh_server(tmp_path / "ssh") as ssh: ...                 # ssh.url(bare.path), ssh.command
"""

from __future__ import annotations

import base64
import contextlib
import getpass
import os
import shlex
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.browser import eventually
from tests.support.git import GitRepo, git_program
from tests.support.servers import answers, reserved_port

UNPACKED = Path(__file__).parents[2] / ".cache/sshd/root"  # by .ci/sshd
USER = "ada"  # over HTTP


def bare_repository(path: Path, *options: str) -> GitRepo:
    """A bare repository to push to, also over HTTP, which no gc touches."""
    repo = GitRepo.init(path, "main", options=("--bare", *options))
    repo.config("http.receivepack", "true")
    repo.config("gc.auto", "0")
    return repo


@contextlib.contextmanager
def http_server(root: Path, password: str | None = None) -> Iterator[str]:
    """Serve the repositories below `root` by `git http-backend`; with a password only to USER."""
    backend = Path(subprocess.check_output([git_program().path, "--exec-path"], text=True).strip())
    login = base64.b64encode(f"{USER}:{password}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def do_GET(self) -> None:
            if password is not None and self.headers.get_all("Authorization") != [f"Basic {login}"]:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
                self.end_headers()
                return
            done = subprocess.run(
                [str(backend / "git-http-backend")],
                env=os.environ | _cgi(self, root),
                input=_body(self),
                capture_output=True,
                check=False,
            )
            head, _, body = done.stdout.partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
            self.send_response(int(headers.pop("Status", "200 OK").split()[0]))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        serving.join()


def _cgi(request: BaseHTTPRequestHandler, root: Path) -> dict[str, str]:
    """What http-backend is told of a request (git-http-backend(1), ENVIRONMENT)."""
    path, _, query = request.path.partition("?")
    return {
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REQUEST_METHOD": request.command,
        "REMOTE_USER": USER,
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
    }


def _body(request: BaseHTTPRequestHandler) -> bytes:
    if request.headers.get("Transfer-Encoding") == "chunked":
        body = bytearray()
        while size := int(request.rfile.readline(), 16):
            body += request.rfile.read(size)
            request.rfile.readline()
        request.rfile.readline()
        return bytes(body)
    return request.rfile.read(int(request.headers.get("Content-Length", 0)))


class SshServer(NamedTuple):
    """`command` is for GIT_SSH_COMMAND; `stranger` the same with a key that the server does not know."""

    port: int
    user: str
    command: str
    stranger: str

    def url(self, path: Path, port: int | None = None) -> str:
        return f"ssh://{self.user}@127.0.0.1:{port or self.port}{path}"


SSHD_CONFIG = """\
ListenAddress 127.0.0.1:{port}
HostKey {here}/host
AuthorizedKeysFile {here}/user.pub
AcceptEnv GIT_PROTOCOL
SetEnv GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
PidFile none
StrictModes no
UsePAM no
"""


@contextlib.contextmanager
def ssh_server(here: Path) -> Iterator[SshServer]:
    """An sshd of Debian's with its own keys, as the user who runs the tests; skips where there is none."""
    sshd, keygen = _program("sshd"), _program("ssh-keygen")
    here.mkdir(parents=True, mode=0o700)
    for name in ("host", "user", "stranger"):
        subprocess.run(
            [keygen, "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(here / name)], check=True
        )
    with reserved_port() as port:
        yield from _served(here, sshd, port)


def _served(here: Path, sshd: str, port: int) -> Iterator[SshServer]:
    (here / "config").write_text(SSHD_CONFIG.format(port=port, here=here))
    (here / "known_hosts").write_text(f"[127.0.0.1]:{port} {(here / 'host.pub').read_text()}")
    command = [sshd, "-D", "-e", "-f", str(here / "config")]
    environ = os.environ | {"LD_LIBRARY_PATH": str(next(UNPACKED.glob("usr/lib/*-linux-*"), ""))}
    with (here / "log").open("wb") as log:
        whole = _as_root(command, here) if os.geteuid() == 0 else command
        process = subprocess.Popen(whole, stderr=log, env=environ)
    try:
        eventually(lambda: answers(port) or process.poll() is not None)
        assert process.poll() is None, (here / "log").read_text()
        yield SshServer(port, getpass.getuser(), _client(here, "user"), _client(here, "stranger"))
    finally:
        process.terminate()
        process.wait()


def _client(here: Path, key: str) -> str:
    options = (
        f"IdentityFile={here / key}",
        f"UserKnownHostsFile={here / 'known_hosts'}",
        "IdentitiesOnly=yes",
        "BatchMode=yes",
        "StrictHostKeyChecking=yes",
    )
    return shlex.join([_program("ssh"), "-F", "none", *(word for one in options for word in ("-o", one))])


def _program(name: str) -> str:
    places = (os.environ["PATH"], "/usr/sbin", "/sbin", f"{UNPACKED}/usr/sbin", f"{UNPACKED}/usr/bin")
    found = shutil.which(name, path=":".join(places))
    if not found:
        pytest.skip(f"no {name}: .ci/sshd gets one")
    return found


def _as_root(command: list[str], here: Path) -> list[str]:
    """Root's sshd wants a user and a directory of its own: it gets them in mounts that nobody else sees."""
    others = [line for line in Path("/etc/passwd").read_text().splitlines() if not line.startswith("sshd:")]
    mine = [f"root:x:0:0::{here}:/bin/sh" if line.startswith("root:") else line for line in others]
    (here / "passwd").write_text("\n".join([*mine, "sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin", ""]))
    (here / "shadow").write_text("root:*:::::::\n")  # no password, but not locked
    mounts = (
        'mount --bind "$0/passwd" /etc/passwd && mount --bind "$0/shadow" /etc/shadow'
        " && mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd"
    )
    if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this root may not mount anything")
    return ["unshare", "-m", "sh", "-c", f'{mounts} && exec "$@"', str(here), *command]
