// The same as an ES module, as the library's documentation shows it; it closes its browser when asked to.
import whatsapp from 'whatsapp-web.js';

const { Client, LocalAuth } = whatsapp;
const client = new Client({ authStrategy: new LocalAuth({ dataPath: 'sessions' }) });

client.on('qr', (qr) => console.log('qr', qr));
client.on('authenticated', () => console.log('authenticated'));
client.on('ready', () => console.log('ready', client.info.wid.user));
client.on('disconnected', (reason) => console.log('disconnected', reason));
client.on('message', async (message) => {
    console.log('message', message.from, message.body);
    if (message.body !== 'leave') return;
    await client.logout();
    console.log('left');
});

process.on('SIGTERM', async () => {
    await client.destroy();
    console.log('destroyed');
    process.exit(0);
});

await client.initialize();
