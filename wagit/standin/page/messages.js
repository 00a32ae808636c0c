// Chats, contacts and messages: the collections, what is stored of them, and sending.

import { get, getAll, put } from './databases.js';
import { Collection, Model } from './model.js';
import { showMessage } from './screen.js';
import { MsgKey, createWid } from './wid.js';

class Msg extends Model {
    get isEphemeral() { return false; }
    get isStatusV3() { return false; }
    canReply() { return true; }
    msgContextInfo() {
        return { quotedMsg: { type: this.type, body: this.body }, quotedStanzaID: this.id.id, quotedParticipant: this.from };
    }
}

// Messages that arrive before anybody listens wait, so that a bot that is still attaching misses none.
class MsgCollection extends Collection {
    modelClass = Msg;
    #early = [];
    #heard = false;

    on(names, listener) {
        super.on(names, listener);
        if (!names.split(' ').includes('add') || this.#heard) return;
        this.#heard = true;
        setTimeout(() => this.#early.splice(0).forEach((message) => this.add(message)));
    }

    arrive(message) {
        if (this.#heard) this.add(message);
        else this.#early.push(message);
    }

    async getMessagesById(ids) {
        const rows = await Promise.all(ids.map((id) => get('model-storage', 'message', id)));
        return { messages: rows.filter(Boolean).map((row) => this.get(row.id) ?? fromRow(row)) };
    }
}

const WIDS = ['from', 'to', 'author'];

function toRow(message) {
    const { isNewMsg, local, ...row } = message.serialize();
    const key = { fromMe: row.id.fromMe, remote: `${row.id.remote}`, id: row.id.id };
    const wids = WIDS.filter((name) => row[name]).map((name) => [name, `${row[name]}`]);
    return JSON.parse(JSON.stringify({ ...row, ...Object.fromEntries(wids), id: `${row.id}`, key }));
}

function fromRow({ key, ...row }) {
    const wids = WIDS.filter((name) => row[name]).map((name) => [name, createWid(row[name])]);
    const id = new MsgKey({ ...key, remote: createWid(key.remote) });
    return new Msg({ ...row, ...Object.fromEntries(wids), id, isNewMsg: false });
}

export class Messages {
    Msg = new MsgCollection();
    Chat = new Collection();
    Contact = new Collection();
    session = null; // set by main.js: the two know each other

    async load() {
        for (const { id, ...chat } of await getAll('model-storage', 'chat')) this.chat(createWid(id), chat);
        this.contact(this.meUser(), this.session.conn.pushname);
    }

    meUser() {
        return this.session.me ? createWid(this.session.me) : undefined;
    }

    chat(wid, values = {}) {
        const chat = new Model({ id: wid, unreadCount: 0, t: 0, archive: false, formattedTitle: wid.user, ...values });
        return this.Chat.get(wid) ?? this.Chat.add(chat);
    }

    contact(wid, pushname) {
        const contact = new Model({ id: wid, pushname, name: pushname, type: 'in', isBusiness: false, isEnterprise: false });
        return this.Contact.get(wid) ?? this.Contact.add(contact);
    }

    async receive({ id, from, body, type, name, t }) {
        const sender = createWid(from);
        const key = new MsgKey({ fromMe: false, remote: sender, id });
        const message = new Msg({
            id: key, from: sender, to: this.meUser(), body, type, t, ack: 1, self: 'in', isNewMsg: true, notifyName: name,
        });
        const isNew = !(await get('model-storage', 'message', `${key}`));
        if (isNew) await this.keep(message, sender);
        this.session.wire.send('stored', { id }); // only now may the server forget it
        if (!isNew) return;
        this.contact(sender, name);
        const chat = this.chat(sender);
        chat.set({ unreadCount: chat.unreadCount + 1, t, lastReceivedKey: key });
        showMessage(from, body);
        this.Msg.arrive(message);
    }

    async keep(message, remote) {
        await put('model-storage', 'message', toRow(message));
        await put('model-storage', 'chat', { id: `${remote}`, t: message.t });
    }

    // As WAWebSendMsgChatAction: a promise of the message in the collection, and one of the server's answer.
    send(chat, values) {
        const message = new Msg(values);
        this.Msg.add(message);
        chat.set({ t: values.t });
        const kept = this.keep(message, chat.id).then(() => message);
        return [kept, kept.then(() => this.deliver(message))];
    }

    async deliver(message) {
        const { id, to, body, type } = message;
        const answer = await this.session.wire.ask('send', { id: id.id, to: `${to}`, body, kind: type });
        message.set({ ack: 1 });
        await put('model-storage', 'message', toRow(message));
        return { messageSendResult: 'OK', t: answer.t };
    }
}
