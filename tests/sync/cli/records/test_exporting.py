"""Entries as files."""

import csv
import io
import json

from sync.cli.records import exporting

ENTRY = {"who": "Sadia", "about": "", "records": ["a", "b"], "known": None}


def rows(*entries):
    table = exporting.spreadsheet(("who", "about", "records", "known"), entries)
    return list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline="")))


def test_no_cell_is_taken_for_a_formula():
    (row,) = rows(ENTRY | {"about": "=1+1", "who": "@x"})
    assert (row["about"], row["who"]) == ("'=1+1", "'@x")


def test_a_list_stands_in_one_cell_and_what_is_not_known_in_an_empty_one():
    (row,) = rows(ENTRY)
    assert (row["records"], row["known"]) == ("a b", "")


def test_each_entry_is_a_line_of_json_in_utf_8():
    lines = exporting.json_lines([ENTRY, ENTRY | {"who": "صائمہ"}]).decode().splitlines()
    assert [json.loads(line)["who"] for line in lines] == ["Sadia", "صائمہ"]
    assert "صائمہ" in lines[1]
