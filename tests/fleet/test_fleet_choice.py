"""Which slots `run --all` takes, in which order, and what it says of those that it leaves out."""

from __future__ import annotations

from wagit.integrity.identity import Identity
from wagit.operations.fleet_choice import Linked, choose

ME, YOU, HER = (Identity(f"49151000000{n}", "1") for n in range(3))


def test_the_one_that_was_ready_last_is_first() -> None:
    found = [Linked("old", ME, 10.0), Linked("never", HER), Linked("new", YOU, 20.0)]
    assert choose(found, allow_protected=False) == (("new", "old", "never"), ())


def test_of_those_with_one_login_only_the_one_with_the_newest_keys_runs() -> None:
    found = [Linked("dev", ME, 20.0, generation=3), Linked("copy", ME, 10.0, generation=4), Linked("b", YOU)]
    choice = choose(found, allow_protected=False)
    assert choice.slots == ("copy", "b")
    [said] = choice.left_out
    assert "slot dev is left out: it has the same login as slot copy" in said
    assert ME.account not in said


def test_a_protected_slot_needs_a_word() -> None:
    found = [Linked("production", ME, protected=True), Linked("copy", ME)]
    choice = choose(found, allow_protected=False)
    assert choice.slots == ("copy",)
    assert "wagit run --all --yes" in choice.left_out[0]
    assert choose(found, allow_protected=True).slots == ("production",)


def test_a_login_that_whatsapp_removed_is_not_tried_again() -> None:
    choice = choose([Linked("dev", ME, removed=True), Linked("copy", YOU)], allow_protected=True)
    assert choice.slots == ("copy",)
    assert "link it again: wagit login dev" in choice.left_out[0]
