'use strict';
// A browser that was killed, as for want of memory, takes all work from its bot: node ends, with status 0, as
// if the bot were done. Here such an end gets status 1, so that the bot is started again.
//
// A killed browser leaves its SingletonLock, a link to <host>-<pid>, behind; one that was closed does not. A bot
// that calls process.exit() means it: then there is no `beforeExit`.

const fs = require('fs');
const os = require('os');
const path = require('path');

let watching = false;

/** Call `say` and change the status when the process ends since a browser in `data` was killed. */
function watch(data, say) {
  if (watching) return;
  watching = true;
  const before = locks(data);
  process.on('beforeExit', () => {
    if (process.exitCode) return;
    const killed = locks(data).filter((lock) => before.indexOf(lock) < 0 && isDead(lock));
    if (!killed.length) return;
    say('the browser was killed, and the bot ended of it');
    process.exitCode = 1;
  });
}

/** What the locks of the profiles say, in `data` and directly below it. */
function locks(data) {
  const found = [];
  for (const name of [''].concat(namesIn(data))) {
    try {
      found.push(fs.readlinkSync(path.join(data, name, 'SingletonLock')));
    } catch (error) {} // no profile, or nobody has it open
  }
  return found;
}

function namesIn(directory) {
  try {
    return fs.readdirSync(directory);
  } catch (error) {
    return [];
  }
}

function isDead(lock) {
  const at = lock.lastIndexOf('-');
  const pid = Number(lock.slice(at + 1));
  if (lock.slice(0, at) !== os.hostname() || !(pid > 0)) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error.code === 'ESRCH';
  }
  try {
    return / [ZX] /.test(fs.readFileSync('/proc/' + pid + '/stat', 'latin1').replace(/^.*\)/s, ''));
  } catch (error) {
    return false;
  }
}

module.exports = { watch };
