"""An S3 server with conditional writes, on loopback: Ceph's radosgw over one monitor and one OSD in memory.

Nothing is installed, nothing runs as another user. It takes two seconds to start and some 200 MB.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from email.utils import formatdate
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.support.browser import eventually
from tests.support.servers import Unpacked, answers, mortal, reserved_port, start, stop

KEY, SECRET = "wagit-test-key", "wagit-test-secret"
_CEPH = Unpacked("ceph", ".ci/s3-server")

# Ceph's own defaults are for clusters of machines: a second for each of the monitor's decisions, say.
_CONFIG = """\
[global]
fsid = {fsid}
mon host = v2:127.0.0.1:{mon}
mon initial members = a
public addr = 127.0.0.1
ms bind ipv6 = false
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
run dir = {here}
admin socket = {here}/$name.asok
log file = {here}/$name.log
pid file = {here}/$name.pid
plugin dir = {lib}/ceph
erasure code dir = {lib}/ceph/erasure-code
osd class dir = {lib}/rados-classes
compressor dir = {lib}/ceph/compressor
paxos propose interval = 0.02
paxos min wait = 0.01
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
[mon]
mon data = {here}/mon
mon data avail warn = 1
mon data avail crit = 0
[osd]
osd data = {here}/osd
osd objectstore = memstore
memstore device bytes = 1073741824
osd op num shards = 2
osd op num threads per shard = 1
[client.rgw]
rgw data = {here}/rgw
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw enable usage log = false
rgw thread pool size = 16
rgw dynamic resharding = false
"""


class S3Server:
    """A running one, with an account."""

    def __init__(self, port: int) -> None:
        self.port = port

    def environ(self, secret: str = SECRET) -> dict[str, str]:
        """The variables that a user would set."""
        return {
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_REGION": "us-east-1",
        }

    def make_bucket(self) -> str:
        """Make one that nobody else has, by hand: obstore makes none."""
        name = f"b{uuid.uuid4().hex}"
        date = formatdate(usegmt=True)
        signed = hmac.new(SECRET.encode(), f"PUT\n\n\n{date}\n/{name}".encode(), hashlib.sha1).digest()
        headers = {"Date": date, "Authorization": f"AWS {KEY}:{base64.b64encode(signed).decode()}"}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("PUT", f"/{name}", headers=headers)
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        connection.close()
        return name


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """One for this process; skips where Ceph is not unpacked."""
    _CEPH.program("radosgw")
    here = Path(tempfile.mkdtemp(prefix="wagit-s3-"))
    running: list[subprocess.Popen[bytes]] = []
    with reserved_port() as port, reserved_port() as mon:
        try:
            yield _start(here, running, port, mon)
        finally:
            for server in reversed(running):
                stop(server)
            shutil.rmtree(here, ignore_errors=True)


def _start(here: Path, running: list[subprocess.Popen[bytes]], port: int, mon: int) -> S3Server:
    fsid, osd = str(uuid.uuid4()), str(uuid.uuid4())
    for name in ("mon", "osd", "rgw"):
        (here / name).mkdir()
    config, log = here / "ceph.conf", here / "log"
    config.write_text(_CONFIG.format(fsid=fsid, mon=mon, here=here, lib=_CEPH.libraries, port=port))
    environ = {
        **_CEPH.environ(),
        "CEPH_CONF": str(config),
        "PYTHONPATH": str(_CEPH.root / "usr/lib/python3/dist-packages"),
    }

    def run(program: str, *arguments: str) -> str:
        done = subprocess.run(
            mortal([_CEPH.program(program), *arguments]),
            env=environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{program} {arguments}: {done.stderr}"
        return done.stdout

    def serve(program: str, *arguments: str) -> None:
        running.append(start([_CEPH.program(program), *arguments, "-f"], environ, log))

    run(
        "monmaptool", "--create", "--fsid", fsid, "--addv", "a", f"[v2:127.0.0.1:{mon}]", str(here / "monmap")
    )
    run("ceph-mon", "-i", "a", "--mkfs", "--monmap", str(here / "monmap"))
    serve("ceph-mon", "-i", "a")
    eventually(lambda: answers(mon))
    run("ceph", "osd", "new", osd)
    run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
    serve("ceph-osd", "-i", "0")
    serve("radosgw", "-n", "client.rgw")
    user = ("--uid=test", "--display-name=test", f"--access-key={KEY}", f"--secret-key={SECRET}")
    run("radosgw-admin", "-n", "client.rgw", "user", "create", *user)
    eventually(lambda: answers(port), 60)
    return S3Server(port)
