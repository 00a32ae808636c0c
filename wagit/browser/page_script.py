"""The script that tells what WhatsApp's page shows, whenever it changes: one for all who watch a page."""

from __future__ import annotations

from wagit.browser.states import FACTS

ON_WHATSAPP = "window === window.top && location.origin === 'https://web.whatsapp.com'"

# The page's changes wake it, at most 20 times a second; the timer is for what changes nothing on the page.
_SCRIPT = """(() => {
  OPENING
  let told = null, due = null, looked = 0, listening = false;
  const look = () => {
    clearTimeout(due);
    due = null;
    looked = performance.now();
    const facts = FACTS;
    const text = JSON.stringify(facts);
    if (text === told) return;
    told = text;
    TELL
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
  const changes = { subtree: true, childList: true, attributeFilter: ['data-ref'] };
  new MutationObserver(soon).observe(document, changes);
  setInterval(look, 500);
  look();
})()"""


def page_script(opening: str, tell: str) -> str:
    """A script that runs `opening` first, which may return, and `tell` on each new `facts` and their `text`.

    Once `told` is null again, or not what the page shows, the next `look()` tells.
    """
    return _SCRIPT.replace("OPENING", opening).replace("TELL", tell).replace("FACTS", FACTS)
