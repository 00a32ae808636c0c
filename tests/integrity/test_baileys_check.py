"""What the check of a Baileys folder says of each damage, and that no bytes harm it. No node is needed."""

from __future__ import annotations

import json
import os
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.baileys_login import Signer, base64_of, buffer, creds_json, login
from tests.support.long import long, longer
from wagit.drivers import registry
from wagit.integrity import baileys_check_json
from wagit.integrity.baileys_check import LARGEST, check_baileys
from wagit.integrity.baileys_check_json import DEEPEST, parse
from wagit.integrity.baileys_codes import CODES
from wagit.integrity.baileys_rebuild import Source, rebuild
from wagit.integrity.findings import NO_HISTORY, broken

Edit = Callable[[dict[str, Any]], object]


def codes(folder: Path) -> list[str]:
    return sorted(found.code for found in check_baileys(str(folder), NO_HISTORY))


def write(folder: Path, **files: object) -> Path:
    """Write JSON files by name, and a healthy login unless another is given."""
    contents = {"creds": login(7), **files}
    for name, content in contents.items():
        if content is not None:
            (folder / f"{name.replace('_', '-')}.json").write_text(json.dumps(content))
    return folder


def edited(edit: Edit) -> dict[str, Any]:
    creds = login(7)
    edit(creds)
    return creds


def pair(name: str) -> dict[str, Any]:
    return Signer(name).pair


class TestHealthy:
    def test_a_login_an_empty_folder_and_none_at_all(self, tmp_path: Path) -> None:
        assert codes(tmp_path) == []
        assert codes(tmp_path / "none") == []
        assert codes(write(tmp_path)) == []

    def test_a_folder_that_waits_for_a_pairing_code(self, tmp_path: Path) -> None:
        waiting = login(7)
        del waiting["account"], waiting["signalIdentities"]
        waiting["me"] = {"id": "4915112345678@s.whatsapp.net", "name": "~"}
        assert codes(write(tmp_path, creds=waiting)) == []

    def test_gaps_among_uploaded_pre_keys(self, tmp_path: Path) -> None:
        creds = edited(lambda creds: creds.update(nextPreKeyId=31, firstUnuploadedPreKeyId=31))
        assert codes(write(tmp_path, creds=creds, pre_key_4=pair("4"), pre_key_30=pair("30"))) == []

    def test_files_of_baileys_7_and_of_others(self, tmp_path: Path) -> None:
        state = {
            "senderKeyId": 3,
            "senderChainKey": {"iteration": 0, "seed": buffer(bytes(32))},
            "senderSigningKey": {"public": buffer(b"\x05" + Signer("group").public)},
            "senderMessageKeys": [],
        }
        chain = {"iteration": 1, "seed": {str(place): place for place in range(32)}}  # a Uint8Array
        files = {
            "lid_mapping_4915100000002": "100000000000002",
            "device_list_4915100000002": ["0", "3"],
            "tctoken_1@lid": {"token": buffer(b"x"), "timestamp": "1"},
            "sender_key_1@g.us__2__0": buffer(json.dumps([state]).encode()),
            "sender_key_2@g.us__2__0": [],
            "sender_key_3@g.us__2__0": buffer(json.dumps([state | {"senderChainKey": chain}]).encode()),
            "store": {"chats": []},
            "session_info": {"started": 1},
        }
        (write(tmp_path, **files) / "notes.txt").write_text("{")
        assert codes(tmp_path) == []


class TestCreds:
    @pytest.mark.parametrize(
        "content", [b"", b"{", b"null", b"[]", b'"x"', b"\x00" * 900, b"\xff\xfe{}", b'{"a": NaN}', b"{}{}"]
    )
    def test_a_file_that_is_no_login_is_fatal(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "creds.json").write_bytes(content)
        found = check_baileys(str(tmp_path), NO_HISTORY)
        assert {(one.severity, one.mend) for one in found} == {("fatal", "rebuild")}

    @pytest.mark.parametrize(
        ("data", "trouble", "offset"),
        [
            (b"", "empty", 0),
            (b'{"a": "b', "cut", 8),
            (b'{"a": "b\\u00', "cut", 12),
            (b'{"a": tr', "cut", 8),
            (b'{"a": -', "cut", 7),
            (b"[1, 2", "cut", 5),
            (b'{"a": x', "damaged", 5),
            (b'{"a" 1}', "damaged", 5),
            (b"[1}", "damaged", 2),
            (b"[1,]", "damaged", 3),
            (b"[01]", "damaged", 2),
            (b'["\xff"]', "damaged", 2),
            (b"{} {}", "trailing", 2),
            (b"{}\x00", "trailing", 2),
            (b'"\x80"\x00', "damaged", 1),
            (b"[" * 500, "deep", DEEPEST),
            (b' {"a": [1.5e3, null, "\\ud800"]}\n', "", 0),
        ],
    )
    def test_cut_is_told_from_damaged(self, data: bytes, trouble: str, offset: int) -> None:
        found = parse(data)
        assert (found.trouble, found.offset) == (trouble, offset)

    @pytest.mark.parametrize("name", [*login(7)])
    def test_what_a_login_needs_is_missed(self, tmp_path: Path, name: str) -> None:
        optional = {
            "processedHistoryMessages", "accountSyncCounter", "accountSettings", "registered", "platform",
            "signalIdentities",
        }  # fmt: skip
        write(tmp_path, creds=edited(lambda creds: creds.pop(name)))
        found = check_baileys(str(tmp_path), NO_HISTORY)
        if name in {"pairingEphemeralKeyPair", "advSecretKey"}:
            assert [one.code for one in found] == ["creds-pairing"]
        else:
            assert broken(found) is (name not in optional)

    @pytest.mark.parametrize(
        "edit",
        [
            lambda creds: creds["noiseKey"].update(public=buffer(bytes(32))),
            lambda creds: creds["signedIdentityKey"].update(Signer("another").pair),
            lambda creds: creds["signedPreKey"].update(keyPair=Signer("another").pair),
            lambda creds: creds["signedPreKey"].update(signature=buffer(bytes(64))),
            lambda creds: creds["me"].update(id="4915112345679:7@s.whatsapp.net"),
            lambda creds: creds.update(nextPreKeyId=0),
        ],
    )
    def test_parts_that_contradict_each_other_are_found(self, tmp_path: Path, edit: Edit) -> None:
        found = check_baileys(str(write(tmp_path, creds=edited(edit))), NO_HISTORY)
        fatal = [one for one in found if one.code == "creds-mismatch"]
        assert {one.severity for one in fatal} == {"fatal"}
        assert {one.code for one in found} <= {"creds-mismatch", "creds-doubtful"}

    @pytest.mark.parametrize("name", ["details", "accountSignature", "deviceSignature"])
    def test_what_the_phone_signed_is_doubted_at_most(self, tmp_path: Path, name: str) -> None:
        wrong = base64_of(bytes(64) if "Signature" in name else b"\x08\x02")
        found = check_baileys(
            str(write(tmp_path, creds=edited(lambda creds: creds["account"].update({name: wrong})))),
            NO_HISTORY,
        )
        assert {one.code for one in found} == {"creds-doubtful"}
        assert not broken(found)

    def test_another_account_s_key_contradicts_the_login(self, tmp_path: Path) -> None:
        key = base64_of(bytes(32))
        found = check_baileys(
            str(
                write(tmp_path, creds=edited(lambda creds: creds["account"].update(accountSignatureKey=key)))
            ),
            NO_HISTORY,
        )
        assert "creds-mismatch" in {one.code for one in found}

    @pytest.mark.parametrize(
        "edit",
        [
            lambda creds: creds.update(noiseKey={"private": buffer(bytes(31)), "public": buffer(bytes(32))}),
            lambda creds: creds.update(signedIdentityKey={"private": "%%%", "public": 3}),
            lambda creds: creds.update(registrationId=1 << 14),
            lambda creds: creds.update(registrationId=-1),
            lambda creds: creds.update(nextPreKeyId="3"),
            lambda creds: creds["signedPreKey"].update(signature=buffer(bytes(63))),
            lambda creds: creds["me"].update(id="nobody"),
            lambda creds: creds["me"].pop("id"),
            lambda creds: creds["account"].pop("details"),
        ],
    )
    def test_wrong_lengths_and_types_are_found(self, tmp_path: Path, edit: Edit) -> None:
        assert "creds-incomplete" in codes(write(tmp_path, creds=edited(edit)))

    def test_a_missing_login_and_a_new_identity_over_an_old_one(self, tmp_path: Path) -> None:
        unlinked = {key: value for key, value in login(7).items() if key not in {"me", "account"}}
        write(tmp_path, creds=unlinked, session_1={"_sessions": {}, "version": "v1"})
        assert codes(tmp_path) == ["creds-new-identity"]
        (tmp_path / "creds.json").unlink()
        assert codes(tmp_path) == ["creds-missing"]
        (tmp_path / "session-1.json").unlink()
        assert codes(tmp_path) == []


class TestKeys:
    def test_a_pre_key_that_is_to_be_uploaded_must_be_there(self, tmp_path: Path) -> None:
        creds = edited(lambda creds: creds.update(nextPreKeyId=4, firstUnuploadedPreKeyId=2))
        write(tmp_path, creds=creds, pre_key_2=pair("2"))
        found = check_baileys(str(tmp_path), NO_HISTORY)
        assert [(one.code, one.file) for one in found] == [("pre-key-missing", "pre-key-3.json")]

    def test_a_damaged_counter_costs_no_time(self, tmp_path: Path) -> None:
        write(tmp_path, creds=edited(lambda creds: creds.update(nextPreKeyId=10**18)))
        assert len(codes(tmp_path)) == 100

    @pytest.mark.parametrize(
        ("name", "content", "code"),
        [
            ("pre_key_1", {"private": buffer(bytes(32)), "public": buffer(bytes(32))}, "pre-key-damaged"),
            ("app_state_sync_key_A", {"keyData": base64_of(bytes(31))}, "app-state-key-damaged"),
            ("app_state_sync_version_x", {"version": 1, "hash": buffer(bytes(128))}, "app-state-damaged"),
            ("session_1", {"version": "v1"}, "signal-session-damaged"),
            ("session_1", {"_sessions": {"a": {}}}, "signal-session-damaged"),
            ("sender_key_1", {}, "signal-session-damaged"),
            ("sender_key_1", buffer(b"["), "signal-session-damaged"),
            ("sender_key_1", [{"senderChainKey": {}}], "signal-session-damaged"),
        ],
    )
    def test_a_structure_that_baileys_cannot_use(
        self, tmp_path: Path, name: str, content: object, code: str
    ) -> None:
        creds = edited(lambda creds: creds.update(nextPreKeyId=2, firstUnuploadedPreKeyId=2))
        assert codes(write(tmp_path, creds=creds, **{name: content})) == [code]

    @pytest.mark.parametrize(
        ("first", "macs", "found"),
        [(0, [], []), (1, [], ["app-state-damaged"]), (0, [bytes(32)], ["app-state-damaged"])],
    )
    def test_settings_add_up_to_their_sum(
        self, tmp_path: Path, first: int, macs: list[bytes], found: list[str]
    ) -> None:
        index = {str(number): {"valueMac": buffer(mac)} for number, mac in enumerate(macs)}
        state = {"version": 1, "hash": buffer(bytes([first]) + bytes(127)), "indexValueMap": index}
        assert codes(write(tmp_path, app_state_sync_version_a=state)) == found

    def test_leftovers_and_files_that_are_dispensable_are_warnings(self, tmp_path: Path) -> None:
        write(tmp_path)
        for name in ("creds.json.tmp", "creds.json-1f", "device-list-1.json", "x.json"):
            (tmp_path / name).write_text("{")
        found = check_baileys(str(tmp_path), NO_HISTORY)
        assert sorted({(one.code, one.severity) for one in found}) == [
            ("file-damaged", "warning"),
            ("file-leftover", "warning"),
        ]


class TestOddFiles:
    def test_what_is_no_file_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "creds.json")
        (tmp_path / "session-1.json").mkdir()
        (tmp_path / "pre-key-1.json").symlink_to("nowhere")
        assert codes(tmp_path) == ["creds-damaged", "pre-key-damaged", "signal-session-damaged"]

    def test_a_link_is_followed_as_node_does(self, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").write_text(creds_json(7))
        (tmp_path / "creds.json").symlink_to("elsewhere")
        assert codes(tmp_path) == []

    def test_an_enormous_file_is_not_read(self, tmp_path: Path) -> None:
        with (write(tmp_path) / "session-1.json").open("wb") as file:
            file.truncate(LARGEST + 1)
        assert codes(tmp_path) == ["signal-session-damaged"]

    @pytest.mark.parametrize("piece", [b"[],", b"1,", b'{"a":[{"b":"\\u0041"}]},'])
    def test_a_large_file_takes_no_more_than_twice_its_size(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: bytes
    ) -> None:
        monkeypatch.setattr(baileys_check_json, "LARGE", 1 << 14)
        content = b"[" + piece * ((4 << 14) // len(piece)) + b"0]"
        (write(tmp_path) / "session-1.json").write_bytes(content)
        assert codes(tmp_path) == []
        tracemalloc.start()
        try:
            assert codes(tmp_path) == []
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 2 * len(content)

    def test_the_driver_asks_and_all_is_told_as_read(self, tmp_path: Path) -> None:
        (tmp_path / "creds.json").write_text(creds_json(7))
        counts: list[int] = []
        assert registry.get("baileys").check(str(tmp_path), NO_HISTORY, counts.append) == []
        assert sum(counts) == len(creds_json(7))


NAMES = (
    "creds",
    "pre-key-1",
    "session-1.0",
    "sender-key-1",
    "app-state-sync-key-A",
    "app-state-sync-version-a",
    "x",
)
WORDS = st.sampled_from(
    ["me", "id", "type", "Buffer", "data", "account", "_sessions", "public", "private", "nextPreKeyId",
     "firstUnuploadedPreKeyId", "hash", "indexValueMap", "version", "valueMac", "keyData", "signalIdentities",
     "4915112345678:7@s.whatsapp.net", base64_of(bytes(32)), base64_of(bytes(128)), "\ud800", ""]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | WORDS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


@long
@settings(max_examples=longer(60, 5000), deadline=None, derandomize=True)
@given(
    files=st.dictionaries(st.sampled_from(NAMES), st.binary(max_size=60) | VALUES, min_size=1), graft=VALUES
)
def test_any_files_give_findings_and_never_an_error(files: dict[str, Any], graft: object) -> None:
    with tempfile.TemporaryDirectory() as directory:
        for name, content in files.items():
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            Path(directory, f"{name}.json").write_bytes(data)
        found = check_baileys(directory, NO_HISTORY)
        assert all(one.code in CODES and one.what.startswith(one.file.partition("/")[0][:3]) for one in found)
        foreign = json.dumps({**login(7), "me": graft}).encode()
        sources = [Source("a", 1, {"creds.json": foreign}.get), Source("b", 2, lambda _: b"{")]
        rebuild(directory, found, sources)


@long
@settings(max_examples=longer(60, 3000), deadline=None, derandomize=True)
@given(
    key=st.sampled_from(sorted(login(7))),
    inner=st.sampled_from(
        ["", "public", "private", "keyPair", "signature", "id", "details", "accountSignature"]
    ),
    value=VALUES,
)
def test_any_value_in_a_login_gives_findings_and_never_an_error(key: str, inner: str, value: object) -> None:
    creds = login(7)
    if inner and isinstance(creds[key], dict):
        creds[key][inner] = value
    else:
        creds[key] = value
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "creds.json").write_text(json.dumps(creds))
        check_baileys(directory, NO_HISTORY)


@long
@settings(max_examples=longer(200, 20000), deadline=None, derandomize=True)
@given(data=st.binary(max_size=80) | st.text(alphabet='{}[],:"\\tfn019eE.- \n', max_size=40).map(str.encode))
def test_json_is_judged_as_pythons_own_parser_does(data: bytes) -> None:
    try:
        json.loads(data.decode(), parse_constant=lambda _: 1 / 0)
        whole = True
    except (ValueError, ZeroDivisionError):
        whole = False
    found = parse(data)
    assert (found.trouble in {"", "deep"}) is whole
    if found.trouble == "trailing":
        assert parse(data[: found.offset]).trouble == ""
