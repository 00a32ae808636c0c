'use strict';
// Points an unmodified bot at its slot: node loads this first, by NODE_OPTIONS=--require.
//
//   WAGIT_DATA_DIR       the slot's data directory: LocalAuth's dataPath, WPPConnect's and venom's token
//                        folder, Baileys' auth folder
//   WAGIT_DRIVER         which of these libraries the slot is for; all of them when it is not set
//   WAGIT_CHROMIUM_ARGS  a JSON list of arguments that every automated Chromium gets
//   WAGIT_EVENTS         where to tell what becomes of the login: wagit-events.cjs
//   WAGIT_BROWSER        who runs the bot's browser: wagit-browser.cjs
//
// npm, tsc and others inherit NODE_OPTIONS: nothing is printed unless one of these libraries is loaded. What
// is not as expected is left alone, with one line on stderr. Old JavaScript: older nodes must parse it, too.

const fs = require('fs');
const Module = require('module');
const path = require('path');

const DATA = process.env.WAGIT_DATA_DIR || '';
const DRIVER = process.env.WAGIT_DRIVER || '';
const BROWSER = path.isAbsolute(process.env.WAGIT_BROWSER || '') && require('./wagit-browser.cjs');
const said = new Set();

function say(text) {
  if (said.has(text)) return;
  said.add(text);
  try {
    fs.writeSync(2, 'wagit: ' + text + '\n');
  } catch (error) {} // a closed stderr is no reason to stop a bot
}

function leave(value) {
  say('the bot sets its own userDataDir or browser, so it does not use the slot');
  return value;
}

// ---- which directory in the slot a client gets --------------------------------------------------

const chosen = new Map(); // the bot's own path -> name in the slot; a client made again gets the same one
const wanted = new Set(); // names that clients of this bot have, started or not: nobody else takes them

function isUsed(name) {
  return fs.existsSync(path.join(DATA, name, 'Default', 'IndexedDB')); // WhatsApp's page was open in it
}

/**
 * Choose the directory for a client whose own is `name` at `own`: the slot's of that name; if it has none,
 * the only other session there, since another tool may have linked it under a name of its own.
 * Returns null when a client with another path has it already: two must never share one session.
 */
function choose(own, name, accepts) {
  if (chosen.has(own)) return chosen.get(own);
  const taken = new Set(chosen.values());
  let answer = name;
  if (!isUsed(name) && fs.existsSync(DATA)) {
    const others = fs.readdirSync(DATA).filter((other) => accepts(other) && isUsed(other));
    if (others.length === 1 && !taken.has(others[0]) && !wanted.has(others[0])) answer = others[0];
  }
  if (taken.has(answer)) {
    say(own + ' is left where it is: another client of this bot already uses ' + answer + ' of the slot');
    return null;
  }
  chosen.set(own, answer);
  return answer;
}

// ---- whatsapp-web.js ----------------------------------------------------------------------------

const SESSION = /^session(-[-_\w]+)?$/i;

function patchLocalAuth(LocalAuth) {
  const original = LocalAuth.prototype.beforeBrowserInitialized;
  const setup = LocalAuth.prototype.setup;
  if (typeof original !== 'function') throw new Error('it has no beforeBrowserInitialized');
  LocalAuth.prototype.setup = function () {
    wanted.add(directoryOf(this)); // the Client's constructor calls this
    return setup && setup.apply(this, arguments);
  };
  LocalAuth.prototype.beforeBrowserInitialized = function () {
    attempt('LocalAuth', () => redirectLocalAuth(this));
    return original.apply(this, arguments);
  };
  events().watchLogout(LocalAuth, isOfSlot);
  watchEnding();
  if (BROWSER) BROWSER.watchLogout(LocalAuth);
}

function isOfSlot(auth) {
  return Boolean(auth) && auth.dataPath === DATA;
}

/** Loaded with a library alone: npm, tsc and others do without. */
function events() {
  return require('./wagit-events.cjs');
}

function watchEnding() {
  require('./wagit-ending.cjs').watch(DATA, say);
}

function directoryOf(auth) {
  return auth.clientId ? 'session-' + auth.clientId : 'session';
}

function redirectLocalAuth(auth) {
  const options = (auth.client && auth.client.options && auth.client.options.puppeteer) || {};
  if (auth.dataPath === DATA && auth.userDataDir) return; // asked again after a log-out
  if (options.userDataDir || options.browserWSEndpoint || options.browserURL) return leave();
  const own = directoryOf(auth);
  const name = choose(path.join(auth.dataPath, own), own, (other) => SESSION.test(other));
  if (name === null) return;
  auth.dataPath = DATA;
  auth.clientId = name === 'session' ? undefined : name.slice('session-'.length);
}

// ---- WPPConnect and venom -----------------------------------------------------------------------

/** Wrap `create(options)` and the older `create(session, ..., options, ...)`, options at `position`. */
function patchCreate(exported, position, redirect) {
  const original = exported.create;
  if (typeof original !== 'function') throw new Error('there is no create');
  watchEnding();
  exported.create = function () {
    let given = Array.from(arguments);
    attempt('create', () => {
      given = redirectCreate(given, position, redirect);
    });
    return original.apply(this, given);
  };
}

function redirectCreate(given, position, redirect) {
  const positional = typeof given[0] === 'string';
  const options = Object.assign({}, positional ? given[position] : given[0]);
  const userDataDir = (options.puppeteerOptions || {}).userDataDir;
  if (options.browser || options.page || options.browserWS || userDataDir) return leave(given);
  const session = String((positional ? given[0].replace(/\s/g, '') : options.session) || 'session');
  const own = path.resolve(options.mkdirFolderToken || '', options.folderNameToken || 'tokens', session);
  const name = path.basename(session) === session ? choose(own, session, () => true) : null;
  if (name === null) return given;
  const first = redirect(options, name) || given[0];
  const changed = given.slice();
  changed[positional ? position : 0] = options;
  if (positional) changed[0] = first;
  return changed;
}

function redirectWppConnect(options, name) {
  options.folderNameToken = DATA;
  // the session's name stays the bot's own; without this its directory would have that name, too
  const userDataDir = path.join(DATA, name);
  options.puppeteerOptions = Object.assign({}, options.puppeteerOptions, { userDataDir });
  fs.mkdirSync(userDataDir, { recursive: true });
}

function redirectVenom(options, name) {
  options.mkdirFolderToken = '';
  options.folderNameToken = DATA;
  options.session = name;
  return name;
}

// ---- Baileys ------------------------------------------------------------------------------------

const AUTH_STATE = '/baileys/lib/Utils/use-multi-file-auth-state.js';
const SOCKETS = '/baileys/lib/Socket/index.js';
const credsOfSlot = new WeakSet();
let authFolder = null;

function patchAuthState(exported) {
  const original = exported.useMultiFileAuthState;
  if (typeof original !== 'function') throw new Error('there is no useMultiFileAuthState');
  exported.useMultiFileAuthState = async function (folder) {
    const opened = redirectAuthFolder(folder);
    const found = await original.call(this, opened);
    if (opened === DATA) attempt('creds', () => credsOfSlot.add(found.state.creds));
    return found;
  };
}

function hasCredsOfSlot(config) {
  return credsOfSlot.has(config.auth.creds);
}

/** The first folder a bot asks for is the slot's; a second one is another login and must not be mixed in. */
function redirectAuthFolder(folder) {
  if (typeof folder !== 'string') return folder;
  const own = path.resolve(folder);
  if (authFolder === null) authFolder = own;
  if (own === authFolder || own === DATA) return DATA;
  say(own + ' is left where it is: the slot already holds ' + authFolder);
  return folder;
}

/**
 * Baileys 7 is an ES module, whose exports nobody can replace: its source gets one more statement. Node has
 * this hook from 22.15 on; before it the link in the worktree is what leads to the slot.
 */
function watchAuthStateSource() {
  const head = /(export const useMultiFileAuthState = async \((\w+)\) => \{)/;
  globalThis[Symbol.for('wagit.authFolder')] = redirectAuthFolder;
  Module.registerHooks({
    load(url, context, next) {
      const result = next(url, context);
      if (!url.endsWith(AUTH_STATE) || result.format !== 'module') return result;
      const source = Buffer.from(result.source).toString();
      if (!head.test(source)) say(url + ' is left as it is: there is no useMultiFileAuthState');
      const statement = `$1 $2 = globalThis[Symbol.for('wagit.authFolder')]($2);`;
      return Object.assign({}, result, { source: source.replace(head, statement) });
    },
  });
}

// ---- finding them -------------------------------------------------------------------------------

const LIBRARIES = [
  ['wwebjs', '/whatsapp-web.js/src/authStrategies/LocalAuth.js', patchLocalAuth],
  ['wwebjs', '/whatsapp-web.js/src/Client.js', (e) => events().watchClient(e, (it) => isOfSlot(it.authStrategy))],
  ['wppconnect', '/wppconnect/dist/controllers/initializer.js', (e) => patchCreate(e, 5, redirectWppConnect)],
  ['wppconnect', '/venom-bot/dist/controllers/initializer.js', (e) => patchCreate(e, 3, redirectVenom)],
  ['baileys', AUTH_STATE, patchAuthState],
  ['baileys', SOCKETS, (e) => events().watchSockets(e, hasCredsOfSlot)],
  [DRIVER, '/ws/lib/websocket.js', (e) => BROWSER && BROWSER.watchWebSocket(e)],
].filter((row) => !DRIVER || DRIVER === row[0]);

function attempt(what, action) {
  try {
    action();
  } catch (error) {
    say(what + ' is left as it is: ' + (error && error.message));
  }
}

/**
 * Patch a library as soon as its file has run, before anyone else sees what it exports. Every CommonJS loader
 * ends in this method; tsx, for one, goes round Module._extensions.
 */
function watchModules() {
  const original = Module.prototype._compile;
  Module.prototype._compile = function (content, filename) {
    const result = original.apply(this, arguments);
    const name = String(filename).split(path.sep).join('/');
    for (const row of LIBRARIES) {
      if (name.endsWith(row[1])) attempt(name, () => row[2](this.exports));
    }
    return result;
  };
  if (DRIVER === 'baileys' && Module.registerHooks) watchAuthStateSource();
}

/**
 * Add arguments to each Chromium that is started for automation. All ways to start a program and go on end in
 * this method, whichever library and module system the bot uses.
 */
function addChromiumArguments(extra) {
  const { prototype } = require('child_process').ChildProcess;
  const original = prototype.spawn;
  prototype.spawn = function (options) {
    attempt('the browser', () => {
      const args = options.args || [];
      const has = (name) => args.some((arg) => String(arg).startsWith(name));
      if (!has('--user-data-dir=') || !has('--remote-debugging-')) return;
      const end = args.indexOf('--') < 0 ? args.length : args.indexOf('--');
      const missing = extra.filter((arg) => args.indexOf(arg) < 0);
      options.args = args.slice(0, end).concat(missing, args.slice(end));
    });
    return original.apply(this, arguments);
  };
}

function chromiumArguments() {
  const extra = JSON.parse(process.env.WAGIT_CHROMIUM_ARGS);
  if (Array.isArray(extra) && extra.every((arg) => typeof arg === 'string')) return extra;
  throw new Error('it is no list of strings');
}

if (!process[Symbol.for('wagit.preload')]) {
  process[Symbol.for('wagit.preload')] = true;
  if (path.isAbsolute(DATA)) attempt('node', watchModules);
  if (BROWSER) attempt('the browser', () => BROWSER.hostBrowsers(attempt));
  if (process.env.WAGIT_CHROMIUM_ARGS) {
    attempt('WAGIT_CHROMIUM_ARGS', () => addChromiumArguments(chromiumArguments()));
  }
}
