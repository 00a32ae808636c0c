// A small bot that answers "ping", and prints one line an event. It knows nothing of wagit.
const { default: makeWASocket, DisconnectReason, useMultiFileAuthState } = require('baileys');
const pino = require('pino');

// Sessions that a new attempt cannot mend: nobody is logged in any more, or another bot took over.
const OVER = [DisconnectReason.loggedOut, DisconnectReason.connectionReplaced, DisconnectReason.forbidden];
const LONGEST = 30; // seconds between two attempts

async function connect(failed = 0) {
    const { state, saveCreds } = await useMultiFileAuthState('auth_info_baileys');
    await saveCreds(); // a new identity is on disk before anybody scans it
    const socket = makeWASocket({ auth: state, logger: pino({ level: 'silent' }) });
    socket.ev.on('creds.update', saveCreds);
    socket.ev.on('connection.update', ({ connection, lastDisconnect, qr }) => {
        if (qr) console.log('qr', qr);
        if (connection === 'open') {
            failed = 0;
            console.log('ready', socket.user.id.split(/[:@]/)[0]);
        }
        if (connection === 'close') closed(lastDisconnect?.error, failed + 1);
    });
    socket.ev.on('messages.upsert', ({ messages }) => messages.forEach((message) => answer(socket, message)));
}

function closed(error, failed) {
    const status = error?.output?.statusCode;
    console.log('disconnected', status);
    if (OVER.includes(status)) process.exit(1);
    const wait = status === DisconnectReason.restartRequired ? 0 : Math.min(2 ** failed, LONGEST);
    setTimeout(connect, wait * 1000, failed);
}

async function answer(socket, { key, message }) {
    if (key.fromMe || message?.conversation !== 'ping') return;
    await socket.sendMessage(key.remoteJid, { text: 'pong' });
}

connect();
