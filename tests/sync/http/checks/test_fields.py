"""Which fields a clinic has is told as its settings have it."""

from sync.http.checks.fields import FieldViews, answers
from sync.http.operations import Needs
from sync.model.person.more import read_extra, read_identifier

KNOWN = (read_identifier("passport unique [A-Z]+ urn:p"), read_extra("blood choice A|B"))


def test_each_field_is_told_with_what_is_valid():
    passport, blood = answers(KNOWN)
    assert passport == {
        "name": "passport",
        "group": "identifiers",
        "kind": "identifier",
        "unique": True,
        "pattern": "[A-Z]+",
        "system": "urn:p",
        "choices": [],
    }
    assert (blood["group"], blood["kind"], blood["choices"]) == ("extra", "choice", ["A", "B"])
    assert (blood["pattern"], blood["system"], blood["unique"]) == (None, None, False)


async def test_an_operation_lists_them():
    (operation,) = FieldViews(KNOWN, Needs.NOTHING).operations()
    listed = await operation.handler(None)
    assert listed["results"] == answers(KNOWN)
