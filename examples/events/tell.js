// Tell wagit what becomes of the session: tell('ready'), tell('qr', { ref: '2@...' }).
const fs = require('fs');

/** Append one event; a bot must not fail because nobody can be told. */
function tell(event, more = {}) {
    const path = process.env.WAGIT_EVENTS;
    if (!path) return;
    const line = JSON.stringify({ event, time: new Date().toISOString(), ...more }) + '\n';
    try {
        fs.appendFileSync(path, line, { mode: 0o600 });
    } catch {}
}

module.exports = { tell };
