// The connection to the stand-in's server: JSON both ways, opened again when it breaks.

export class Wire {
    #socket = null;
    #opened = false;
    #waiting = new Map();
    #closed = false;

    constructor({ onOpen, onMessage, onLost }) {
        Object.assign(this, { onOpen, onMessage, onLost });
    }

    open() {
        this.#closed = false;
        const socket = (this.#socket = new WebSocket(`wss://${location.host}/ws/chat`));
        socket.onopen = () => this.onOpen();
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
        if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ type, ...values }));
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
