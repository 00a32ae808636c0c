// Sends the Chromium of an unmodified bot to the stand-in: NODE_OPTIONS=--require loads this first.
// Whoever starts a browser with a user-data-dir (puppeteer, Playwright, a library above them) starts it
// through child_process.spawn; the arguments of WAGIT_CHROMIUM_ARGS are added there.
'use strict';

const childProcess = require('node:child_process');
const { syncBuiltinESMExports } = require('node:module');

const wanted = JSON.parse(process.env.WAGIT_CHROMIUM_ARGS || '[]');
const isBrowser = (args) => Array.isArray(args) && args.some((arg) => String(arg).startsWith('--user-data-dir='));

const spawn = childProcess.spawn;
childProcess.spawn = function (command, args, ...rest) {
    if (!isBrowser(args)) return spawn.call(this, command, args, ...rest);
    const missing = wanted.filter((arg) => !args.includes(arg));
    return spawn.call(this, command, [...missing, ...args], ...rest);
};
syncBuiltinESMExports();
