// What a person, or automation that reads the DOM, sees.

const app = () => document.getElementById('app');

function element(name, attributes = {}, ...children) {
    const made = Object.assign(document.createElement(name), attributes);
    made.append(...children);
    return made;
}

export function showQr(qr) {
    const box = element('div', {}, element('canvas', { ariaLabel: 'Scan this QR code to link a device!', role: 'img' }));
    box.setAttribute('data-ref', qr);
    app().replaceChildren(element('h1', { textContent: 'Steps to log in' }), box);
}

export function showCode(code) {
    const box = element('div', { textContent: `${code.slice(0, 4)}-${code.slice(4)}` });
    box.setAttribute('data-link-code', [...code].join());
    app().replaceChildren(element('h1', { textContent: 'Enter code on phone' }), box);
}

export function showChats(name) {
    app().replaceChildren(element('header', { textContent: name }), element('div', { id: 'pane-side' }, element('h2', { textContent: 'Chats' })));
}

export function showMessage(from, body) {
    document.getElementById('pane-side')?.append(element('p', { textContent: `${from}: ${body}` }));
}

export function showConflict(useHere) {
    const button = element('button', { textContent: 'Use here', onclick: useHere });
    app().replaceChildren(element('div', { role: 'dialog' }, 'WhatsApp is open in another window.', button));
}
