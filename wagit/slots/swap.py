"""Put a prepared directory in the place of a slot's data: in one step, or in several that can be completed.

Where directories can be exchanged, a crash leaves the old data or the new in place. Elsewhere the
prepared directory becomes `data.new`, the data `data.old`, and then the former `data`: which of the names
are there tells the next command how far it came.
"""

from __future__ import annotations

import contextlib
import os

from wagit.core.atomic import fsync_directory, make_directory, rename_durably
from wagit.core.exchange import exchange
from wagit.core.store import Store


def swap(store: Store, slot: str, prepared: str) -> None:
    """Exchange a slot's data with the directory `prepared`, on the same file system, durable already.

    The old data is at `prepared` then. The slot must be held. Raises OSError.
    """
    complete(store, slot)
    data = store.data(slot)
    if exchange(prepared, data):
        for directory in (os.path.dirname(data), os.path.dirname(prepared)):
            fsync_directory(directory)
        return
    rename_durably(prepared, _new(store, slot))
    rename_durably(data, _old(store, slot))
    rename_durably(_new(store, slot), data)
    rename_durably(_old(store, slot), prepared)


def complete(store: Store, slot: str) -> None:
    """Complete what a killed process had begun; does nothing where there is nothing to complete.

    Once the old data had been put aside the new one takes its place, before that it is dropped: it is a
    copy. Old data that nobody took is set aside in quarantine. May itself be killed anywhere. Raises OSError.
    """
    new, old, data = _new(store, slot), _old(store, slot), store.data(slot)
    has_old = os.path.lexists(old)
    if os.path.lexists(new):
        if has_old:
            _clear(store, slot)
            rename_durably(new, data)
        else:
            rename_durably(new, _fresh_name(store.staging()))
    if has_old:
        make_directory(store.quarantine(slot))
        rename_durably(old, _fresh_name(store.quarantine(slot)))


def _clear(store: Store, slot: str) -> None:
    """Free the place of the data: a hook may have made it anew in between, and a bot have written there."""
    data = store.data(slot)
    with contextlib.suppress(OSError):
        os.rmdir(data)
    if os.path.lexists(data):
        make_directory(store.quarantine(slot))
        rename_durably(data, _fresh_name(store.quarantine(slot)))


def _fresh_name(directory: str) -> str:
    return os.path.join(directory, f"replaced-{os.urandom(6).hex()}")


def _new(store: Store, slot: str) -> str:
    return store.data(slot) + ".new"


def _old(store: Store, slot: str) -> str:
    return store.data(slot) + ".old"
