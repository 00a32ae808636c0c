// Models and collections that tell their listeners what changed, as the ones of WhatsApp Web do:
// `on('change:state', (model, value, previous) => …)`, `on('add', model => …)`, names split by blanks.

export class Emitter {
    #listeners = new Map();

    on(names, listener) {
        for (const name of names.split(' ')) {
            if (!this.#listeners.has(name)) this.#listeners.set(name, new Set());
            this.#listeners.get(name).add(listener);
        }
    }

    off(names, listener) {
        for (const name of names.split(' ')) this.#listeners.get(name)?.delete(listener);
    }

    once(names, listener) {
        const first = (...values) => {
            this.off(names, first);
            listener(...values);
        };
        this.on(names, first);
    }

    trigger(name, ...values) {
        const results = [];
        for (const listener of [...(this.#listeners.get(name) ?? [])]) {
            try {
                results.push(listener(...values));
            } catch (error) {
                console.error(error); // one bad listener must not keep the others from hearing
            }
        }
        return results;
    }
}

export class Model extends Emitter {
    #names = new Set();

    constructor(values = {}) {
        super();
        for (const [name, value] of Object.entries(values)) this.#assign(name, value);
    }

    #assign(name, value) {
        this.#names.add(name);
        this[name] = value;
    }

    set(values) {
        const changed = Object.entries(values).filter(([name, value]) => this[name] !== value);
        const previous = changed.map(([name]) => this[name]);
        for (const [name, value] of changed) this.#assign(name, value);
        changed.forEach(([name, value], index) => {
            this.trigger(`change:${name}`, this, value, previous[index]);
            this.collection?.trigger(`change:${name}`, this, value, previous[index]);
        });
        if (changed.length === 0) return;
        this.trigger('change', this);
        this.collection?.trigger('change', this);
    }

    serialize() {
        return Object.fromEntries([...this.#names].map((name) => [name, this[name]]));
    }

    unsafe() {
        return this;
    }
}

const keyOf = (id) => (typeof id === 'string' ? id : id?._serialized);

export class Collection extends Emitter {
    modelClass = Model;
    #models = new Map();

    get length() {
        return this.#models.size;
    }

    get(id) {
        return this.#models.get(keyOf(id));
    }

    add(model) {
        if (this.get(model.id)) return this.get(model.id);
        Object.defineProperty(model, 'collection', { value: this, configurable: true });
        this.#models.set(keyOf(model.id), model);
        this.trigger('add', model);
        return model;
    }

    remove(id) {
        const model = this.get(id);
        if (!model) return;
        this.#models.delete(keyOf(model.id));
        this.trigger('remove', model);
    }

    getModelsArray() {
        return [...this.#models.values()];
    }
}
