// Real Baileys, asked line by line: {"do": "make" | "read" | "grow", "folder": …} on stdin, one line of JSON back.
//
// make: a linked login with every class of file, written by Baileys' own functions; a phone, a peer and a
//       group are played in memory. `preKeys` and `settings` are how many of each there are.
// read: what Baileys reads from a folder: its credentials, and each of `files`; null where it reads nothing.
'use strict'

const path = require('path')
const packages = path.join(__dirname, '..', 'bots', 'node_modules')
const baileys = require(path.join(packages, 'baileys'))
const { makeLibSignalRepository } = require(path.join(packages, 'baileys/lib/Signal/libsignal'))
const { encodeSyncdPatch, newLTHashState } = require(path.join(packages, 'baileys/lib/Utils/chat-utils'))
const { BufferJSON, Curve, initAuthCreds, proto, signedKeyPair, useMultiFileAuthState } = baileys

console.info = console.warn = console.error = () => {} // libsignal prints sessions
const GROUP = '120363000000000001@g.us'
const PEER = '4915200000002@s.whatsapp.net'
const TYPES = ['app-state-sync-version', 'app-state-sync-key', 'sender-key-memory', 'sender-key', 'pre-key', 'session']

/** A key store in memory, for the peer. */
function memory() {
  const kept = {}
  return {
    get: async (type, ids) => Object.fromEntries(ids.map((id) => [id, kept[`${type}-${id}`]])),
    set: async (data) => {
      for (const type in data) for (const id in data[type]) kept[`${type}-${id}`] = data[type][id]
    },
  }
}

/** Link as the phone does: it signs our identity key, and we sign back (pair-success). */
function link(creds, device) {
  const phone = Curve.generateKeyPair()
  const details = proto.ADVDeviceIdentity.encode({ rawId: 1, timestamp: 1700000000, keyIndex: 3 }).finish()
  const toSign = Buffer.concat([Buffer.from([6, 0]), details, creds.signedIdentityKey.public])
  const account = proto.ADVSignedDeviceIdentity.encode({
    details,
    accountSignatureKey: phone.public,
    accountSignature: Curve.sign(phone.private, toSign),
  }).finish()
  const hmac = require('crypto').createHmac('sha256', Buffer.from(creds.advSecretKey, 'base64')).update(account).digest()
  const content = proto.ADVSignedDeviceIdentityHMAC.encode({ details: account, hmac }).finish()
  const stanza = {
    tag: 'iq',
    attrs: { id: '1' },
    content: [
      {
        tag: 'pair-success',
        attrs: {},
        content: [
          { tag: 'device-identity', attrs: {}, content },
          { tag: 'device', attrs: { jid: `4915100000001:${device}@s.whatsapp.net` } },
          { tag: 'platform', attrs: { name: 'android' } },
        ],
      },
    ],
  }
  Object.assign(creds, baileys.configureSuccessfulPairing(stanza, creds).creds)
  creds.me = { ...creds.me, name: 'A bot ✓', lid: `100000000000001:${device}@lid` } // CB:success
}

/** Messages both ways, so that there are sessions with chains, a used pre-key, and sender keys. */
async function talk(state) {
  const me = state.creds.me.id
  const ours = makeLibSignalRepository(state)
  const peerCreds = initAuthCreds()
  const theirs = makeLibSignalRepository({ creds: peerCreds, keys: memory() })
  const open = (key) => Buffer.concat([Buffer.from([5]), key])
  const bundle = (creds, pre) => ({
    registrationId: creds.registrationId,
    identityKey: open(creds.signedIdentityKey.public),
    signedPreKey: {
      keyId: creds.signedPreKey.keyId,
      publicKey: open(creds.signedPreKey.keyPair.public),
      signature: creds.signedPreKey.signature,
    },
    preKey: pre && { keyId: 1, publicKey: open(pre.public) },
  })
  const { 1: pre } = await state.keys.get('pre-key', ['1'])
  await theirs.injectE2ESession({ jid: me, session: bundle(state.creds, pre) })
  const say = async (from, to, jid, sender) => {
    const { type, ciphertext } = await from.encryptMessage({ jid, data: Buffer.from('hello') })
    return () => to.decryptMessage({ jid: sender, type, ciphertext })
  }
  await (await say(theirs, ours, me, PEER))()
  await (await say(ours, theirs, PEER, me))()
  const late = await say(theirs, ours, me, PEER) // a skipped message leaves its key in the chain
  await (await say(theirs, ours, me, PEER))()
  void late
  await ours.injectE2ESession({ jid: '4915300000003:5@s.whatsapp.net', session: bundle(initAuthCreds()) })
  await ours.encryptGroupMessage({ group: GROUP, meId: me, data: Buffer.from('all') })
  await state.keys.set({ 'sender-key-memory': { [GROUP]: { [PEER]: true } } })
  const group = await theirs.encryptGroupMessage({ group: GROUP, meId: PEER, data: Buffer.from('one') })
  const item = { groupId: GROUP, axolotlSenderKeyDistributionMessage: group.senderKeyDistributionMessage }
  await ours.processSenderKeyDistributionMessage({ item, authorJid: PEER })
  await theirs.encryptGroupMessage({ group: GROUP, meId: PEER, data: Buffer.from('two') })
  const last = await theirs.encryptGroupMessage({ group: GROUP, meId: PEER, data: Buffer.from('three') })
  await ours.decryptGroupMessage({ group: GROUP, authorJid: PEER, msg: last.ciphertext })
}

/** Settings synchronised with the phone. */
async function settle(state, settings) {
  const bytes = require('crypto').randomBytes
  const id = Buffer.concat([Buffer.from([0, 1, 2]), bytes(3)]).toString('base64')
  const share = proto.Message.AppStateSyncKeyData.fromObject({
    keyData: bytes(32),
    fingerprint: { rawId: 7, currentIndex: 1, deviceIndexes: [0, 1] },
    timestamp: 1700000000000,
  })
  await state.keys.set({ 'app-state-sync-key': { [id]: share } })
  state.creds.myAppStateKeyId = id
  const get = async (key) => (await state.keys.get('app-state-sync-key', [key]))[key]
  for (const type of ['regular_high', 'critical_block']) {
    let known = newLTHashState()
    for (let i = 0; i < settings; i++) {
      const change = {
        type,
        index: ['mute', `${i}@s.whatsapp.net`],
        syncAction: { muteAction: { muted: true } },
        apiVersion: 2,
        operation: proto.SyncdMutation.SyncdOperation.SET,
      }
      known = (await encodeSyncdPatch(change, id, known, get)).state
    }
    await state.keys.set({ 'app-state-sync-version': { [type]: known } })
  }
}

async function make({ folder, device = 12, preKeys = 12, settings = 4, linked = true }) {
  const { state, saveCreds } = await useMultiFileAuthState(folder)
  if (linked) {
    link(state.creds, device)
    const { update } = await baileys.getNextPreKeys(state, preKeys)
    Object.assign(state.creds, update)
    await talk(state)
    await settle(state, settings)
    state.creds.routingInfo = Buffer.from([8, 2, 8, 5])
    state.creds.lastAccountSyncTimestamp = 1700000000
    state.creds.processedHistoryMessages.push({ key: { remoteJid: PEER, fromMe: true, id: 'A1' }, messageTimestamp: 1 })
  }
  await saveCreds()
  return {}
}

const text = (value) => (value == null ? null : JSON.stringify(value, BufferJSON.replacer))

async function read({ folder, files }) {
  const { state } = await useMultiFileAuthState(folder)
  const found = {}
  for (const file of files) {
    if (file === 'creds.json') continue
    const type = TYPES.find((name) => file.startsWith(name + '-'))
    const id = file.slice(type.length + 1, -'.json'.length)
    found[file] = await state.keys.get(type, [id]).then((got) => text(got[id]), (error) => `fails: ${error.message}`)
  }
  return { creds: JSON.parse(text(state.creds)), keys: found }
}

/** More pre-keys, as before each upload; the counters are saved or, after a kill, not. */
async function grow({ folder, preKeys, saved }) {
  const { state, saveCreds } = await useMultiFileAuthState(folder)
  const { update } = await baileys.getNextPreKeys(state, preKeys)
  Object.assign(state.creds, update)
  if (saved) await saveCreds()
  return {}
}

const commands = { make, read, grow }
require('readline')
  .createInterface({ input: process.stdin })
  .on('line', async (line) => {
    const asked = JSON.parse(line)
    const answer = await commands[asked.do](asked).catch((error) => ({ error: error.stack }))
    process.stdout.write(JSON.stringify(answer) + '\n')
  })
