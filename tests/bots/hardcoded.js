// A bot that leaves nothing open: its own clientId, browser and arguments.
const { Client, LocalAuth } = require('whatsapp-web.js');

const client = new Client({
    authStrategy: new LocalAuth({ clientId: 'support-desk' }),
    puppeteer: { executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] },
});

client.on('qr', (qr) => console.log('qr', qr));
client.on('authenticated', () => console.log('authenticated'));
client.on('ready', () => console.log('ready', client.info.wid.user));
client.on('disconnected', (reason) => console.log('disconnected', reason));
client.on('message', (message) => console.log('message', message.from, message.body));

client.initialize();
