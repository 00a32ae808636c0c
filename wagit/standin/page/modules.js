// window.require: the modules of WhatsApp Web that whatsapp-web.js 1.34 reaches, under their real names.

import { decodeB64, encodeB64 } from './login.js';
import { Collection } from './model.js';
import { MsgKey, createWid } from './wid.js';

export const VERSION = '2.3000.1031650425';

const link = /https?:\/\/\S+/g;
const findLinks = (text) => [...`${text ?? ''}`.matchAll(link)].map(([href]) => ({ href }));
const nothing = () => undefined;

function registration(session) {
    const keys = () => session.keys;
    return {
        WAWebCompanionRegClientUtils: { DEVICE_PLATFORM: '1' },
        WAWebAdvSignatureApi: {},
        WAWebUserPrefsInfoStore: { waNoiseInfo: { get: async () => ({ staticKeyPair: keys().noise }) } },
        WAWebSignalStoreApi: {
            waSignalStore: { getRegistrationInfo: async () => ({ identityKeyPair: keys().identity }) },
        },
        WAWebUserPrefsMultiDevice: { getADVSecretKey: () => keys().advSecret },
        WAWebAltDeviceLinkingApi: {
            setPairingType: nothing,
            initializeAltDeviceLinking: async () => {},
            initializeQRLinking: async () => {},
            startAltLinkingFlow: (number) => session.pairingCode(number),
        },
        WABase64: { encodeB64, decodeB64 },
        WAWebMiscBrowserUtils: { info: () => ({ os: 'Linux', name: 'Chrome', version: '120' }) },
    };
}

function connection(session, messages) {
    return {
        WAWebSocketModel: { Socket: session.socket },
        WAWebCmd: { Cmd: session.cmd },
        WAWebConnModel: { Conn: session.conn },
        WAWebStreamModel: {
            Stream: Object.assign(session.stream, { markAvailable: nothing, markUnavailable: nothing }),
        },
        WAWebOfflineHandler: { OfflineMessageHandler: { getOfflineDeliveryProgress: () => session.progress } },
        WAWebLaunchSocketUtils: { refreshQR: () => session.socket.refreshQR() },
        WAWebPresenceChatAction: { sendPresenceAvailable: nothing, sendPresenceUnavailable: nothing },
        WAWebUserPrefsMeUser: {
            getMaybeMePnUser: () => messages.meUser(),
            getMaybeMeLidUser: nothing,
            getMeUser: () => messages.meUser(),
        },
        WAWebSyncGatingUtils: { isPlaceholderMessageResendEnabled: () => false },
        WAWebCallCollection: Object.assign(new Collection(), { calls: new Map() }),
    };
}

function chats(messages) {
    const { Msg, Chat, Contact } = messages;
    Contact.find = async (id) => messages.contact(createWid(id));
    Chat.find = async (id) => messages.chat(createWid(id));
    return {
        WAWebCollections: { Msg, Chat, Contact, Blocklist: new Collection(), GroupMetadata: new Collection() },
        WAWebWidFactory: { createWid, createWidFromWidLike: createWid, asUserWidOrThrow: createWid },
        WAWebMsgKey: MsgKey,
        WAWebFindChatAction: { findOrCreateLatestChat: async (wid) => ({ chat: messages.chat(createWid(wid)) }) },
        WAWebSendMsgChatAction: { addAndSendMsgToChat: (chat, values) => messages.send(chat, values) },
        WAWebUpdateUnreadChatAction: { sendSeen: async ({ chat }) => chat.set({ unreadCount: 0 }) },
        WAWebGetEphemeralFieldsMsgActionsUtils: { getEphemeralFields: () => ({}) },
        WAWebMsgReply: { canReplyMsg: () => true },
        WAWebLinkPreviewChatAction: { getLinkPreview: async () => null },
        WALinkify: { findLinks, findLink: (text) => findLinks(text)[0] },
        WAWebChatGetters: {
            getIsNewsletter: ({ id }) => id.isNewsletter(),
            getIsBroadcast: ({ id }) => id.isBroadcast(),
        },
    };
}

function contacts(messages) {
    const isMe = ({ id }) => id.equals(messages.meUser());
    return {
        WAWebApiContact: { getAlternateUserWid: nothing },
        WAWebFrontendContactGetters: { getIsMyContact: () => true },
        WAWebContactGetters: {
            getIsMe: isMe, getIsUser: ({ id }) => id.isUser(), getIsGroup: ({ id }) => id.isGroup(),
            getIsWAContact: () => true, getUserid: ({ id }) => id.user, getVerifiedName: nothing,
            getVerifiedLevel: nothing, getStatusMute: () => false, getName: ({ name }) => name,
            getShortName: ({ name }) => name, getPushname: ({ pushname }) => pushname, getIsEnterprise: () => false,
        },
    };
}

export function install(session, messages) {
    const modules = {
        ...registration(session), ...connection(session, messages), ...chats(messages), ...contacts(messages),
    };
    window.require = (name) => {
        if (!(name in modules)) throw new Error(`Requiring unknown module "${name}"`);
        return modules[name];
    };
    window.Debug = { VERSION };
}
