// Rows that do not compress, as a session grows over months: mostly small, some kept as blob files.

import { put } from './databases.js';

const ROW = 4096; // bytes
const LARGE = 131072; // bytes; Chromium keeps values above 64 KiB as files in the .blob directory

function random(length) {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
    return bytes;
}

const row = (length) => ({ id: `grown_${crypto.randomUUID()}`, type: 'history', body: random(length) });

function megabyte() {
    const small = Array.from({ length: (2 ** 20 - LARGE) / ROW }, () => row(ROW));
    return [...small, row(LARGE)];
}

// Write `mb` MiB into model-storage; resolves with the number of rows when they are on disk.
export async function grow(mb) {
    let rows = 0;
    for (let written = 0; written < mb; written += 1) {
        const batch = megabyte();
        await put('model-storage', 'message', ...batch);
        rows += batch.length;
    }
    return { rows };
}
