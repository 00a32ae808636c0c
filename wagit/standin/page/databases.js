// The IndexedDB databases of WhatsApp Web, by their real names, with the object stores we use.

const STORES = {
    wawc_db_enc: { keys: 'id' },
    wawc: { user: 'key' },
    'signal-storage': {
        'signal-meta-store': 'key', 'identity-store': 'identifier', 'prekey-store': 'keyId',
        'session-store': 'address', 'sender-key-store': 'senderKeyName',
    },
    'model-storage': {
        message: 'id', chat: 'id', contact: 'id', 'device-list': 'id', 'history-sync': 'id',
    },
};

const opened = new Map();

function open(name) {
    if (!opened.has(name)) {
        opened.set(name, new Promise((resolve, reject) => {
            const request = indexedDB.open(name, 10);
            request.onupgradeneeded = () => {
                for (const [store, keyPath] of Object.entries(STORES[name])) {
                    request.result.createObjectStore(store, { keyPath });
                }
            };
            request.onsuccess = () => resolve(request.result);
            request.onerror = () => reject(request.error);
        }));
    }
    return opened.get(name);
}

const settled = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
});

export async function get(database, store, key) {
    return settled((await open(database)).transaction(store).objectStore(store).get(key));
}

// How many rows each object store has, as { 'model-storage/message': 128, … }.
export async function countAll() {
    const counts = {};
    for (const [database, stores] of Object.entries(STORES)) {
        for (const store of Object.keys(stores)) {
            const rows = (await open(database)).transaction(store).objectStore(store);
            counts[`${database}/${store}`] = await settled(rows.count());
        }
    }
    return counts;
}

export async function getAll(database, store) {
    return settled((await open(database)).transaction(store).objectStore(store).getAll());
}

// Resolves when the rows are on their way to disk ("strict": flushed), so that what we then tell the
// server is true after a kill.
export async function put(database, store, ...rows) {
    const transaction = (await open(database)).transaction(store, 'readwrite', { durability: 'strict' });
    for (const row of rows) transaction.objectStore(store).put(row);
    await new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
}

export async function wipe() {
    for (const database of opened.values()) (await database.catch(() => null))?.close();
    opened.clear();
    const names = new Set([...(await indexedDB.databases()).map(({ name }) => name), ...Object.keys(STORES)]);
    await Promise.all([...names].map((name) => settled(indexedDB.deleteDatabase(name)).catch(() => {})));
}
