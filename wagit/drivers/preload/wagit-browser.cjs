'use strict';
// Has the supervisor run the bot's browser, which then outlives the bot: instead of each automated Chromium a
// stub is started (wagit/browser/stub.py). It prints what Chromium would, or becomes Chromium.
//
//   WAGIT_BROWSER        the host's socket; `python` beside it is a link to the program that runs the stub
//
// `Browser.close` over a websocket ends the stub, not the browser. Old JavaScript: older nodes must parse it, too.

const fs = require('fs');
const path = require('path');

const HOST = process.env.WAGIT_BROWSER || '';
const STUB = path.join(__dirname, '..', '..', 'browser', 'stub.py');
const MARK = /\/devtools\/browser\/.*\?wagit=(\d+)$/; // what the stub adds to the address, with its pid
const LONGEST = 300; // characters of a request to close
const PATIENCE = 30000; // milliseconds that a browser may take to close
const stubs = new Map(); // pid -> the websockets to its browser

/** Start a stub instead of each automated Chromium, whichever library starts it. */
function hostBrowsers(attempt) {
  const { prototype } = require('child_process').ChildProcess;
  const original = prototype.spawn;
  prototype.spawn = function (options) {
    let own = null;
    attempt('the browser', () => {
      if (isAutomated(options.args || [])) own = replace(options);
    });
    const result = original.apply(this, arguments);
    if (own) attempt('the browser', () => follow(this, own));
    return result;
  };
}

function isAutomated(args) {
  const has = (start) => args.some((arg) => String(arg).startsWith(start));
  return has('--user-data-dir=') && has('--remote-debugging-') && !has('--type=');
}

/** Have `options` start the stub; returns what they started before. */
function replace(options) {
  const python = fs.readlinkSync(path.join(path.dirname(HOST), 'python')); // there is none without a host
  const own = { spawnfile: options.file, spawnargs: options.args };
  const given = options.args.slice(1);
  options.args = [python, '-I', '-S', STUB, String(process.pid), options.file].concat(given);
  options.file = python;
  return own;
}

/** A browser's websocket closes when its process ends; so must the stub's. */
function follow(child, own) {
  Object.assign(child, own);
  const sockets = new Set();
  stubs.set(child.pid, sockets);
  child.once('exit', () => {
    stubs.delete(child.pid);
    sockets.forEach((socket) => socket.terminate());
  });
}

/** Wrap what ws' lib/websocket.js exports: `Browser.close` stays here. */
function watchWebSocket(WebSocket) {
  const send = WebSocket.prototype.send;
  if (typeof send !== 'function') throw new Error('there is no send');
  WebSocket.prototype.send = function (data) {
    const stub = MARK.exec(this.url || '');
    if (!stub) return send.apply(this, arguments);
    const pid = Number(stub[1]);
    if (stubs.has(pid)) stubs.get(pid).add(this);
    const number = closing(data);
    if (number === null) return send.apply(this, arguments);
    setImmediate(() => leave(this, pid, number));
  };
}

/** The number of a request to close the browser; null for anything else. */
function closing(data) {
  if (data.length > LONGEST || String(data).indexOf('"Browser.close"') < 0) return null;
  const asked = JSON.parse(data);
  return asked.method === 'Browser.close' ? asked.id : null;
}

function leave(socket, pid, id) {
  socket.emit('message', Buffer.from(JSON.stringify({ id, result: {} })), false);
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {} // it has ended
  socket.close();
}

/** LocalAuth.logout deletes the profile: first its browser must be closed, unless the bot goes on with it. */
function watchLogout(LocalAuth) {
  const logout = LocalAuth.prototype.logout;
  if (typeof logout !== 'function') return;
  LocalAuth.prototype.logout = async function () {
    if (this.userDataDir) await ask({ op: 'close', profile: this.userDataDir });
    return logout.apply(this, arguments);
  };
}

/** Ask the host; resolves when it has answered, or is gone. */
function ask(request) {
  return new Promise((resolve) => {
    const connection = require('net').connect(HOST);
    connection.on('connect', () => connection.write(JSON.stringify(request) + '\n'));
    connection.on('data', () => connection.destroy());
    connection.on('error', () => {});
    connection.on('close', resolve);
    connection.setTimeout(PATIENCE, () => connection.destroy());
  });
}

module.exports = { hostBrowsers, watchWebSocket, watchLogout };
