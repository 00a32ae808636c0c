'use strict';
// Tells wagit what becomes of the slot's session: JSON lines, appended to the file that WAGIT_EVENTS names.
//
//   {"event": "qr", "time": "2026-11-20T09:50:31.000Z", "ref": "2@..."}          a QR waits for a phone
//   {"event": "account", "time": ..., "number": "4915100000001"}                 who is logged in
//   {"event": "ready", "time": "2026-11-20T09:51:00.000Z"}                       logged in, and at work
//   {"event": "logged-out", "time": "2026-11-20T10:02:00.000Z"}                  WhatsApp took the login away
//
// and the states linking, syncing, reconnecting, conflict and banned; docs/reference/events.md describes all.
// A bot must not notice any of it: what fails is dropped. Old JavaScript: older nodes must parse it, too.

const fs = require('fs');

const FILE = process.env.WAGIT_EVENTS || '';
let loggedOut = false;
let last = '';

function tell(event, more) {
  if (event === 'syncing' && event === last) return; // it is told with each percent
  last = event;
  if (event === 'logged-out' && loggedOut) return; // a QR that nobody scans tells it again and again
  if (event === 'logged-out' || event === 'ready') loggedOut = event === 'logged-out';
  try {
    const line = JSON.stringify(Object.assign({ event, time: new Date().toISOString() }, more)) + '\n';
    fs.appendFileSync(FILE, line, { mode: 0o600 });
  } catch (error) {} // the slot is gone, or the disk is full
}

function tellAccount(id) {
  const found = /^(\d{5,20})(?:[.:]\d+)*@/.exec(id || '');
  if (found) tell('account', { number: found[1] });
}

// ---- whatsapp-web.js: events of its Client (src/Client.js) ----------------------------------------

const STATES = {
  // of WhatsApp Web's socket, as `change_state` and `disconnected` have them
  OPENING: 'reconnecting',
  TIMEOUT: 'reconnecting',
  CONFLICT: 'conflict',
  TOS_BLOCK: 'banned',
  SMB_TOS_BLOCK: 'banned',
};
const wasReady = new WeakSet();

const MEANING = {
  qr(client, ref) {
    // a login that is refused at once: the page has gone there before the Client listens for it
    const url = client.pupPage ? client.pupPage.url() : '';
    if (/[?&]post_logout=1(&|#|$)/.test(url)) tell('logged-out');
    tell('qr', { ref: String(ref) });
  },
  loading_screen() {
    tell('syncing');
  },
  authenticated() {
    tell('syncing');
  },
  ready(client) {
    wasReady.add(client);
    const wid = (client.info || {}).wid;
    tellAccount(wid && wid._serialized);
    tell('ready');
  },
  change_state(client, state) {
    if (state === 'CONNECTED' && wasReady.has(client)) tell('ready');
    else if (STATES[state] && wasReady.has(client)) tell(STATES[state]);
  },
  disconnected(client, reason) {
    wasReady.delete(client);
    const event = reason === 'LOGOUT' ? 'logged-out' : STATES[reason];
    if (event) tell(event);
  },
  auth_failure() {
    tell('logged-out');
  },
};

/** Tell of those clients whose login is the slot's. */
function watchClient(Client, isOfSlot) {
  const emit = Client.prototype.emit;
  if (!FILE || typeof emit !== 'function') return;
  const value = function (name, detail) {
    try {
      const meaning = Object.prototype.hasOwnProperty.call(MEANING, name) && MEANING[name];
      if (meaning && isOfSlot(this)) meaning(this, detail);
    } catch (error) {}
    return emit.apply(this, arguments);
  };
  Object.defineProperty(Client.prototype, 'emit', { value, writable: true, configurable: true });
}

/** LocalAuth.logout deletes the session: on LOGOUT, and when the bot itself asks for it. */
function watchLogout(LocalAuth, isOfSlot) {
  const logout = LocalAuth.prototype.logout;
  if (!FILE || typeof logout !== 'function') return;
  LocalAuth.prototype.logout = function () {
    if (isOfSlot(this)) tell('logged-out');
    return logout.apply(this, arguments);
  };
}

// ---- Baileys: `connection.update` ------------------------------------------------------------------

// Baileys' DisconnectReason; after any other one its bots connect again
const ENDS = { 401: 'logged-out', 403: 'banned', 440: 'conflict' };
const RESTART = 515; // as WhatsApp asks for once a phone has linked it

/** Wrap what Baileys' lib/Socket exports: tell of those sockets whose creds are the slot's. */
function watchSockets(exported, isOfSlot) {
  const make = exported.default;
  if (!FILE || typeof make !== 'function') return;
  exported.default = function (config) {
    const socket = make.apply(this, arguments);
    try {
      if (isOfSlot(config)) socket.ev.on('connection.update', (update) => noteUpdate(update, config.auth.creds));
    } catch (error) {}
    return socket;
  };
}

function noteUpdate(update, creds) {
  if (update.qr) tell('qr', { ref: String(update.qr) });
  if (update.isNewLogin) tell('linking');
  if (update.connection === 'open') {
    tellAccount(creds.me && creds.me.id);
    tell('ready');
  }
  if (update.connection === 'close') noteClose(update.lastDisconnect, creds);
}

function noteClose(last, creds) {
  const status = last && last.error && last.error.output && last.error.output.statusCode;
  if (ENDS[status]) tell(ENDS[status]);
  else if (creds.me && status !== RESTART) tell('reconnecting'); // without a login another QR follows
}

module.exports = { watchClient, watchLogout, watchSockets };
