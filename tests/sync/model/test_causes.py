"""What the system refuses is told in words, whatever its number is."""

from __future__ import annotations

import errno
import os
import socket

import pytest

from sync.model import causes
from tests.words import python_words

NUMBERS = sorted(errno.errorcode)


@pytest.mark.parametrize("number", NUMBERS, ids=[errno.errorcode[one] for one in NUMBERS])
def test_every_error_of_the_system_has_words_and_a_next_step(number):
    error = OSError(number, os.strerror(number), "/some/place")
    cause = causes.of(error)
    assert python_words(cause.why) == python_words(cause.do) == []
    assert os.strerror(number) not in cause.why
    assert cause.why[0].islower()
    assert cause.do[0].isupper()
    assert cause.do.endswith(".")


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "this user is not allowed to use it"),
        (FileNotFoundError(errno.ENOENT, "No such file"), "there is no such file or folder"),
        (TimeoutError(), "no answer came in time"),
        (ConnectionRefusedError(), "no program answers there"),
        (ConnectionResetError(), "the other side has ended the connection"),
        (socket.gaierror(-2, "Name or service not known"), "no computer of this name is known"),
        (socket.gaierror(11001, "getaddrinfo failed"), "no computer of this name is known"),
        (OSError("Multiple exceptions: [Errno 111]"), "the system refuses it"),
        (OSError(99999, "?"), "the system refuses it, with error 99999"),
    ],
)
def test_why(error, why):
    assert causes.why(error) == why


def test_a_file_that_another_program_holds_on_windows_is_not_a_matter_of_rights():
    error = PermissionError(errno.EACCES, "The process cannot access the file")
    error.winerror = 32
    assert causes.why(error) == "another program uses it"


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize(
    ("code", "said"),
    [
        (64, "the connection"),
        (121, "no answer came in time"),
        (1225, "no program answers there"),
        (1231, ""),
        (1232, ""),
        (1236, "the connection"),
    ],
)
def test_what_the_event_loop_of_windows_says_is_understood(code, said, wrapped):
    error = OSError(22, "refused")
    (inner := OSError(22, "refused")).winerror = code
    if wrapped:
        error.os_error = inner
    else:
        error = inner
    assert said in causes.why(error)
    assert causes.why(error) != causes.why(OSError(22, "an odd name"))


def test_the_file_is_named_where_the_system_names_one():
    full = causes.as_error(OSError(errno.ENOSPC, "No space left on device"))
    assert str(full).startswith("A file or folder cannot be used: the disk is full.")
    moved = causes.as_error(OSError(errno.EXDEV, "Invalid cross-device link", "/a", None, "/b"))
    assert moved.facts["path"] == "/b"


def test_what_a_column_holds_is_not_quoted():
    said = "Could not decode to UTF-8 column 'full_name'"
    assert causes.without_value(ValueError(f"{said} with text 'Amna with text '")) == said
    assert causes.without_value(ValueError("database is locked")) == "database is locked"
