"""Let the n-th call that reaches the operating system fail, as a full disk or a bad sector does.

for n in count(1):
    with failing_call(n, errno.EIO) as failed:
        ...
    if not failed: break      # there is no n-th call
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

READING = ("open", "scandir", "fstat", "read", "readv", "pread", "lseek")
WRITING = ("mkdir", "rename", "replace", "fsync", "write", "pwrite", "ftruncate", "copy_file_range", "chmod")


@contextmanager
def failing_call(number: int, error: int, names: tuple[str, ...]) -> Iterator[list[str]]:
    """Raise OSError `error` in the `number`-th call of the functions `names` of `os`; yields which that was.

    Calls below Python, as those of `open()`, are not counted.
    """
    failed: list[str] = []
    calls = 0

    def wrapped(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == number:
                path = next((arg for arg in args if isinstance(arg, str | bytes)), None)
                failed.append(f"{name} {os.fsdecode(path or '')}")
                raise OSError(error, os.strerror(error), *([path] if path else []))
            return real(*args, **named)

        return call

    with pytest.MonkeyPatch.context() as patched:
        for name in names:
            patched.setattr(os, name, wrapped(name, getattr(os, name)))
        yield failed
