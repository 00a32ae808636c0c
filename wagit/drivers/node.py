"""How node programs are given a preload."""

from __future__ import annotations


def node_options(existing: str, preload: str) -> str:
    """Add `--require <preload>` to a value of NODE_OPTIONS, once, before what is there.

    node splits the value at spaces; double quotes keep them, and within quotes a backslash escapes
    (node's src/node.cc, ParseNodeOptionsEnvVar).
    """
    escaped = preload.replace("\\", "\\\\").replace('"', '\\"')
    option = f'--require "{escaped}"'
    if option in existing:
        return existing
    return f"{option} {existing}".rstrip()
