// The page boots: wait as long as the stand-in was told to, install the modules, open the session.

import { Messages } from './messages.js';
import { install } from './modules.js';
import { Session } from './session.js';

async function main() {
    await fetch('/standin/boot'); // answered at once, late or never
    const messages = new Messages();
    const session = (messages.session = new Session(messages));
    install(session, messages);
    await session.start();
}

main();
