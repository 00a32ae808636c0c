// Each store's rows as "<how many> <SHA-256 of all>", Local Storage beside the object stores.
// A key that cannot be extracted counts as its kind; what changes with each start is left out.
async () => {
  const encoder = new TextEncoder();
  const settled = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

  function* parts(value) {
    if (value instanceof Uint8Array) yield value;
    else if (value instanceof CryptoKey) yield encoder.encode(`key ${value.algorithm.name}`);
    else if (value && typeof value === 'object') {
      for (const [name, inner] of Object.entries(value)) {
        yield encoder.encode(name);
        yield* parts(inner);
      }
    } else yield encoder.encode(`${typeof value} ${value}`);
  }

  async function digest(before, values) {
    const pieces = [before, ...parts(values)];
    const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  }

  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

  async function store(database, name) {
    let [count, sum, range] = [0, new Uint8Array(0), null];
    for (;;) {
      const rows = database.transaction(name).objectStore(name);
      const asked = [rows.getAllKeys(range, 200), rows.getAll(range, 200)];
      const [keys, values] = await Promise.all(asked.map(settled));
      if (!keys.length) return `${count} ${hex(sum)}`;
      sum = await digest(sum, values.filter((_, at) => keys[at] !== 'generation'));
      count += keys.length;
      range = IDBKeyRange.lowerBound(keys.at(-1), true);
    }
  }

  const local = Object.entries(localStorage).sort(([a], [b]) => (a < b ? -1 : 1));
  const found = { 'Local Storage': `${local.length} ${hex(await digest(new Uint8Array(0), local))}` };
  for (const { name } of await indexedDB.databases()) {
    const database = await settled(indexedDB.open(name));
    for (const each of database.objectStoreNames) found[`${name}/${each}`] = await store(database, each);
    database.close();
  }
  return found;
}
