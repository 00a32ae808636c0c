"""What runs in WhatsApp's page to tell its facts to one more client of its browser."""

from __future__ import annotations

from wagit.browser.states import FACTS

BINDING = "__wagit_seen"

# Runs in each document before its own scripts, and once in one that is there already. It only reads, and
# leaves nothing that a bot's own scripts come across: the binding is taken off `window` at once. The page's
# changes wake it, at most 20 times a second; the timer is for what changes nothing on the page.
SCRIPT = """(() => {
  let report = window.BINDING;
  delete window.BINDING;
  if (!report || window !== window.top || location.origin !== 'https://web.whatsapp.com') return;
  const key = Symbol.for('wagit.seen');
  if (window[key]) return window[key](report);
  let told = null, due = null, looked = 0, listening = false;
  const look = () => {
    clearTimeout(due);
    due = null;
    looked = performance.now();
    const facts = FACTS;
    const text = JSON.stringify(facts);
    if (text === told) return;
    told = text;
    try { report(text); } catch {}
    if (facts.version) listen();
  };
  const soon = () => { performance.now() - looked > 50 ? look() : due ??= setTimeout(look, 50); };
  const listen = () => {
    if (listening) return;
    try {
      window.require('WAWebSocketModel').Socket.on('change:state change:hasSynced', look);
      listening = true;
    } catch {}
  };
  const again = (other) => { report = other; told = null; look(); };
  Object.defineProperty(window, key, { value: again });
  const changes = { subtree: true, childList: true, attributeFilter: ['data-ref'] };
  new MutationObserver(soon).observe(document, changes);
  setInterval(look, 500);
  look();
})()""".replace("BINDING", BINDING).replace("FACTS", FACTS)

BORN = "performance.timeOrigin / 1000"  # when the document was begun, in seconds since the epoch
