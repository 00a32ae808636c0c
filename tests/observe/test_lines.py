from __future__ import annotations

import itertools
import threading

from hypothesis import given
from hypothesis import strategies as st

from wagit.bots.lines import LONGEST, Lines


def heard(*chunks: bytes) -> list[str]:
    lines, told = Lines(), list[str]()
    lines.listen(told.append)
    for chunk in chunks:
        lines.feed(chunk)
    return told


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=5))
def test_lines_are_the_same_however_the_output_is_cut(output: bytes, cuts: list[int]) -> None:
    places = sorted({0, *cuts, len(output)})
    chunks = [output[start:end] for start, end in itertools.pairwise(places)]
    expected = [line.rstrip(b"\r").decode(errors="replace") for line in output.split(b"\n")[:-1]]
    assert heard(*chunks) == expected


def test_a_long_line_is_cut_and_the_next_one_is_whole() -> None:
    assert heard(b"x" * 3000, b"y" * 3000, b"z\nshort\n") == ["x" * 3000 + "y" * (LONGEST - 3000), "short"]


def test_who_listens_later_gets_no_end_of_an_earlier_line() -> None:
    lines, told = Lines(), list[str]()
    end = lines.listen(lambda _: None)
    lines.feed(b"half")
    end()
    lines.feed(b" unheard")
    lines.listen(told.append)
    lines.feed(b"whole\n")
    assert told == ["whole"]


def test_lines_of_several_threads_are_all_handed_on() -> None:
    lines, told = Lines(), list[str]()
    lines.listen(told.append)
    threads = [threading.Thread(target=lines.feed, args=(b"line\n" * 200,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == ["line"] * 800
