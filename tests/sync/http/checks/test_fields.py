"""Which fields a clinic has is told as its settings have it."""

from sync.http.checks.fields import FieldViews, answers
from sync.http.operations import Needs
from sync.model.person.more import labelled, read_extra, read_identifier, read_label

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
        "label": None,
        "label_ur": None,
    }
    assert (blood["group"], blood["kind"], blood["choices"]) == ("extra", "choice", ["A", "B"])
    assert (blood["pattern"], blood["system"], blood["unique"]) == (None, None, False)


def test_labels_are_shown_in_both_languages():
    labels = dict(map(read_label, ["passport Passport", "blood Blood group | خون کا گروپ"]))
    shown = [(one["label"], one["label_ur"]) for one in answers(labelled(KNOWN, labels))]
    assert shown == [("Passport", None), ("Blood group", "خون کا گروپ")]


async def test_an_operation_lists_them():
    (operation,) = FieldViews(KNOWN, Needs.NOTHING).operations()
    listed = await operation.handler(None)
    assert listed["results"] == answers(KNOWN)
