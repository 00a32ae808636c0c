// An ordinary bot: the library's own data path, and no browser named.
const { Client, LocalAuth } = require('whatsapp-web.js');

const client = new Client({ authStrategy: new LocalAuth() });

client.on('qr', (qr) => console.log('qr', qr));
client.on('authenticated', () => console.log('authenticated'));
client.on('ready', () => console.log('ready', client.info.wid.user));
client.on('disconnected', (reason) => console.log('disconnected', reason));
client.on('message', async (message) => {
    console.log('message', message.from, message.body);
    if (message.body === 'ping') await message.reply('pong');
});

client.initialize();
