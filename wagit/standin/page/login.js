// The login, kept as WhatsApp Web keeps it: it opens only if every part is there and agrees.
//
// A key that cannot be extracted (IndexedDB wawc_db_enc) and a salt (Local Storage WebEncKeySalt) open
// WANoiseInfo (Local Storage) and the registration (signal-storage); these, last-wid-md (Local Storage),
// wawc and model-storage must all name the same device.

import * as databases from './databases.js';

const MARKERS = ['last-wid-md', 'WANoiseInfo', 'WebEncKeySalt'];

export const encodeB64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
export const decodeB64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
export const randomBytes = (length) => crypto.getRandomValues(new Uint8Array(length));

async function keyPair() {
    const privKey = randomBytes(32);
    return { privKey, pubKey: new Uint8Array(await crypto.subtle.digest('SHA-256', privKey)) };
}

// A new device's keys: what the QR shows and the phone signs.
export async function newKeys() {
    return {
        noise: await keyPair(),
        identity: await keyPair(),
        registrationId: new DataView(randomBytes(2).buffer).getUint16(0) & 0x3fff,
        advSecret: encodeB64(randomBytes(32)),
    };
}

async function cipher(base, salt, label) {
    const info = new TextEncoder().encode(label);
    const algorithm = { name: 'HKDF', hash: 'SHA-256', salt, info };
    return crypto.subtle.deriveKey(algorithm, base, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

async function seal(base, salt, label, value) {
    const iv = randomBytes(12);
    const key = await cipher(base, salt, label);
    const bytes = new TextEncoder().encode(JSON.stringify(value));
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, bytes);
    return { iv: encodeB64(iv), ciphertext: encodeB64(sealed) };
}

async function unseal(base, salt, label, { iv, ciphertext }) {
    const key = await cipher(base, salt, label);
    const bytes = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: decodeB64(iv) }, key, decodeB64(ciphertext));
    return JSON.parse(new TextDecoder().decode(bytes));
}

// Store the login of the device that the server named `wid`; resolves when it is written.
export async function save({ wid, token, name }, keys) {
    const base = await crypto.subtle.importKey('raw', randomBytes(32), 'HKDF', false, ['deriveKey']);
    const salt = randomBytes(64);
    const noise = { privKey: encodeB64(keys.noise.privKey), pubKey: encodeB64(keys.noise.pubKey), token, wid };
    const registration = { identity: encodeB64(keys.identity.pubKey), registrationId: keys.registrationId, wid };
    await databases.put('wawc_db_enc', 'keys', { id: 1, key: base, _expiration: Date.now() + 3.15e10 });
    await databases.put('signal-storage', 'signal-meta-store',
        { key: 'signal_reg_info', value: await seal(base, salt, 'signal', registration) },
        { key: 'signal_last_spk_id', value: 1 });
    await databases.put('signal-storage', 'session-store', { address: 'generation', value: 0 });
    await databases.put('signal-storage', 'prekey-store',
        ...Array.from({ length: 30 }, (_, keyId) => ({ keyId, keyPair: randomBytes(64) })));
    await databases.put('wawc', 'user', { key: 'last-wid-md', value: wid }, { key: 'pushname', value: name });
    await databases.put('model-storage', 'device-list', { id: 'me', wid });
    localStorage.setItem('WebEncKeySalt', JSON.stringify(encodeB64(salt)));
    localStorage.setItem('WANoiseInfo', JSON.stringify(await seal(base, salt, 'noise', noise)));
    localStorage.setItem('me-display-name', JSON.stringify(name));
    localStorage.setItem('last-wid-md', JSON.stringify(wid));
}

// The stored login, or null when a part of it is missing, does not open or names another device.
export async function load() {
    try {
        const markers = Object.fromEntries(MARKERS.map((name) => [name, JSON.parse(localStorage.getItem(name))]));
        const salt = decodeB64(markers.WebEncKeySalt);
        const { key: base } = await databases.get('wawc_db_enc', 'keys', 1);
        const noise = await unseal(base, salt, 'noise', markers.WANoiseInfo);
        const sealed = await databases.get('signal-storage', 'signal-meta-store', 'signal_reg_info');
        const registration = await unseal(base, salt, 'signal', sealed.value);
        const user = await databases.get('wawc', 'user', 'last-wid-md');
        const me = await databases.get('model-storage', 'device-list', 'me');
        const generation = await databases.get('signal-storage', 'session-store', 'generation');
        const named = [noise.wid, registration.wid, user.value, me.wid];
        if (named.some((wid) => wid !== markers['last-wid-md'])) return null;
        return {
            wid: noise.wid, token: noise.token, noise: noise.pubKey, identity: registration.identity,
            registrationId: registration.registrationId, generation: generation.value,
        };
    } catch {
        return null;
    }
}

// Each opening moves the encryption state on, so that a restored older copy can be told from the newest.
export async function advance(generation) {
    await databases.put('signal-storage', 'session-store', { address: 'generation', value: generation });
}

export async function wipe() {
    localStorage.clear();
    await databases.wipe();
}
