'use strict';
// Tells wagit what becomes of the slot's login: JSON lines, appended to the file that WAGIT_EVENTS names.
//
//   {"event": "ready", "time": "2026-11-20T09:51:00.000Z"}         logged in, and at work
//   {"event": "logged-out", "time": "2026-11-20T10:02:00.000Z"}    WhatsApp took the login away
//
// A bot must not notice any of it: what fails is dropped. Old JavaScript: older nodes must parse it, too.

const fs = require('fs');

const FILE = process.env.WAGIT_EVENTS || '';
let loggedOut = false;

function tell(event) {
  if (event === 'logged-out' && loggedOut) return; // a QR that nobody scans tells it again and again
  loggedOut = event === 'logged-out';
  try {
    const line = JSON.stringify({ event, time: new Date().toISOString() }) + '\n';
    fs.appendFileSync(FILE, line, { mode: 0o600 });
  } catch (error) {} // the slot is gone, or the disk is full
}

/** What an event of whatsapp-web.js' Client means for the login (src/Client.js); null for nothing. */
function meaningOf(client, name, detail) {
  if (name === 'ready') return 'ready';
  if (name === 'disconnected' && detail === 'LOGOUT') return 'logged-out';
  if (name === 'auth_failure') return 'logged-out';
  // a login that is refused at once: the page has gone there before the Client listens for it
  if (name === 'qr' && /[?&]post_logout=1(&|#|$)/.test(client.pupPage.url())) return 'logged-out';
  return null;
}

/** Tell of those clients whose login is the slot's. */
function watchClient(Client, isOfSlot) {
  const emit = Client.prototype.emit;
  if (!FILE || typeof emit !== 'function') return;
  const value = function (name, detail) {
    try {
      const event = isOfSlot(this) ? meaningOf(this, name, detail) : null;
      if (event) tell(event);
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

const LOGGED_OUT = 401; // Baileys' DisconnectReason.loggedOut

/** Wrap what Baileys' lib/Socket exports: tell of those sockets whose creds are the slot's. */
function watchSockets(exported, isOfSlot) {
  const make = exported.default;
  if (!FILE || typeof make !== 'function') return;
  exported.default = function (config) {
    const socket = make.apply(this, arguments);
    try {
      if (isOfSlot(config)) socket.ev.on('connection.update', noteUpdate);
    } catch (error) {}
    return socket;
  };
}

function noteUpdate(update) {
  if (update.connection === 'open') tell('ready');
  const failed = update.connection === 'close' && update.lastDisconnect && update.lastDisconnect.error;
  if (failed && failed.output && failed.output.statusCode === LOGGED_OUT) tell('logged-out');
}

module.exports = { watchClient, watchLogout, watchSockets };
