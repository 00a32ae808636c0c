from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from wagit.bots.observe_file import FileObserver

PATIENCE = 20


class Heard:
    def __init__(self, path: Path) -> None:
        self.lines: list[str] = []
        self._news = threading.Condition()
        self.observer = FileObserver(str(path), self._hear, every=0.01)

    def _hear(self, line: str) -> None:
        with self._news:
            self.lines.append(line)
            self._news.notify_all()

    def wait(self, *lines: str) -> None:
        with self._news:
            assert self._news.wait_for(lambda: self.lines == list(lines), PATIENCE), self.lines


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


@pytest.fixture
def heard(path: Path) -> Iterator[Heard]:
    heard = Heard(path)
    heard.observer.start()
    yield heard
    heard.observer.stop()


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def test_lines_are_handed_on_as_they_come_and_a_torn_one_is_awaited(path: Path, heard: Heard) -> None:
    append(path, "one\ntw")
    heard.wait("one")
    append(path, "o\nthree\n")
    heard.wait("one", "two", "three")


def test_a_file_in_its_place_is_read_from_its_beginning(path: Path, heard: Heard) -> None:
    append(path, "one\ntorn")
    heard.wait("one")
    other = path.with_suffix(".new")
    append(other, "two\n")
    os.replace(other, path)
    heard.wait("one", "torn", "two")
    path.write_text("")
    heard.wait("one", "torn", "two", "")
    append(path, "three\n")
    heard.wait("one", "torn", "two", "", "three")


def test_last_words_are_heard(path: Path) -> None:
    heard = Heard(path)
    heard.observer = FileObserver(str(path), heard.lines.append, every=1000)
    heard.observer.start()
    append(path, "last\n")
    heard.observer.stop()
    assert heard.lines == ["last"]


def test_a_pipe_in_its_place_stops_nothing(path: Path) -> None:
    os.mkfifo(path)
    heard = Heard(path)
    heard.observer.start()
    heard.observer.stop()
    assert heard.lines == []
