"""What the preload tells of a login: real whatsapp-web.js and Baileys, no browser and no server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.node_bot import Bot, needs_node

pytestmark = needs_node

CLIENT = """
const { Client, LocalAuth } = require('whatsapp-web.js');
const open = async (auth) => {
  const client = new Client({ authStrategy: new LocalAuth(auth) });
  await client.authStrategy.beforeBrowserInitialized();
  return client;
};
"""
SOCKET = """
const { makeWASocket, useMultiFileAuthState, DisconnectReason } = require('baileys');
const { Boom } = require('@hapi/boom');
const logger = { level: 'silent', child: () => logger };
for (const name of ['trace', 'debug', 'info', 'warn', 'error']) logger[name] = () => {};
const nowhere = { waWebSocketUrl: 'ws://127.0.0.1:9/', logger };
const close = (statusCode) => ({
  connection: 'close', lastDisconnect: { error: new Boom('', { statusCode }), date: new Date() },
});
const open = async (folder) => {
  const { state } = await useMultiFileAuthState(folder);
  const auth = { creds: state.creds, keys: state.keys };
  return makeWASocket({ auth, ...nowhere });
};
const leave = () => setTimeout(() => process.exit(), 50);
"""


@pytest.fixture
def events(bot: Bot, tmp_path: Path) -> Path:
    path = tmp_path / "events.jsonl"
    bot.environ["WAGIT_EVENTS"] = str(path)
    return path


def told(bot: Bot, events: Path, code: str) -> list[str]:
    """What a bot of that code told; it prints `ok` and nothing else."""
    done = bot.run(code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ok\n", "")
    return [line["event"] for line in lines(events)]


def lines(events: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in events.read_text().splitlines()] if events.exists() else []


@pytest.mark.parametrize(
    ("emit", "expected"),
    [
        ("c.emit('ready')", ["ready"]),
        ("c.emit('disconnected', 'LOGOUT')", ["logged-out"]),
        ("c.emit('disconnected', 'CONFLICT')", ["conflict"]),
        ("c.emit('disconnected', 'TOS_BLOCK')", ["banned"]),
        ("c.emit('disconnected', 'NAVIGATION'); c.emit('toString')", []),
        ("c.emit('auth_failure', 'x')", ["logged-out"]),
        ("c.emit('qr', 'x')", ["qr"]),
        ("c.pupPage = {url: () => 'https://web.whatsapp.com/'}; c.emit('qr', 'x')", ["qr"]),
        ("c.emit('loading_screen', 10); c.emit('authenticated')", ["syncing"]),
        ("c.emit('change_state', 'OPENING'); c.emit('change_state', 'CONNECTED')", []),
        (
            "c.emit('ready');"
            "for (const s of ['TIMEOUT', 'CONFLICT', 'CONNECTED', 'x']) c.emit('change_state', s)",
            ["ready", "reconnecting", "conflict", "ready"],
        ),
        (
            "c.pupPage = {url: () => 'https://web.whatsapp.com/?post_logout=1&logout_reason=0'};"
            "c.emit('qr', 'x'); c.emit('qr', 'y')",
            ["logged-out", "qr", "qr"],
        ),
        ("await c.authStrategy.logout()", ["logged-out"]),
        ("c.emit('ready'); await c.authStrategy.logout(); c.emit('ready')", ["ready", "logged-out", "ready"]),
    ],
)
def test_a_client_of_the_slot_is_told_of(bot: Bot, events: Path, emit: str, expected: list[str]) -> None:
    code = f"{CLIENT}open().then(async (c) => {{ {emit}; console.log('ok'); }})"
    assert told(bot, events, code) == expected


def test_a_client_elsewhere_is_not(bot: Bot, events: Path) -> None:
    code = f"""{CLIENT}open().then(() => open({{dataPath: 'two'}})).then(async (c) => {{
      c.emit('ready'); await c.authStrategy.logout(); console.log('ok'); }})"""
    done = bot.run(code)
    assert done.stdout == "ok\n"
    assert not events.exists()


def test_the_bot_sees_what_it_would_have_seen(bot: Bot, events: Path) -> None:
    code = f"""{CLIENT}open().then((c) => {{
      const seen = [];
      c.once('ready', function (...given) {{ seen.push(this === c, ...given); }});
      const heard = [c.emit('ready', 1, 2), c.emit('ready'), Object.keys(c).includes('emit')];
      for (const key in c) if (key === 'emit') seen.push(key);
      const wanted = '[[true,1,2],[true,false,false]]';
      console.log(JSON.stringify([seen, heard]) === wanted ? 'ok' : [seen, heard]);
    }})"""
    assert told(bot, events, code) == ["ready", "ready"]


@pytest.mark.parametrize("where", ["", "/nowhere/at/all.jsonl"])
def test_a_bot_does_not_notice_that_it_cannot_be_told(bot: Bot, events: Path, where: str) -> None:
    bot.environ["WAGIT_EVENTS"] = where
    assert told(bot, events, f"{CLIENT}open().then((c) => {{ c.emit('ready'); console.log('ok'); }})") == []


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        ("{ connection: 'open' }", ["ready"]),
        ("{ connection: 'connecting' }", []),
        ("{ qr: 'x' }", ["qr"]),
        ("{ isNewLogin: true, qr: undefined }", ["linking"]),
        ("close(DisconnectReason.loggedOut)", ["logged-out"]),
        ("close(DisconnectReason.forbidden)", ["banned"]),
        ("close(DisconnectReason.connectionReplaced)", ["conflict"]),
        ("close(DisconnectReason.timedOut)", []),
    ],
)
def test_a_socket_of_the_slot_is_told_of(bot: Bot, events: Path, update: str, expected: list[str]) -> None:
    code = f"""{SOCKET}open('auth').then((s) => {{
      s.ev.emit('connection.update', {update}); console.log('ok'); leave(); }})"""
    assert told(bot, events, code) == expected


def test_a_socket_with_another_login_is_not(bot: Bot, events: Path) -> None:
    code = f"""{SOCKET}open('auth').then(() => open('other')).then((s) => {{
      s.ev.emit('connection.update', {{ connection: 'open' }}); leave(); }})"""
    assert bot.run(code).returncode == 0
    assert not events.exists()


def test_a_socket_with_a_login_tells_whose_it_is_and_that_it_connects_again(bot: Bot, events: Path) -> None:
    code = f"""{SOCKET}open('auth').then((s) => {{
      s.authState.creds.me = {{ id: '4915100000001:7@s.whatsapp.net' }};
      for (const update of [{{ connection: 'open' }}, close(DisconnectReason.connectionClosed),
                            close(DisconnectReason.restartRequired)]) s.ev.emit('connection.update', update);
      console.log('ok'); process.exit(); }})"""
    assert told(bot, events, code) == ["account", "ready", "reconnecting"]
    assert lines(events)[0]["number"] == "4915100000001"


def test_a_client_tells_whose_it_is_and_what_its_qr_says(bot: Bot, events: Path) -> None:
    code = f"""{CLIENT}open().then((c) => {{
      c.info = {{ wid: {{ _serialized: '4915100000001@c.us' }} }};
      c.emit('qr', '2@a,b,c'); c.emit('ready'); console.log('ok'); }})"""
    assert told(bot, events, code) == ["qr", "account", "ready"]
    qr, account, _ = lines(events)
    assert (qr["ref"], account["number"]) == ("2@a,b,c", "4915100000001")
