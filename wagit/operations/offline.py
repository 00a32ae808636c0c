"""Test mode: WhatsApp is played offline, by wagit's own stand-in."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping

from wagit.operations.context import Context


@contextlib.contextmanager
def test_mode(context: Context, notice: Callable[[str], None]) -> Iterator[Mapping[str, str]]:
    """In test mode a stand-in plays WhatsApp, unless one runs already: what a browser's environment needs."""
    if not context.config.settings.test_mode or "WAGIT_STANDIN" in context.environ:
        yield {}
        return
    from wagit.standin.server import Standin, StandinRuns, environ_of_running

    state_dir = os.path.join(context.store.root, "standin")
    with contextlib.ExitStack() as stack:
        try:
            environ = stack.enter_context(Standin.start(state_dir)).environ(context.environ)
        except StandinRuns:  # another bot of this repository started it
            environ = environ_of_running(state_dir, context.environ)
        notice(f"test mode: WhatsApp is played offline; its phone is {environ['WAGIT_STANDIN']}")
        yield environ
