"""``people``: records are shown side by side, merged after a question, and taken back."""

from __future__ import annotations

import io
import json

import pytest

WHO = ("--why", "one CNIC")


@pytest.fixture
def people(live):
    """The numbers of two records of one person."""
    first = live.register(full_name="Amna Bibi", phone="03001111111")
    second = live.register(full_name="Amina Bibi", phone="03002222222")
    live.in_step()
    return first["mrn"], second["mrn"]


def phone(live, mrn: str) -> str:
    found = live.hub_api().call("GET", f"/api/patients/mrn/{mrn}/")["results"]
    return str(found[0]["phone"])


def test_both_records_stand_side_by_side(live, people):
    shown = live.hub("people", "compare", *people)
    assert shown.status == 0
    lines = shown.out.splitlines()
    assert lines[0].split() == ["COUNTS", "COUNTS"]
    assert f"  Number         {people[0]}" in shown.out
    (name,) = (line for line in lines if "Name" in line)
    assert name.startswith("*")
    assert "Amna Bibi" in name
    assert "Amina Bibi" in name
    found = json.loads(live.hub("people", "compare", *people, "--json").out)
    assert found["differs"] == ["full_name", "phone"]


def test_a_record_is_merged_and_unmerged(live, people):
    first, second = people
    done = live.hub("people", "merge", *people, "--take", "phone", *WHO, "--yes")
    assert (done.status, done.out) == (
        0,
        f"{first} is merged into {second}, which counts now.\n",
    )
    assert phone(live, first) == "03001111111", "of the record that counts, with what it took"
    again = live.hub("people", "merge", *people, *WHO, "--yes")
    assert again.status == 1
    assert f"merged into another one, which counts for this person: number {second}" in again.err
    back = live.hub("people", "unmerge", first, *WHO, "--yes")
    assert back.out == f"{first} counts by itself.\n"
    assert phone(live, second) == "03002222222"


def test_two_people_are_told_apart_and_may_be_one_again(live, people, monkeypatch):
    first, second = people
    done = live.hub("people", "two-people", *people, "--why", "two sisters", "--yes")
    assert (done.status, done.out) == (0, f"{first} and {second} are two people.\n")
    refused = live.hub("people", "merge", *people, *WHO, "--yes")
    assert "administrator decided that they are two people" in refused.err
    terminal = io.StringIO("n\n")
    terminal.isatty = lambda: True
    monkeypatch.setattr("sys.stdin", terminal)
    asked = live.hub("people", "maybe-one", *people, *WHO)
    assert (asked.status, "may be one person after all" in asked.err) == (1, True)
    back = live.hub("people", "maybe-one", second, first, *WHO, "--yes")
    assert back.out == f"{second} and {first} may be one person again.\n"
    found = json.loads(live.hub("people", "two-people", *people, *WHO, "--yes", "--json").out)
    assert found["two_people"]["why"] == "one CNIC"


def test_a_desk_hears_of_it(live, people):
    first, second = people
    live.hub("people", "merge", *people, *WHO, "--yes")

    def heard() -> bool:
        found = live.api().call("GET", f"/api/patients/mrn/{first}/")["results"]
        return [one["mrn"] for one in found] == [second, first]

    live.until(heard)


def test_a_mistake_is_marked_and_counts_again(live, people):
    (first, _) = people
    void = live.hub("people", "void", first, *WHO, "--yes")
    assert void.out == f"{first} is marked as a mistake and counts no more.\n"
    assert live.hub("people", "compare", *people).out.splitlines()[0].split() == ["VOID", "COUNTS"]
    back = live.hub("people", "unvoid", first, *WHO, "--yes", "--json")
    assert json.loads(back.out)["patient"]["voided"] is False


@pytest.mark.parametrize(("answer", "is_done"), [("y\n", True), ("n\n", False), ("", False)])
def test_it_asks_before_it_does_anything(live, people, monkeypatch, answer, is_done):
    first, second = people
    terminal = io.StringIO(answer)
    terminal.isatty = lambda: True
    monkeypatch.setattr("sys.stdin", terminal)
    done = live.hub("people", "merge", *people, "--take", "phone", *WHO)
    assert "Both numbers find the second one then." in done.err
    assert "Taken from the first: phone 03001111111." in done.err
    assert done.err.endswith("Shall that be done? [y/N] ")
    assert (done.status == 0) == is_done
    assert (f"merged into {second}" in done.out) == is_done
    terminal = io.StringIO(answer)
    terminal.isatty = lambda: True
    monkeypatch.setattr("sys.stdin", terminal)
    if is_done:
        undone = live.hub("people", "unmerge", first, *WHO)
        assert "as it was before it was merged" in undone.err
        assert undone.status == 0


def test_without_a_terminal_nobody_is_asked(live, people, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    for command in (("merge", *people), ("void", people[0])):
        done = live.hub("people", *command, *WHO)
        assert done.status == 1
        assert "--yes" in done.err


def test_a_field_that_nobody_can_take_is_refused_before_anything_is_asked(live):
    done = live.hub("people", "merge", "1", "2", "--take", "mrn", *WHO, "--yes")
    assert done.status != 0
    assert "mrn is none of the fields full_name, father_name, dob, sex" in done.err


def test_a_record_is_named_by_its_record_id_too(live, people):
    first, second = people
    found = live.hub_api().call("GET", f"/api/patients/mrn/{first}/")["results"][0]
    done = live.hub("people", "compare", found["record_id"].upper(), second, "--json")
    assert json.loads(done.out)["one"]["mrn"] == first


def test_a_number_that_nobody_has(live):
    done = live.hub("people", "void", "999", *WHO, "--yes")
    assert done.status == 1
    assert "999" in done.err


def asked(live, mrn: str, act: str = "void", **more: str) -> str:
    """The id of a request of the desk that the coordinator has."""
    api = live.api()
    record = api.call("GET", f"/api/patients/mrn/{mrn}/")["results"][0]["record_id"]
    answer = api.call("POST", f"/api/patients/{record}/{act}/", {"why": "a test", **more})
    live.until(lambda: answer["id"] in live.hub("people", "requests", "--json").out)
    return str(answer["id"])


def test_what_a_desk_asks_for_is_listed_and_carried_out(live, people):
    first, second = people
    compared = live.api().call(
        "GET", f"/api/patients/{live_id(live, first)}/compare/{live_id(live, second)}/"
    )
    ident = asked(live, first, "merge", into=str(compared["other"]["id"]), seen=compared["seen"])
    listed = live.hub("people", "requests").out
    assert ident[:12] in listed
    assert "one person" not in listed
    done = live.hub("people", "carry-out", ident[:8], "--take", "address", *WHO, "--yes")
    assert (done.status, "administrator: one CNIC" in done.out) == (0, True)
    assert ident[:12] not in live.hub("people", "requests").out
    assert ident[:12] in live.hub("people", "requests", "--all").out
    again = live.hub("people", "carry-out", ident, *WHO, "--yes")
    assert "administrator has carried out this request already" in again.err


def test_a_desk_asks_that_two_are_two_people(live, people):
    first, second = people
    ids = [live_id(live, mrn) for mrn in people]
    seen = live.api().call("GET", f"/api/patients/{ids[0]}/compare/{ids[1]}/")["seen"]
    ident = asked(live, first, "two-people", other=str(ids[1]), seen=seen)
    assert "two_people" in live.hub("people", "requests").out
    done = live.hub("people", "carry-out", ident, "--why", "twins", "--yes")
    assert (done.status, "administrator: twins" in done.out) == (0, True)
    compared = json.loads(live.hub("people", "compare", first, second, "--json").out)
    assert compared["two_people"]["why"] == "twins"


def live_id(live, mrn: str) -> int:
    return int(live.api().call("GET", f"/api/patients/mrn/{mrn}/")["results"][0]["id"])


def test_a_request_is_refused(live, people):
    ident = asked(live, people[0])
    done = live.hub("people", "refuse", ident, "--why", "no test", "--yes")
    assert (done.status, "administrator: no test" in done.out) == (0, True)
    unknown = live.hub("people", "refuse", "zz", *WHO, "--yes")
    assert "no request has that id" in unknown.err
