"""What wagit writes into hook files and git's config, and how it takes it out again. Pure: bytes to bytes."""

from __future__ import annotations

import os
import re
import shlex
from typing import NamedTuple

EVENTS = ("post-checkout", "post-merge", "post-rewrite")
SHELLS = frozenset({b"sh", b"bash", b"dash", b"ash"})
SHEBANG = b"#!/bin/sh\n"
BEGIN = b"# >>> wagit >>>"
END = b"# <<< wagit <<<"
ALONE = b"# wagit made this file: uninstalling removes it when nothing was added.\n"

_BLOCK = re.compile(rb"^" + BEGIN + rb".*?^" + END + rb"(?:\n|\Z)", re.MULTILINE | re.DOTALL)
_ORIGINAL = re.compile(rb'^(?:# )?exec "\$\{0%/\*\}/(.+)" "\$@"\n\Z', re.MULTILINE)


class HookFiles(NamedTuple):
    """What an installed hook runs; all paths absolute."""

    python: str
    home: str  # has hook.py
    sh: str  # has the sh hooks


def run_lines(event: str, files: HookFiles) -> bytes:
    """Return the sh that hands over to wagit's hook; nothing happens when wagit has gone from that path."""
    python, home, sh = (shlex.quote(path) for path in files)
    hook = shlex.quote(os.path.join(files.sh, event))
    return os.fsencode(
        f'if [ "${{WAGIT-}}" != 0 ] && [ -r {hook} ]; then\n'
        f"    wagit_python={python} wagit_home={home} wagit_sh={sh}\n"
        f'    . "$wagit_sh/{event}" || :\n'
        "fi\n"
    )


def block(event: str, files: HookFiles, *, alone: bool = False) -> bytes:
    """Return the marked block for a hook file; `alone` when wagit makes the file for it."""
    return (
        BEGIN
        + b"\n# Gives each branch its own WhatsApp session. WAGIT=0 in the environment skips it.\n"
        + b"# To remove it, run `wagit hooks uninstall` or delete these lines.\n"
        + (ALONE if alone else b"")
        + run_lines(event, files)
        + END
        + b"\n"
    )


def config_command(event: str, files: HookFiles) -> str:
    """Return `hook.<name>.command`: git puts `"$@"` behind it and gives it to sh (git-hook(1))."""
    python, home, sh = (shlex.quote(path) for path in files)
    hook = shlex.quote(os.path.join(files.sh, event))
    guard = f'[ "${{WAGIT-}}" = 0 ] || [ ! -r {hook} ]'
    return f"wagit_python={python} wagit_home={home} wagit_sh={sh}; {guard} || . {hook}"


def new_file(event: str, files: HookFiles) -> bytes:
    """Return a hook file that has nothing but the block."""
    return SHEBANG + block(event, files, alone=True)


def shim(event: str, files: HookFiles, original: str, *, runs: bool) -> bytes:
    """Return a hook of wagit's part and then `original`, a file beside it, unless git never ran that."""
    if runs:
        rest = b"# The hook that was here before, unchanged:\n"
    else:
        rest = b"# The hook that was here before is not executable, so git never ran it:\n# "
    return SHEBANG + block(event, files) + rest + b'exec "${0%/*}/' + os.fsencode(original) + b'" "$@"\n'


def has_block(content: bytes) -> bool:
    """Whether wagit's block is in a hook file."""
    return _BLOCK.search(content) is not None


def insert(content: bytes, event: str, files: HookFiles) -> bytes:
    """Put the block right after the shebang, so that it runs even when the rest ends in exec or exit.

    A block that is there is replaced by a current one.
    """
    alone = is_alone(content)
    rest = remove(content)
    text = block(event, files, alone=alone)
    if not rest.startswith(b"#!"):
        return text + rest
    first, newline, others = rest.partition(b"\n")
    return first + b"\n" + (text + others if newline else text.removesuffix(b"\n"))


def remove(content: bytes) -> bytes:
    """Take the block out: what is left is byte for byte what was there before `insert`."""
    found = _BLOCK.search(content)
    if found is None:
        return content
    before, after = content[: found.start()], content[found.end() :]
    if not found.group().endswith(b"\n"):
        before = before.removesuffix(b"\n")  # the shebang was the whole file and had no newline
    return before + after


def is_alone(content: bytes) -> bool:
    """Whether wagit made the file."""
    found = _BLOCK.search(content)
    return found is not None and ALONE in found.group()


def original_of(content: bytes) -> str | None:
    """Return the name of the file that a shim of wagit's stands in for, None when it is no shim."""
    found = _ORIGINAL.search(content) if has_block(content) else None
    return os.fsdecode(found.group(1)) if found else None


def is_shell(content: bytes) -> bool:
    """Whether lines of sh can be added: a script for a POSIX shell, or text that git hands to sh."""
    if not content.startswith(b"#!"):
        return b"\0" not in content
    words = content.partition(b"\n")[0][2:].split(b" ")
    words = [word for word in words if word]
    if words and os.path.basename(words[0]) == b"env":
        words = [word for word in words[1:] if not word.startswith(b"-")]
    return bool(words) and os.path.basename(words[0]) in SHELLS


def portable_line(event: str) -> str:
    """Return a line for a hook file that is committed: it names no path of this machine."""
    piece = f'"${{GIT_DIR:-.git}}/wagit/hooks/{event}"'
    return f"[ ! -r {piece} ] || . {piece}"


def has_portable_line(content: bytes, event: str) -> bool:
    """Whether the line for committed hook files is in this one."""
    return portable_line(event).encode() in content
