"""Requests of desks as a table."""

from sync.cli import requests

WAITING = {
    "id": "9c1f0a2b6d3e4f50a1b2c3d4e5f60718",
    "act": "merge",
    "state": "waiting",
    "desk": "LAB1-PC",
    "why": "one person",
    "patient": {"mrn": "710042"},
    "into": {"mrn": "720007"},
    "answer": None,
}


def test_each_is_a_line_with_its_answer():
    assert requests.table([]) == "No requests."
    refused = {"state": "refused", "into": None, "answer": {"who": "Sadia", "why": "not so"}}
    lines = requests.table([WAITING, WAITING | refused]).splitlines()
    assert lines[1].split() == [
        *("9c1f0a2b6d3e", "waiting", "LAB1-PC", "merge", "710042", "720007", "one", "person", "-")
    ]
    assert lines[2].endswith("Sadia: not so")
    assert " - " in lines[2]
