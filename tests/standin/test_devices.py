from __future__ import annotations

from pathlib import Path

import pytest

from wagit.standin.devices import Device, Devices, Proof, StandinRefused

NUMBER = "4915100000001"


def link(devices: Devices, number: str = NUMBER) -> Device:
    return devices.link(number, "Ada", "noise", "identity")


def proof(device: Device, generation: int = 0, **other: str) -> Proof:
    keys = {"token": device.token, "noise": device.noise, "identity": device.identity}
    return Proof(wid=device.wid, generation=generation, **{**keys, **other})


def test_a_device_has_a_number_that_is_never_used_again() -> None:
    devices = Devices()
    assert link(devices).wid == f"{NUMBER}:1@c.us"
    devices.unlink(f"{NUMBER}:1@c.us")
    assert link(devices).wid == f"{NUMBER}:2@c.us"


def test_each_number_has_a_limit_of_its_own() -> None:
    devices = Devices(limit=1)
    link(devices)
    link(devices, "4915100000002")
    with pytest.raises(StandinRefused, match="allows no more"):
        link(devices)


def test_who_shows_all_keys_is_admitted() -> None:
    devices = Devices()
    device = link(devices)
    assert devices.admit(proof(device)) is device
    assert device.last_seen > 0


@pytest.mark.parametrize("differs", ["token", "noise", "identity", "wid"])
def test_who_shows_another_key_is_refused(differs: str) -> None:
    devices = Devices()
    shown = proof(link(devices)).model_copy(update={differs: f"{NUMBER}:9@c.us"})
    assert devices.admit(shown) is None


def test_an_older_generation_is_admitted_and_counted() -> None:
    devices = Devices()
    device = link(devices)
    device.generation = 3
    for generation in (3, 4, 2):
        devices.admit(proof(device, generation))
    assert device.rollbacks == 1


def test_who_is_not_linked_cannot_be_unlinked() -> None:
    with pytest.raises(StandinRefused, match=NUMBER):
        Devices().unlink(f"{NUMBER}:1@c.us")


def test_devices_survive_a_restart(tmp_path: Path) -> None:
    path = str(tmp_path / "devices.json")
    before = link(Devices(path))
    restarted = Devices(path)
    assert restarted.of() == [before]
    assert link(restarted).wid == f"{NUMBER}:2@c.us"
