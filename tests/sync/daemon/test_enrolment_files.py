"""The two files of a desk that never sees its coordinator, and the check that goes with each."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from sync.daemon import enrolment_files
from sync.daemon.enrolment_files import AnswerFile, RequestFile
from sync.errors import WrongCheck, WrongFile
from sync.model.facts import REGISTRY, Author, Link, VouchedEnd
from sync.trust.registry_copy import RegistryCopy, ShownEnds

SHOWN = ShownEnds((VouchedEnd(REGISTRY, 0, 7, 3, Link(b"l" * 16)),))
REQUEST = RequestFile(Author("LAB1-PC"), b"k" * 32, b"t" * 91, b"i" * 8, b"s" * 64, SHOWN)
ANSWER = AnswerFile(
    Author("LAB1-PC"),
    b"k" * 32,
    b"c" * 32,
    "wss://hub:8471/sync",
    "Asia/Karachi",
    "PK",
    b"authority",
    b"certificate",
    RegistryCopy((), SHOWN.ends),
)
TEXT = enrolment_files.written(REQUEST)
CHECK = enrolment_files.check_of(TEXT)


@pytest.mark.parametrize("content", [REQUEST, ANSWER])
@pytest.mark.parametrize("saved", ["utf-8", "utf-8-sig"])
def test_what_is_written_is_read_with_its_check(tmp_path, content, saved):
    path, text = tmp_path / "file", enrolment_files.written(content)
    path.write_text(text, encoding=saved)
    check = enrolment_files.check_of(text).lower()
    found = enrolment_files.content_of(path, type(content), check)
    assert enrolment_files.parsed(found, type(content), path) == content


@pytest.mark.parametrize(
    ("content", "kind", "why"),
    [
        (None, RequestFile, "there is no such file. Name the file CODE.request"),
        ("{", RequestFile, "it is another kind of file"),
        (b"\xff", AnswerFile, "it is another kind of file"),
        ("[]", AnswerFile, "it is another file. Name the file CODE.answer"),
        (TEXT, AnswerFile, "it is another file"),
        (TEXT.replace("LAB1-PC", "lab 1"), RequestFile, "it is another file"),
    ],
)
def test_another_file_is_refused_and_the_right_one_named(tmp_path, content, kind, why):
    path = tmp_path / "file"
    if isinstance(content, str):
        path.write_text(content, encoding="utf-8")
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(WrongFile, match=why):
        enrolment_files.content_of(path, kind, CHECK)
    with pytest.raises(WrongFile):
        enrolment_files.content_of(tmp_path, kind, CHECK)


@pytest.mark.parametrize("check", ["", "LAB1", CHECK[:-1], CHECK[::-1]])
def test_a_check_that_was_mistyped_is_refused(tmp_path, check):
    (tmp_path / "file").write_text(TEXT, encoding="utf-8")
    with pytest.raises(WrongCheck, match="does not fit"):
        enrolment_files.content_of(tmp_path / "file", RequestFile, check)


def test_a_file_that_was_exchanged_on_the_way_does_not_fit_its_check(tmp_path):
    other = enrolment_files.written(replace(REQUEST, key=b"x" * 32))
    (tmp_path / "file").write_text(other, encoding="utf-8")
    with pytest.raises(WrongCheck, match="another file"):
        enrolment_files.content_of(tmp_path / "file", RequestFile, CHECK)


@pytest.mark.parametrize(
    ("code", "name"), [("LAB1-PC", "LAB1-PC.request"), ("CON", "terminal-CON.request")]
)
def test_a_file_has_a_name_that_windows_allows(code, name):
    assert enrolment_files.name_of(code, enrolment_files.REQUEST) == name
