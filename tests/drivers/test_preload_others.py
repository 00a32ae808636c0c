"""The preload with WPPConnect, venom and Baileys."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.support.node_bot import Bot, needs_node

pytestmark = needs_node

# What the real ones (2.3.3 and 5.3.0) export, and how they come to the directory they open.
REEXPORT = """Object.defineProperty(exports, '__esModule', { value: true });
const inner = require('./controllers/initializer');
Object.defineProperty(exports, 'create', { enumerable: true, get: () => inner.create });
"""
WPPCONNECT = """exports.create = create;
const path = require('path');
async function create(first, qr, status, loading, code, options) {
  const session = typeof first === 'string' ? first : first.session || 'session';
  const given = typeof first === 'string' ? options : first;
  const merged = { folderNameToken: './tokens', puppeteerOptions: {}, ...given };
  const own = path.resolve(path.join(merged.folderNameToken, session));
  console.log(merged.puppeteerOptions.userDataDir || own);
  console.log(session);
}
"""
VENOM = """exports.create = create;
const path = require('path');
async function create(first, qr, status, options) {
  if (typeof first === 'string') options.session = first; else options = first;
  const merged = { folderNameToken: 'tokens', mkdirFolderToken: '', session: 'session', ...options };
  console.log(path.resolve(merged.mkdirFolderToken, merged.folderNameToken, merged.session));
}
"""


class TestTokenFolders:
    @pytest.mark.parametrize(
        "call",
        [
            "create({session: 'sales'})",
            "create({session: 'sales', folderNameToken: 'elsewhere'})",
            "create('sales')",
            "create('sales', null, null, null, null, {folderNameToken: 'elsewhere'})",
        ],
    )
    def test_wppconnect_opens_the_slot_and_keeps_its_name(self, bot: Bot, call: str) -> None:
        files = {"dist/controllers/initializer.js": WPPCONNECT, "dist/index.js": REEXPORT}
        bot.install("@wppconnect-team/wppconnect", files | {"package.json": '{"main": "dist/index.js"}'})
        code = f"const {{ create }} = require('@wppconnect-team/wppconnect'); {call}"
        assert bot.opens(code) == ["slot/sales", "sales"]
        bot.used("linked")
        assert bot.opens(code) == ["slot/linked", "sales"]

    @pytest.mark.parametrize(
        "call",
        [
            "create({session: 'sales', mkdirFolderToken: '/elsewhere'})",
            "create('sales', null, null, {folderNameToken: 'x'})",
        ],
    )
    def test_venom_opens_the_slot(self, bot: Bot, call: str) -> None:
        files = {"dist/controllers/initializer.js": VENOM, "dist/index.js": REEXPORT}
        bot.install("venom-bot", files | {"package.json": '{"main": "dist/index.js"}'})
        code = f"const {{ create }} = require('venom-bot'); {call}"
        assert bot.opens(code) == ["slot/sales"]
        bot.used("linked")
        assert bot.opens(code) == ["slot/linked"]

    def test_an_unexpected_library_is_left_alone(self, bot: Bot) -> None:
        bot.install("venom-bot", {"dist/controllers/initializer.js": "module.exports = {new: 1};"})
        done = bot.run("console.log(require('venom-bot/dist/controllers/initializer'))")
        assert done.stdout == "{ new: 1 }\n"
        assert done.stderr.startswith("wagit: ")


HAS_HOOKS = "process.exit(require('module').registerHooks ? 0 : 1)"
BAILEYS = """
const { useMultiFileAuthState } = require('baileys');
const open = async (folder) => (await useMultiFileAuthState(folder)).saveCreds();
"""


class TestBaileys:
    def test_keeps_its_login_in_the_slot(self, bot: Bot) -> None:
        assert bot.opens(f"{BAILEYS}open('auth_info_baileys').then(() => open('./auth_info_baileys/'))") == []
        assert "noiseKey" in json.loads((bot.data / "creds.json").read_text())
        assert not (bot.worktree / "auth_info_baileys").exists()

    def test_two_logins_are_never_mixed(self, bot: Bot) -> None:
        done = bot.run(f"{BAILEYS}open('one').then(() => open('two'))")
        assert done.returncode == 0
        assert done.stderr.count("wagit: ") == 1
        assert (bot.data / "creds.json").exists()
        assert (bot.worktree / "two" / "creds.json").exists()

    def test_an_es_module_keeps_its_login_in_the_slot(self, bot: Bot) -> None:
        if subprocess.run(["node", "-e", HAS_HOOKS], check=False).returncode:
            pytest.skip("this node has no module.registerHooks")
        source = "export const useMultiFileAuthState = async (folder) => {\n  console.log(folder);\n};"
        file = "lib/Utils/use-multi-file-auth-state.js"
        files = {file: source, "package.json": '{"type": "module"}'}
        bot.install("baileys", files)
        bot.environ["WAGIT_DRIVER"] = "baileys"
        code = f"import * as baileys from 'baileys/{file}'; baileys.useMultiFileAuthState('x')"
        assert bot.opens(code, "bot.mjs") == ["slot/."]
