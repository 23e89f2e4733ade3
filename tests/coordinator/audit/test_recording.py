"""What of a call is written down."""

import json
from types import SimpleNamespace

import pytest
from aiohttp.test_utils import make_mocked_request

from coordinator.audit import recording
from sync.errors import BadRequest, DiskFull, InvalidFields, NotFound
from sync.http.requests import BODY
from sync.storage.access.audit import AuditEvent


def about(body, error=None, **in_path):
    request = make_mocked_request("POST", "/")
    request.match_info.update(in_path)
    request[BODY] = body if isinstance(body, bytes) else json.dumps(body).encode()
    return recording.about_of(request, error)


def test_the_path_and_what_can_name_nobody():
    body = {"state": "revoked", "reason": "Ayesha Khan", "why": "Ayesha", "name": "Ayesha"}
    assert about(body, code="LAB1-PC") == "LAB1-PC state=revoked"
    assert about({"scopes": ["read", "register:OLD-PC"]}) == "scopes=read,register:OLD-PC"


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[1]", b"[" * 5000])
def test_what_cannot_be_read_says_nothing(body):
    assert about(body) == ""


def test_what_is_long_is_cut_and_what_is_no_text_is_left_out():
    assert len(about({"range": "1" * 5000, "scopes": ["read"] * 5000})) < 200
    assert about({"numbers": [[["x"]], 5]}) == "numbers=...,5"
    assert about({"state": {"full_name": "Ayesha"}}) == "state=..."
    assert about({"state": "a\nb"}) == "state=..."


def test_both_records_of_a_pair_are_written_down():
    record = "01a20b78-45ab-7d23-bc9f-6f01f5118e25"
    assert about({"other": record, "why": "sisters"}, id="17") == f"17 other={record}"
    assert about({"into": "42", "seen": "x"}, id="17") == "17 into=42"


@pytest.mark.parametrize("name", ["Ayesha Khan", "عائشہ", "ayesha; drop", "x" * 61])
def test_what_can_be_a_name_is_left_out_of_fields_too(name):
    assert about({"action": name, "code": name, "scopes": [name]}) == (
        "action=... scopes=... code=..."
    )


@pytest.mark.parametrize(
    "error", [InvalidFields({"action": "no"}), NotFound(what="user", key="x"), BadRequest(why="x")]
)
def test_of_a_call_that_leads_to_nothing_only_ids_are_kept(error):
    body = {"action": "Ayesha", "code": "AYESHA"}
    assert about(body, error, id="17", name="AYESHA", other="secret-password") == "17"


def test_a_bucket_takes_some_at_once_and_then_one_a_minute():
    bucket = recording._Bucket(3)
    assert [bucket.takes(0) for _ in range(5)] == [True, True, True, False, False]
    assert [bucket.takes(60.0) for _ in range(2)] == [True, False]
    assert [bucket.takes(1e6) for _ in range(4)] == [True, True, True, False]


async def test_an_error_in_the_code_keeps_no_daemon_from_its_end(caplog):
    class Broken:
        now_ms = 5

        def note_with(self, _noting):
            pass

        async def write(self, _act):
            raise KeyError("Ayesha Khan")

    recorder = recording.Recorder(Broken(), lambda: 0.0)
    recorder.refused(make_mocked_request("GET", "/"), "users.sign_in", "Sadia", "wrong_password")
    await recorder.written()
    assert caplog.messages == ["the audit lacks an entry (users.sign_in, wrong_password)"]


async def test_an_entry_that_cannot_be_written_keeps_nobody_out(caplog):
    class Full:
        now_ms = 5

        def note_with(self, _noting):
            pass

        async def write(self, _act):
            raise DiskFull(path="/data", why="no space is left")

    recorder = recording.Recorder(Full(), lambda: 0.0)
    event = AuditEvent(5, "Sadia", "127.0.0.1", "users.sign_in", "", "done")
    await recorder.note(event)
    assert "the audit lacks an entry (users.sign_in, done)" in caplog.text
    with pytest.raises(DiskFull):
        await recorder.write(event)


async def test_a_refusal_that_cannot_be_written_keeps_no_daemon_from_ending(caplog):
    async def fails(_act):
        raise RuntimeError

    async def full(_act):
        raise DiskFull(path="/data", why="no space is left")

    for write in (fails, full):
        replica = SimpleNamespace(write=write, note_with=lambda _: None, now_ms=0)
        recorder = recording.Recorder(replica, lambda: 0.0)
        recorder.refused(make_mocked_request("POST", "/"), "users.sign_in", "", "wrong_password")
        await recorder.written()
    assert caplog.text.count("the audit lacks an entry (users.sign_in, wrong_password)") == 2
