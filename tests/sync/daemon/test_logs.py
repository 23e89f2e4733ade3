"""The log: its lines, its files, and what it keeps to itself."""

import logging
import os
import re
import sqlite3
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from node.errors import ReadOnlyHere
from sync.daemon import logs
from sync.daemon.daemons import NODE
from sync.daemon.data_folder import hints, quoted
from sync.errors import StoreUnsafe

KARACHI = ZoneInfo("Asia/Karachi")


@pytest.fixture
def begin(tmp_path):
    """Begin the log of a daemon; afterwards all is as before."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level

    def run(folder=tmp_path / "logs", hints=str):
        logs.begin(folder, "node", KARACHI, hints)
        return folder / "node.log"

    yield run
    for handler in root.handlers[:]:
        if handler not in before:
            root.removeHandler(handler)
            handler.close()
    for handler in before:
        root.addHandler(handler)
    root.setLevel(level)


log = logging.getLogger("mrnmesh.test")


def test_a_line_has_a_time_with_offset_and_goes_to_both_places(begin, capsys):
    path = begin()
    log.info("رجسٹریشن %d", 7)
    line = path.read_text(encoding="utf-8")
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+05:00 INFO mrnmesh\.test: رجسٹریشن 7\n", line
    )
    assert capsys.readouterr().err == line


def test_what_others_say_looks_like_no_entry_and_moves_no_cursor(begin, capsys):
    path = begin()
    log.warning("a desk refuses: %s", "no\r\n2026-11-01T00:00:00 INFO mrnmesh: all is well\x1b[2J")
    for printed in (path.read_text(encoding="utf-8"), capsys.readouterr().err):
        assert re.findall(r"^\S.*", printed, re.MULTILINE) == [printed.splitlines()[0]]
        assert "all is well" in printed
        assert not set("\x1b\r") & set(printed)


def test_a_foreseen_error_is_one_line_with_code_and_next_step(begin, capsys):
    path = begin()
    try:
        raise StoreUnsafe(path="p", pragma="journal_mode", wanted="wal", found="delete")
    except StoreUnsafe:
        log.exception("it failed")
    for printed in (path.read_text(encoding="utf-8"), capsys.readouterr().err):
        assert "it failed: [store_unsafe] The database p" in printed
        assert printed.endswith("Move the data folder to a local disk.\n")
        assert printed.count("\n") == 1


def test_of_an_unforeseen_error_the_file_keeps_where_but_not_what_was_entered(begin, capsys):
    path = begin()
    try:
        {}["Amina Bibi"]
    except KeyError:
        log.exception("it failed")
    kept, shown = path.read_text(encoding="utf-8"), capsys.readouterr().err
    assert "test_logs.py" in kept
    assert "[KeyError]" in kept
    assert "Amina" not in kept + shown
    assert "Traceback" not in kept + shown
    assert shown.count("\n") == 1


@pytest.fixture(autouse=True)
def all_lines(monkeypatch, request):
    """These tests write many lines of one kind."""
    if "limited" not in request.node.name:
        monkeypatch.setattr(logs, "LINES_MAX", 10_000)


def test_ten_files_of_five_megabytes_take_turns(begin, monkeypatch):
    assert (logs.FILES, logs.FILE_BYTES) == (10, 5_000_000)
    monkeypatch.setattr(logs, "FILE_BYTES", 200)
    path = begin()
    for number in range(60):
        log.info("line %d", number)
    names = {file.name for file in path.parent.iterdir()}
    assert names == {"node.log", *(f"node.log.{number}" for number in range(1, 10))}
    assert all(file.stat().st_size <= 200 for file in path.parent.iterdir())
    assert "line 59" in path.read_text(encoding="utf-8")


def test_a_file_that_the_system_holds_is_written_on_and_no_other_is_lost(begin, monkeypatch):
    monkeypatch.setattr(logs, "FILE_BYTES", 200)
    path = begin()
    for number in range(20):
        log.info("line %d", number)
    before = {file.name for file in path.parent.iterdir()}
    newest = (path.parent / "node.log.1").read_bytes()

    def held(*_):
        raise PermissionError(13, "the file is used by another process")

    monkeypatch.setattr(logs.os, "replace", held)
    for number in range(20, 40):
        log.info("line %d", number)
    assert {file.name for file in path.parent.iterdir()} == before
    assert (path.parent / "node.log.1").read_bytes() == newest
    assert "line 39" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("number", range(10))
def test_a_log_file_that_somebody_reads_for_a_while_costs_no_line(begin, monkeypatch, number):
    """Whichever of the ten it is: the others go on once it is free, and none is lost but the
    oldest.
    """
    monkeypatch.setattr(logs, "FILE_BYTES", 200)
    path = begin()
    held = path.with_name(f"node.log.{number}" if number else "node.log")
    real = os.replace

    def replace(source, target):
        if Path(source) == held or Path(target) == held:
            raise PermissionError(13, "the file is used by another process")
        real(source, target)

    written = 0
    while len(list(path.parent.iterdir())) < 9:
        log.info("line %d", written)
        written += 1
    monkeypatch.setattr(logs.os, "replace", replace)
    until = written + 10
    while written < until:
        log.info("line %d", written)
        written += 1
    monkeypatch.setattr(logs.os, "replace", real)
    log.info("line %d", written)
    texts = [file.read_text(encoding="utf-8") for file in path.parent.iterdir()]
    found = {int(line.rpartition(" ")[2]) for text in texts for line in text.splitlines()}
    assert found >= set(range(written - 15, written + 1))
    assert found == set(range(min(found), written + 1)), "one line after the other"


def test_without_a_place_for_files_it_is_said_once_and_all_goes_on(begin, tmp_path, capsys):
    (tmp_path / "file").touch()
    begin(tmp_path / "file" / "logs")
    log.info("one")
    log.info("two")
    printed = capsys.readouterr().err
    assert printed.count("log files cannot be written") == 1
    assert "choose another folder with log_folder" in printed
    assert printed.endswith("mrnmesh.test: two\n")


def test_a_disk_that_fills_up_is_said_once(begin, monkeypatch, capsys):
    begin()
    files = next(one for one in logging.getLogger().handlers if isinstance(one, logs.Files))

    class Full:
        def write(self, _):
            raise OSError(28, "the disk is full on device")

        def flush(self):
            pass

        def close(self):
            pass

        def seek(self, *_):
            pass

        def tell(self):
            return 0

    files.stream.close()
    files.stream = Full()
    log.info("one")
    log.info("two")
    printed = capsys.readouterr().err
    assert printed.count("log files cannot be written") == 1
    assert "the disk is full" in printed
    assert "Traceback" not in printed


def test_lines_of_one_kind_are_limited_and_counted():
    now = [0.0]
    repeats = logs.Repeats(lambda: now[0])

    def written(text, *values, name="mrnmesh.web"):
        record = logging.LogRecord(name, logging.WARNING, "", 0, text, values, None)
        first, second = repeats.filter(record), repeats.filter(record)
        assert first == second, "two handlers see the same"
        return record.getMessage() if first else None

    seen = [written("refused %s", number) for number in range(1000)]
    assert sum(line is not None for line in seen) == logs.LINES_MAX
    assert written("another thing") == "another thing"
    assert written("refused %s", 1, name="mrnmesh.sync") == "refused 1"
    now[0] = logs.WINDOW_S
    held = 1000 - logs.LINES_MAX
    assert written("refused %s", 7) == f"refused 7 ({held} more lines like this were left out)"
    assert written("refused %s", 8) == "refused 8"


def test_many_kinds_of_lines_take_no_memory_for_ever():
    repeats = logs.Repeats(lambda: 0.0)
    for number in range(5 * logs.KINDS_MAX):
        repeats.filter(logging.LogRecord("x", logging.INFO, "", 0, f"line {number}", (), None))
    assert len(repeats._kinds) <= logs.KINDS_MAX


def test_a_command_that_a_line_or_an_error_names_can_be_pasted(begin, capsys, tmp_path):
    path = begin(hints=hints(NODE, tmp_path / "lab"))
    log.warning("stopped; run `%s renew`", "mrnmesh-node")
    try:
        raise ReadOnlyHere()
    except ReadOnlyHere:
        log.exception("refused: `mrnmesh-node status`")
    first, second = path.read_text(encoding="utf-8").splitlines()
    folder = quoted(tmp_path / "lab")
    assert first.endswith(f"stopped; run `mrnmesh-node --data {folder} renew`")
    assert f"refused: `mrnmesh-node --data {folder} status`: [" in second
    assert "`mrnmesh-conflicts resolve`" in second
    assert capsys.readouterr().err.splitlines() == [first, second]


def test_what_a_damaged_text_says_is_not_logged():
    """Python quotes it, and it may be somebody's name."""
    with pytest.raises(sqlite3.OperationalError) as raised:
        sqlite3.connect(":memory:").execute("SELECT CAST(x'416d6e61ff' AS TEXT)").fetchall()
    assert "Amna" in str(raised.value)
    assert "Could not decode" in logs.error_text(raised.value)
    assert "Amna" not in logs.error_text(raised.value)
