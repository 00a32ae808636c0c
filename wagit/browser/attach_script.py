"""What runs in WhatsApp's page to tell its facts to one more client of its browser."""

from __future__ import annotations

from wagit.browser.page_script import ON_WHATSAPP, page_script

BINDING = "__wagit_seen"

# Runs in each document before its own scripts, and once in one that is there already. It only reads, and
# leaves nothing that a bot's own scripts come across: the binding is taken off `window` at once.
SCRIPT = page_script(
    opening=f"""let report = window.{BINDING};
  delete window.{BINDING};
  if (!report || !({ON_WHATSAPP})) return;
  const key = Symbol.for('wagit.seen');
  if (window[key]) return window[key](report);
  const again = (other) => {{ report = other; told = null; look(); }};
  Object.defineProperty(window, key, {{ value: again }});""",
    tell="try { report(text); } catch {}",
)

BORN = "performance.timeOrigin / 1000"  # when the document was begun, in seconds since the epoch
