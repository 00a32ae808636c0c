"""What the sh hooks call when they cannot decide with builtins: `hook.py EVENT WORKTREE GIT_DIR`.

Run as `python -I -S`, so that a branch seen before is switched with the standard library alone; a
branch that needs its rules resolved pays for site-packages. A hook never fails a git command: any
error becomes one line on stderr, and the exit status is always 0.
"""

from __future__ import annotations

import gc
import os
import sys
import time

if __name__ == "__main__":  # -I and -S leave only the standard library on the path
    gc.disable()  # what loading modules makes stays, and the process ends soon: 5 % of its time
    # last, so that no package installed beside wagit stands in for a module of the standard library
    sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from wagit.core.errors import WagitError
from wagit.core.repository import Repository, from_hook
from wagit.core.store import Store, check_format
from wagit.routing.binding import Binding, read_binding
from wagit.routing.head import Head, read_head

NO_STORE = "the store is gone, or `store:` names another place; see: wagit status"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wagit.operations.switch import Switch


def main(arguments: list[str]) -> int:
    """Follow the branch that is now checked out; say what matters on stderr; return 0."""
    event, worktree, git_dir = arguments
    try:
        repo = from_hook(worktree, git_dir)
        for line in (*follow(repo, f"hook {event}"), *_given_back(repo, event)):
            _say(line)
    except WagitError as error:
        first, *more = error.message.splitlines()
        rest = f"; {len(more)} more" if more else ""
        _say(f"{first}{rest} ({error.hint})" if error.hint else first + rest)
    except KeyboardInterrupt:
        pass  # the next hook or command does the whole again
    except Exception as error:
        _say(f"the session was not switched: {error!r}; run: wagit use --auto")
    return 0


def follow(repo: Repository, cause: str) -> tuple[str, ...]:
    """Switch the worktree to its branch's slot where that changed; return lines for people."""
    started = time.time()
    store, binding = _store_of(repo), read_binding(repo)
    if store is None:
        return () if binding is None else (f"session {binding.slot} stays: {NO_STORE}",)
    head = read_head(repo)
    if binding is not None and (binding.pinned or head.branch is None):
        return () if _stands(repo, store, binding) else _resolved(repo, cause).notices
    done = _seen_before(repo, store, head, cause, started) or _resolved(repo, cause)
    return _report(done, binding)


def _stands(repo: Repository, store: Store, binding: Binding) -> bool:
    """Whether the slot is still there, and the link: `git clean -x` takes that, too."""
    linked = binding.link is None or os.path.islink(os.path.join(repo.worktree, binding.link))
    return linked and os.path.isdir(store.slot(binding.slot))


def _store_of(repo: Repository) -> Store | None:
    """The store, where `wagit init` made one; hooks elsewhere stay silent."""
    from wagit.config.digest import store_root

    store = Store(store_root(repo.common_dir, os.environ))
    if not os.path.isdir(store.slots()):
        return None
    check_format(store)
    return store


def _seen_before(repo: Repository, store: Store, head: Head, cause: str, started: float) -> Switch | None:
    """Switch by the route kept for this branch; None when there is none for this very config."""
    from wagit.operations import seen
    from wagit.operations.switch import Cause

    known = seen.recall(repo, store, head, os.environ)
    if known is None:
        return None
    return seen.follow(repo, store, known, Cause(cause, head.branch, started), os.environ)


def _resolved(repo: Repository, cause: str) -> Switch:
    import site

    site.main()  # what -S left out
    from wagit.operations import context, use

    return use.follow(context.open_here(repo, os.environ), cause)


def _given_back(repo: Repository, event: str) -> tuple[str, ...]:
    """After a merge: a session that came from this worktree's slot may go back there. Mostly none did."""
    if event != "post-merge" or not os.path.exists(os.path.join(repo.common_dir, "wagit", "origins")):
        return ()
    from wagit.slots import records

    store, binding = _store_of(repo), read_binding(repo)
    if store is None or binding is None or not records.has_guest(store, binding.slot):
        return ()
    import site

    site.main()  # what -S left out
    from wagit.operations import context, origins

    return origins.after_merge(context.open_here(repo, os.environ))


def _report(done: Switch, before: Binding | None) -> tuple[str, ...]:
    if not done.changed or before is None:
        return done.notices
    return (f"session {done.slot} (was {done.previous})", *done.notices)


def _say(line: str) -> None:
    print("wagit:", line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
