// One device's session: what the socket model, the QR and the DOM show, driven by the server's messages.

import * as login from './login.js';
import * as databases from './databases.js';
import { grow } from './growth.js';
import { Emitter, Model } from './model.js';
import * as screen from './screen.js';
import { createWid } from './wid.js';
import { Wire } from './wire.js';

const LOGGED_OUT = '/?post_logout=1&logout_reason=0';
const leave = () => location.replace(LOGGED_OUT);

class SocketModel extends Model {
    constructor(session) {
        super({ state: 'UNLAUNCHED', stream: 'DISCONNECTED', hasSynced: false });
        Object.defineProperty(this, 'session', { value: session });
    }

    // Whoever listens too late hears it still: automation attaches its listeners at its own pace.
    on(names, listener) {
        super.on(names, listener);
        if (names === 'change:hasSynced' && this.hasSynced) setTimeout(() => listener(this, true, false));
    }

    logout() { return this.session.logout(); }
    takeover() { return this.session.hello(); }
    reconnect() { this.session.reconnect(); }
    refreshQR() { this.session.wire.send('refresh'); }
}

export class Session {
    cmd = Object.assign(new Emitter(), { refreshQR: () => this.wire.send('refresh') });
    conn = new Model({ ref: undefined, pushname: undefined, platform: 'android', connected: false });
    stream = new Model({ mode: 'QR', available: false });
    socket = new SocketModel(this);
    progress = 0;
    me = null; // this device's wid, '4915100000001:12@c.us'

    constructor(messages) {
        this.messages = messages;
        this.wire = new Wire({
            onOpen: () => this.introduce(),
            onMessage: (message) => this.received(message),
            onLost: () => this.lost(),
        });
    }

    async start() {
        this.socket.set({ state: 'OPENING' });
        this.stored = await login.load();
        this.keys = this.stored ? null : await this.begin();
        this.wire.open();
    }

    // Forget what is stored, in part or in whole, and become a new device.
    async begin() {
        await login.wipe().catch(console.error);
        return login.newKeys();
    }

    introduce() {
        if (this.socket.state === 'CONFLICT') return; // another page has the device until somebody takes it back
        if (this.stored) {
            this.hello();
            return;
        }
        const { noise, identity } = this.keys;
        this.wire.send('new', {
            noise: login.encodeB64(noise.pubKey), identity: login.encodeB64(identity.pubKey),
        });
    }

    async hello() {
        this.socket.set({ state: 'OPENING' });
        const { registrationId, ...proof } = this.stored;
        const answer = await this.wire.ask('hello', proof);
        if (answer.type === 'refused') return this.refused();
        this.me = this.stored.wid;
        this.stored.generation = answer.generation;
        await login.advance(answer.generation);
        this.conn.set({ pushname: answer.name, wid: createWid(this.me), connected: true, platform: answer.platform });
        this.stream.set({ mode: 'MAIN', available: true });
        this.socket.set({ state: 'CONNECTED', stream: 'CONNECTED' });
        return this.sync();
    }

    async sync() {
        for (const percent of this.socket.hasSynced ? [] : [0, 50, 100]) {
            this.progress = percent;
            this.cmd.trigger('offline_progress_update_from_bridge');
        }
        await this.messages.load();
        screen.showChats(this.conn.pushname);
        this.socket.set({ hasSynced: true });
        this.wire.send('synced', { generation: this.stored.generation });
    }

    // The server knows this device no longer, and we were not running when it was removed.
    async refused() {
        history.replaceState(null, '', LOGGED_OUT);
        this.stored = null;
        this.keys = await this.begin();
        this.introduce();
    }

    lost() {
        this.conn.set({ connected: false });
        const isLive = this.stored && this.socket.state !== 'CONFLICT';
        if (isLive) this.socket.set({ state: 'OPENING', stream: 'DISCONNECTED' });
    }

    reconnect() {
        this.wire.close();
        this.lost();
        this.wire.open();
    }

    received({ type, ...message }) {
        return {
            ref: () => this.showRef(message.ref),
            idle: () => this.socket.set({ state: 'UNPAIRED_IDLE' }),
            linked: () => this.linked(message),
            'logged-out': () => this.loggedOut(),
            conflict: () => this.conflict(),
            state: () => this.socket.set({ state: message.state }),
            message: () => this.messages.receive(message.message),
            grow: async () => this.wire.send('done', { job: message.job, ...(await grow(message.mb)) }),
            rows: async () => this.wire.send('done', { job: message.job, rows: await databases.countAll() }),
        }[type]?.();
    }

    showRef(ref) {
        this.conn.set({ ref });
        screen.showQr(this.qr());
        this.socket.set({ state: 'UNPAIRED' });
    }

    async pairingCode(number) {
        const { code } = await this.wire.ask('code', { number });
        if (code === null) throw new Error('rate-overlimit');
        screen.showCode(code);
        return code;
    }

    qr() {
        const { noise, identity, advSecret } = this.keys;
        return [this.conn.ref, login.encodeB64(noise.pubKey), login.encodeB64(identity.pubKey), advSecret, '1'].join();
    }

    async linked(device) {
        this.socket.set({ state: 'PAIRING' });
        await login.save(device, this.keys);
        this.stored = await login.load();
        await this.hello();
    }

    conflict() {
        this.conn.set({ connected: false });
        screen.showConflict(() => this.hello());
        this.socket.set({ state: 'CONFLICT' });
    }

    // Asked for on this device: whoever asked hears that it is done before the page goes away.
    async logout() {
        await this.wire.ask('logout');
        await this.forget();
        setTimeout(leave, 500);
    }

    async loggedOut() {
        await this.forget();
        leave();
    }

    async forget() {
        this.wire.close();
        this.cmd.trigger('logout');
        await login.wipe();
    }
}
