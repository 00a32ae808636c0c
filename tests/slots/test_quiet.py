from __future__ import annotations

from pathlib import Path

import pytest

from wagit.core.store import create
from wagit.slots import records
from wagit.slots.holding import SlotBusy
from wagit.slots.quiet import refuse_writers


def test_who_has_a_slot_open_on_another_host_is_named_with_the_host(tmp_path: Path) -> None:
    store = create(str(tmp_path / "store"))
    records.create_slot(store, "dev", "wwebjs", 1.0)
    profile = Path(store.data("dev")) / "session"
    (profile / "Default").mkdir(parents=True)
    (profile / "SingletonLock").symlink_to("elsewhere-77")
    with pytest.raises(SlotBusy, match=r"slot dev is open in a program \(pid 77 on elsewhere\)"):
        refuse_writers(store, "dev", str(tmp_path))
