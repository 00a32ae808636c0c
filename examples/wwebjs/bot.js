// A small bot that answers "ping", and prints one line an event. It knows nothing of wagit.
const { Client, LocalAuth } = require('whatsapp-web.js');

const client = new Client({ authStrategy: new LocalAuth() });

client.on('qr', (qr) => console.log('qr', qr));
client.on('authenticated', () => console.log('authenticated'));
client.on('ready', () => console.log('ready', client.info.wid.user));
client.on('disconnected', (reason) => console.log('disconnected', reason));
client.on('message', async (message) => {
    if (message.body === 'ping') await message.reply('pong');
});

client.initialize();
