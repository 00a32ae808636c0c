"""A slot's data is the old or the new after a kill at any step, and the old is never lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.killing import killed_in_a_fork
from wagit.core.store import Store, create
from wagit.slots import holding, records, swap

OLD = {"session/a": "old a", "session/b/c": "old c"}
NEW = {"session/a": "new a", "session/d": "new d"}


def write(directory: str, files: dict[str, str]) -> None:
    for name, content in files.items():
        path = Path(directory, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def read(directory: str) -> dict[str, str]:
    root = Path(directory)
    return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*") if path.is_file()}


def places(store: Store, files: dict[str, str]) -> list[str]:
    """Every directory of the store that holds exactly these files."""
    below = [path for path in Path(store.root).rglob("*") if path.is_dir() and not path.is_symlink()]
    return [str(path.relative_to(store.root)) for path in below if read(str(path)) == files]


def make(root: Path) -> tuple[Store, str]:
    """A slot with data, and what is to replace it."""
    store = create(str(root))
    records.create_slot(store, "dev", "generic", 1.0)
    write(store.data("dev"), OLD)
    prepared = os.path.join(store.staging(), "ready")
    write(prepared, NEW)
    return store, prepared


@pytest.mark.usefixtures("way_to_swap")
def test_the_two_change_places(tmp_path: Path) -> None:
    store, prepared = make(tmp_path / "wagit")
    swap.swap(store, "dev", prepared)
    assert read(store.data("dev")) == NEW
    assert read(prepared) == OLD
    assert sorted(os.listdir(store.slot("dev"))) == ["data", "slot.json"]


def test_killed_at_each_step(quick_path: Path, way_to_swap: str) -> None:
    root = quick_path / "wagit"
    store, prepared = make(root)

    def reset() -> None:
        import shutil

        shutil.rmtree(root)
        make(root)

    seen, steps = set(), 0
    for ended in killed_in_a_fork(lambda: swap.swap(store, "dev", prepared), root, reset):
        assert ended.killed or ended.output == "None", ended
        holding.hold(store, "dev", "/", 2.0).release()  # the next command
        live = read(store.data("dev"))
        assert live in (OLD, NEW)
        assert places(store, OLD), "the old data is lost"
        assert not {"data.new", "data.old"} & set(os.listdir(store.slot("dev")))
        seen.add("old" if live == OLD else "new")
        steps = ended.step
    assert seen == {"old", "new"}
    assert steps >= (2 if way_to_swap == "exchange" else 5)


def test_completing_is_itself_killed_at_each_step(quick_path: Path) -> None:
    """Both names are there: the old data had been put aside, and a hook made an empty directory meanwhile."""
    root = quick_path / "wagit"

    def reset() -> None:
        import shutil

        shutil.rmtree(root, ignore_errors=True)
        store, prepared = make(root)
        os.rename(prepared, store.data("dev") + ".new")
        os.rename(store.data("dev"), store.data("dev") + ".old")
        os.mkdir(store.data("dev"))

    store = Store(str(root))
    steps = 0
    for ended in killed_in_a_fork(lambda: swap.complete(store, "dev"), root, reset):
        assert ended.killed or ended.output == "None", ended
        swap.complete(store, "dev")
        assert read(store.data("dev")) == NEW
        assert [place.partition("/")[0] for place in places(store, OLD)] == ["quarantine"]
        steps = ended.step
    assert steps >= 4


def test_what_a_bot_wrote_in_between_is_set_aside(tmp_path: Path) -> None:
    store, prepared = make(tmp_path / "wagit")
    os.rename(prepared, store.data("dev") + ".new")
    os.rename(store.data("dev"), store.data("dev") + ".old")
    write(store.data("dev"), {"session/x": "a bot's"})
    swap.complete(store, "dev")
    assert read(store.data("dev")) == NEW
    assert places(store, OLD)
    assert places(store, {"session/x": "a bot's"})[0].startswith("quarantine/dev/")


def test_a_preparation_that_came_no_further_is_dropped(tmp_path: Path) -> None:
    store, prepared = make(tmp_path / "wagit")
    os.rename(prepared, store.data("dev") + ".new")
    swap.complete(store, "dev")
    assert read(store.data("dev")) == OLD
    assert [place.partition("/")[0] for place in places(store, NEW)] == ["tmp"]
