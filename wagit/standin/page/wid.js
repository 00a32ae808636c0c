// Addresses and message keys, with the fields and methods that clients of WhatsApp Web read.

export class Wid {
    constructor(user, server) {
        this.server = server;
        this.user = user;
        this._serialized = `${user}@${server}`;
    }

    isLid() { return this.server === 'lid'; }
    isUser() { return this.server === 'c.us' || this.isLid(); }
    isGroup() { return this.server === 'g.us'; }
    isNewsletter() { return this.server === 'newsletter'; }
    isBroadcast() { return this.server === 'broadcast'; }
    isStatus() { return this._serialized === 'status@broadcast'; }
    isBot() { return false; }
    equals(other) { return this._serialized === other?._serialized; }
    toString() { return this._serialized; }
    toJid() { return this._serialized.replace('@c.us', '@s.whatsapp.net'); }
}

// '4915100000001:12@c.us' → that person, whatever the device
export function createWid(text) {
    if (text instanceof Wid) return text;
    const serialized = typeof text === 'string' ? text : text._serialized;
    const [user, server] = serialized.replace('@s.whatsapp.net', '@c.us').split('@');
    return new Wid(user.split(':')[0], server);
}

export class MsgKey {
    constructor({ fromMe, from, to, remote, id, participant, selfDir }) {
        this.fromMe = fromMe ?? selfDir === 'out';
        this.remote = remote ?? to ?? from;
        this.id = id;
        if (participant) this.participant = participant;
        this._serialized = `${this.fromMe}_${this.remote}_${id}`;
    }

    static async newId() {
        return `3EB0${hex(crypto.getRandomValues(new Uint8Array(10)))}`;
    }

    toString() { return this._serialized; }
}

const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('').toUpperCase();
