"""When what was signed of the record of acts cannot be true of one record."""

import pytest

from sync.model.facts import AuditHead
from sync.rules.audit_heads import fork


def head(number, letter, since=0):
    return AuditHead(number, letter * 32, since, b"x" * 32 if since else None)


@pytest.mark.parametrize(
    ("heads", "first"),
    [
        ([], None),
        ([head(64, b"a"), head(128, b"b")], None),
        ([head(64, b"a"), head(64, b"a")], None),
        ([head(64, b"a"), head(64, b"b")], 64),
        ([head(192, b"a"), head(192, b"b"), head(128, b"c"), head(128, b"d")], 128),
        ([head(64, b"a"), head(64, b"b", since=41)], None),
        ([head(64, b"a"), head(64, b"b", since=64)], None),
        ([head(64, b"a"), head(64, b"b", since=65)], 64),
        ([head(64, b"a"), head(64, b"b", since=41), head(64, b"c", since=50)], None),
        ([head(64, b"a"), head(64, b"b"), head(64, b"b", since=41)], None),
    ],
    ids=lambda value: "" if isinstance(value, list) else str(value),
)
def test_two_heads_of_one_number_differ_unless_the_record_was_begun_anew(heads, first):
    assert fork(heads) == first
    assert fork(reversed(heads)) == first
