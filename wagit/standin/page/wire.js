// The connection to the stand-in's server: JSON both ways, opened again when it breaks.

export class Wire {
    #socket = null;
    #waiting = new Map();
    #closed = false;
    #unsent = []; // questions of the time without a connection

    constructor({ onOpen, onMessage, onLost }) {
        Object.assign(this, { onOpen, onMessage, onLost });
    }

    open() {
        this.#closed = false;
        const socket = (this.#socket = new WebSocket(`wss://${location.host}/ws/chat`));
        socket.onopen = () => {
            this.onOpen();
            this.#unsent.splice(0).forEach((question) => socket.send(question));
        };
        socket.onmessage = ({ data }) => this.#received(JSON.parse(data));
        socket.onclose = () => {
            if (this.#closed || this.#socket !== socket) return;
            this.onLost();
            setTimeout(() => this.#closed || this.open(), 300);
        };
    }

    #received(message) {
        const answer = this.#waiting.get(message.re);
        if (!answer) return this.onMessage(message);
        this.#waiting.delete(message.re);
        return answer(message);
    }

    send(type, values = {}) {
        const message = JSON.stringify({ type, ...values });
        if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(message);
        else if (values.ask) this.#unsent.push(message);
    }

    // Send, and resolve with the server's answer to just this message.
    ask(type, values = {}) {
        const id = crypto.randomUUID();
        return new Promise((resolve) => {
            this.#waiting.set(id, resolve);
            this.send(type, { ...values, ask: id });
        });
    }

    close() {
        this.#closed = true;
        this.#socket?.close();
    }
}
