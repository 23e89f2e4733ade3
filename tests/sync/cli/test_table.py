"""Columns stand below one another in every script; the widths are those of terminals."""

import pytest

from sync.cli import table
from sync.cli.table import in_columns, padded, width

ZWNJ = "\u200c"


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", 0),
        ("Amna", 4),
        ("احمد علی", 8),
        (f"نیشنل{ZWNJ}ہسپتال", 11),
        ("عَلِی", 3),
        ("李小龙", 6),
        ("Zoe\u0308", 3),
        ("🏥", 2),
        ("👩\u200d⚕️", 2),
        ("👍🏽", 2),
        ("a\x07b", 2),
    ],
)
def test_a_text_takes_as_many_columns_as_a_terminal_gives_it(text, columns):
    assert width(text) == columns
    assert padded(text, 20) == text + " " * (20 - columns)
    assert padded(text, columns) == text


def test_a_text_that_is_too_wide_stays_whole():
    assert padded("李小龙", 3) == "李小龙"


def test_every_column_begins_below_the_one_above():
    rows = [
        ("NAME", "AT"),
        (f"گل{ZWNJ}بانو", "LAB"),
        ("李小龙", "ER"),
        ("🏥 Ward", "OLD"),
        ("A", ""),
    ]
    lines = in_columns(rows).splitlines()
    starts = {
        width(line[: line.rindex(at)]) for line, (_, at) in zip(lines, rows, strict=True) if at
    }
    assert starts == {9}
    assert lines[-1] == "A", "no spaces at the end of a line"


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
    assert table.of_requests([]) == "No requests."
    refused = {"state": "refused", "into": None, "answer": {"who": "Sadia", "why": "not so"}}
    lines = table.of_requests([WAITING, WAITING | refused]).splitlines()
    assert lines[1].split() == [
        *("9c1f0a2b6d3e", "waiting", "LAB1-PC", "merge", "710042", "720007", "one", "person", "-")
    ]
    assert lines[2].endswith("Sadia: not so")
    assert " - " in lines[2]
