"""The preload with the real whatsapp-web.js; no browser is started."""

from __future__ import annotations

import shutil

import pytest

from tests.support.node_bot import Bot, needs_node

pytestmark = needs_node

# Each `open` prints the directory that a LocalAuth with these options would have the browser open.
COMMONJS = """
const { Client, LocalAuth } = require('whatsapp-web.js');
"""
ES_MODULE = """
import whatsapp from 'whatsapp-web.js';
const { Client, LocalAuth } = whatsapp;
"""
OPEN = """
const make = (auth, puppeteer) => new Client({ authStrategy: new LocalAuth(auth), puppeteer });
const start = async (client) => {
  await client.authStrategy.beforeBrowserInitialized();
  console.log(client.options.puppeteer.userDataDir);
};
const open = (auth, puppeteer) => start(make(auth, puppeteer));
"""


class TestLocalAuth:
    @pytest.mark.parametrize(("name", "head"), [("bot.cjs", COMMONJS), ("bot.mjs", ES_MODULE)])
    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            ("{}", "slot/session"),
            ("{clientId: 'sales'}", "slot/session-sales"),
            ("{dataPath: 'my sessions', clientId: 'sales'}", "slot/session-sales"),
            ("{dataPath: '/nowhere/else'}", "slot/session"),
            ("{dataPath: process.env.WAGIT_DATA_DIR}", "slot/session"),
        ],
    )
    def test_opens_the_slot(self, bot: Bot, name: str, head: str, options: str, expected: str) -> None:
        assert bot.opens(f"{head}{OPEN}open({options})", name) == [expected]
        assert not (bot.worktree / ".wwebjs_auth").exists()

    def test_without_a_slot_nothing_changes(self, bot: Bot) -> None:
        bot.environ = {}
        assert bot.opens(f"{COMMONJS}{OPEN}open()") == ["worktree/.wwebjs_auth/session"]

    def test_another_driver_s_slot_is_not_for_it(self, bot: Bot) -> None:
        bot.environ["WAGIT_DRIVER"] = "baileys"
        assert bot.opens(f"{COMMONJS}{OPEN}open()") == ["worktree/.wwebjs_auth/session"]

    def test_finds_the_session_another_tool_linked(self, bot: Bot) -> None:
        bot.used("session")
        assert bot.opens(f"{COMMONJS}{OPEN}open({{clientId: 'sales'}})") == ["slot/session"]

    def test_an_empty_directory_of_its_own_name_hides_nothing(self, bot: Bot) -> None:
        bot.used("session-sales")
        (bot.data / "session" / "Default").mkdir(parents=True)
        assert bot.opens(f"{COMMONJS}{OPEN}open()") == ["slot/session-sales"]

    def test_prefers_its_own_session(self, bot: Bot) -> None:
        bot.used("session")
        bot.used("session-sales")
        assert bot.opens(f"{COMMONJS}{OPEN}open({{clientId: 'sales'}})") == ["slot/session-sales"]

    def test_does_not_guess_between_two(self, bot: Bot) -> None:
        bot.used("session")
        bot.used("session-other")
        assert bot.opens(f"{COMMONJS}{OPEN}open({{clientId: 'sales'}})") == ["slot/session-sales"]

    def test_takes_no_other_tool_s_directory(self, bot: Bot) -> None:
        bot.used("RemoteAuth-sales")
        assert bot.opens(f"{COMMONJS}{OPEN}open()") == ["slot/session"]

    def test_never_takes_the_session_of_another_client_of_the_bot(self, bot: Bot) -> None:
        bot.used("session-a")
        code = "const a = make({clientId: 'a'}), b = make({clientId: 'b'}); start(b).then(() => start(a))"
        assert bot.opens(f"{COMMONJS}{OPEN}{code}") == ["slot/session-b", "slot/session-a"]

    def test_a_client_that_is_made_again_gets_the_same_one(self, bot: Bot) -> None:
        bot.used("session-linked")
        code = "open().then(() => open())"
        assert bot.opens(f"{COMMONJS}{OPEN}{code}") == ["slot/session-linked"] * 2

    def test_asking_again_after_a_log_out_stays_there(self, bot: Bot) -> None:
        bot.used("session-linked")
        code = "const c = make(); start(c).then(() => c.authStrategy.logout()).then(() => start(c))"
        assert bot.opens(f"{COMMONJS}{OPEN}{code}") == ["slot/session-linked"] * 2

    def test_two_logins_are_never_mixed(self, bot: Bot) -> None:
        done = bot.run(f"{COMMONJS}{OPEN}open({{dataPath: 'one'}}).then(() => open({{dataPath: 'two'}}))")
        assert [bot.where(line) for line in done.stdout.splitlines()] == [
            "slot/session",
            "worktree/two/session",
        ]
        assert done.stderr.startswith("wagit: ")
        assert done.stderr.count("\n") == 1

    def test_a_bot_that_sets_the_directory_itself_is_left_alone(self, bot: Bot) -> None:
        own = "require('path').resolve('.wwebjs_auth/session')"
        done = bot.run(f"{COMMONJS}{OPEN}open({{}}, {{userDataDir: {own}}})")
        assert bot.where(done.stdout.strip()) == "worktree/.wwebjs_auth/session"
        assert done.stderr.startswith("wagit: ")

    def test_a_slot_that_is_gone_breaks_no_bot(self, bot: Bot) -> None:
        shutil.rmtree(bot.data)
        assert bot.opens(f"{COMMONJS}{OPEN}open()") == ["slot/session"]

    def test_works_in_worker_threads_and_child_processes(self, bot: Bot) -> None:
        (bot.worktree / "inner.js").write_text(f"{COMMONJS}{OPEN}open()")
        worker = "new (require('worker_threads').Worker)('./inner.js')"
        child = "require('child_process').fork('./inner.js')"
        assert bot.opens(worker) == ["slot/session"]
        assert bot.opens(child) == ["slot/session"]

    def test_works_with_a_loader_of_the_bot_s_own(self, bot: Bot) -> None:
        # as tsx does it, for bots in TypeScript
        loader = """const read = (file) => require('fs').readFileSync(file, 'utf8');
        require('module')._extensions['.js'] = (loaded, file) => loaded._compile(read(file), file);"""
        assert bot.opens(f"{loader}{COMMONJS}{OPEN}open()", "bot.cjs") == ["slot/session"]
