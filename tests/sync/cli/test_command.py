"""How the command lines end when something goes wrong."""

import argparse
import builtins
import os
import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from coordinator.cli import conflicts
from coordinator.cli import main as coordinator
from node.cli import main as node
from sync.cli import command
from sync.daemon.daemons import COORDINATOR, NODE
from sync.daemon.data_folder import quoted
from sync.storage import files

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (
            FileExistsError(17, "File exists", "place"),
            1,
            "place cannot be used: it is there",
        ),
        (
            PermissionError(13, "Permission denied", "place"),
            1,
            "place cannot be used: this user is",
        ),
        (sqlite3.OperationalError("disk I/O error"), 1, "cannot be used: disk I/O error"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_what_goes_wrong_is_one_line(capsys, error, status, said):
    def act(_options):
        raise error

    parser = argparse.ArgumentParser(prog="mrnmesh-node")
    parser.set_defaults(act=act, data="folder")
    assert command.run(parser, []) == status
    printed = capsys.readouterr().err
    assert said in printed
    assert printed.count("\n") == (1 if said else 0)


def work(folder, ready):
    """Be a command that has begun something in a folder, and says so; with the system's signals."""

    def act(_options):
        with files.scratch_folder(folder, ".work-") as scratch:
            (scratch / "signing-key.pem").touch()
            os.write(ready, b"ready")
            while True:
                signal.pause()

    for name in ("SIGTERM", "SIGHUP"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv[1:] = []
    parser = argparse.ArgumentParser()
    parser.set_defaults(act=act)
    sys.exit(command.run(parser, None))


@pytest.mark.skipif(sys.platform == "win32", reason="there the process would end at once")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_command_that_is_ended_leaves_nothing_behind(tmp_path, name):
    number = getattr(signal, name)
    heard, ready = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover
        status = None
        try:
            work(tmp_path, ready)
        except SystemExit as ended:
            status = ended.code
        finally:
            os._exit(1 if status is None else status)
    os.close(ready)
    try:
        assert os.read(heard, 5) == b"ready"
        assert len(list(tmp_path.iterdir())) == 1
    finally:
        os.close(heard)
        os.kill(child, number)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status == (command.INTERRUPTED if name == "SIGINT" else 128 + number)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "pasted"),
    [
        ("run `mrnmesh-node renew`", "run `mrnmesh-node --data 'my lab' renew`"),
        ("mrnmesh-node reprinted 7", "mrnmesh-node --data 'my lab' reprinted 7"),
        ("`mrnmesh-node\nstatus`", "`mrnmesh-node --data 'my lab'\nstatus`"),
        ("`mrnmesh-node --data x run`", "`mrnmesh-node --data x run`"),
        ("`mrnmesh-node --help`", "`mrnmesh-node --help`"),
        ("`mrnmesh-coordinator run`", "`mrnmesh-coordinator run`"),
        ("/opt/x/mrnmesh-node doctor", "/opt/x/mrnmesh-node --data 'my lab' doctor"),
        ("my-mrnmesh-nodes run", "my-mrnmesh-nodes run"),
        ("mrnmesh-node", "mrnmesh-node"),
        ("`mrnmesh-node`", "`mrnmesh-node`"),
        ("mrnmesh-node.log", "mrnmesh-node.log"),
        ("mrnmesh-node-LAB1-PC-2026", "mrnmesh-node-LAB1-PC-2026"),
        ("mrnmesh-node 7", "mrnmesh-node 7"),
        ("mrnmesh-node COMMAND", "mrnmesh-node COMMAND"),
        ("mrnmesh-node --version", "mrnmesh-node --version"),
        ("mrnmesh-node  run", "mrnmesh-node --data 'my lab'  run"),
        ("mrnmesh-node\n    run", "mrnmesh-node --data 'my lab'\n    run"),
        ("mrnmesh-node --data=x run", "mrnmesh-node --data=x run"),
        ("sudo -u mrnmesh mrnmesh-node run", "sudo -u mrnmesh mrnmesh-node --data 'my lab' run"),
        ("C:\\mrnmesh\\mrnmesh-node run", "C:\\mrnmesh\\mrnmesh-node --data 'my lab' run"),
        ("`mrnmesh-conflicts list`", "`mrnmesh-conflicts list`"),
        (
            "`mrnmesh-node backup`, then `mrnmesh-node doctor`",
            "`mrnmesh-node --data 'my lab' backup`, then `mrnmesh-node --data 'my lab' doctor`",
        ),
        (
            "`mrnmesh-coordinator terminals grant LAB1-PC`, then `mrnmesh-node status`",
            "`mrnmesh-coordinator terminals grant LAB1-PC`, then `mrnmesh-node --data 'my lab' "
            "status`",
        ),
        ("", ""),
        ("دیکھیں mrnmesh-node status", "دیکھیں mrnmesh-node --data 'my lab' status"),
        ("mrnmesh-nodestatus", "mrnmesh-nodestatus"),
        ("see mrnmesh-node, run it", "see mrnmesh-node, run it"),
        ("run mrnmesh-node.", "run mrnmesh-node."),
        ("X=1 mrnmesh-node run", "X=1 mrnmesh-node --data 'my lab' run"),
    ],
)
def test_a_command_that_a_text_names_can_be_pasted(text, pasted):
    named = argparse.Namespace(data=Path("my lab"), data_named=True, daemon=NODE)
    # Each system quotes a name with a space in its own way.
    wanted = pasted.replace("'my lab'", quoted(named.data))
    assert command.pasteable(named, text) == wanted
    named.data_named = False
    assert command.pasteable(named, text) == text


@pytest.mark.parametrize("program", ["mrnmesh-coordinator", "mrnmesh-conflicts"])
def test_both_programs_of_a_coordinator_work_on_its_folder(program):
    parser = command.new_parser(program, "x", "x", COORDINATOR)
    options = parser.parse_args([])
    options.data, options.data_named = Path("hub"), True
    for other in ("mrnmesh-coordinator", "mrnmesh-conflicts"):
        assert command.pasteable(options, f"{other} list") == f"{other} --data hub list"
    assert command.pasteable(options, "mrnmesh-node run") == "mrnmesh-node run"


MADE = [
    error
    for error in vars(builtins).values()
    if isinstance(error, type)
    and issubclass(error, Exception)
    and not issubclass(error, (OSError, UnicodeError, BaseExceptionGroup))
]


@pytest.mark.parametrize("error", MADE, ids=lambda error: error.__name__)
@pytest.mark.parametrize("debug", [False, True])
def test_what_nobody_has_foreseen_is_one_sentence_and_where_it_happened(capsys, error, debug):
    def act(_options):
        raise error("Amna, 03001234567")

    parser = command.new_parser("mrnmesh-x", "x", "x", NODE)
    parser.set_defaults(act=act)
    assert command.run(parser, ["--debug"] if debug else []) == command.UNFORESEEN
    *frames, said = capsys.readouterr().err.splitlines()
    place = rf"\({error.__name__} at test_command\.py:\d+\)"
    assert re.fullmatch(rf"mrnmesh-x: This command has failed .* {place}, and .*", said)
    assert "Amna" not in said, "it may quote what somebody entered"
    assert bool(frames) is debug
    if debug:
        assert frames[0] == "Traceback (most recent call last):"
        assert "Amna" in frames[-1]


def test_there_are_enough_that_nobody_has_foreseen():
    assert len(MADE) >= 30


@pytest.mark.parametrize("words", [["--debug", "docs", "alarms"], ["docs", "--debug", "alarms"]])
def test_debug_stands_before_the_command_and_behind_it(words, capsys):
    assert node.main(words) == 0
    assert capsys.readouterr().out.startswith("# Alarms")


CONFLICTS = {
    "list": [],
    "show": ["710042"],
    "resolve": ["710042", "void", "--why", "a mistake"],
    "export": ["-"],
    "sent-twice": [],
}
EXCLUDED = [
    (conflicts.main, [*before, name, *rest, *behind], other)
    for name, rest in CONFLICTS.items()
    for other in ("--data", "--url", "--token")
    for before, behind in (
        (["--node", "lab"], [other, "x"]),
        ([], ["--node=lab", f"{other}=x"]),
    )
] + [
    (main, ["restore", "backup", "--check", other, "127.0.0.1:9"], other)
    for main in (node.main, coordinator.main)
    for other in ("--witness", "--listen", "--sync-listen")
]


@pytest.mark.parametrize(("main", "words", "other"), EXCLUDED)
def test_options_that_exclude_one_another_are_refused(main, words, other, capsys):
    assert main(words) in (1, 2)
    said = capsys.readouterr().err
    assert f": {other} together with --" in said
    assert said.endswith("Add --help to the command to see what it takes.\n")
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("main", "words", "said"),
    [
        (node.main, ["docs", "alarms", "--path"], "--path and PAGE cannot be given together"),
        (conflicts.main, ["list", "--open", "--resolved"], "--resolved and --open cannot be"),
        (conflicts.main, ["list", "--json", "--format", "csv"], "--format and --json cannot be"),
        (
            conflicts.main,
            ["show", "7", "--format", "json", "--json"],
            "--json and --format cannot",
        ),
        (node.main, ["--dat", "lab", "status"], "no option --dat before the command: is --data"),
        (node.main, ["--data", "lab", "--jso", "status"], "there is no option --jso before"),
        (coordinator.main, ["--debugg", "status"], "is --debug meant?"),
        (conflicts.main, ["--nodes=lab", "list"], "is --node meant?"),
        (conflicts.main, ["--node", "lab", "--node", "hub", "list"], "--node names two folders"),
        (node.main, ["status", "--data", "lab", "--data=hub"], "--data names two folders"),
        (coordinator.main, ["terminals", "grant", "A", "--alloc", "node"], "--alloc"),
        (coordinator.main, ["import", "patients", "f", "--dry"], "--dry"),
    ],
)
def test_what_is_mistyped_is_named(main, words, said, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


NO_TEXT = "\udcff\udcfe"
"""Bytes of an argument that are no UTF-8, as Python has them."""


@pytest.mark.parametrize(
    ("main", "words"),
    [
        (node.main, ["reprinted", NO_TEXT]),
        (node.main, ["docs", NO_TEXT]),
        (node.main, [NO_TEXT]),
        (node.main, ["enrol", NO_TEXT, "--offline"]),
        (node.main, ["restore", NO_TEXT]),
        (node.main, ["run", f"--zone={NO_TEXT}"]),
        (coordinator.main, ["terminals", "rename", "LAB1-PC", NO_TEXT]),
        (coordinator.main, ["terminals", "add", NO_TEXT]),
        (coordinator.main, ["status", "--token", NO_TEXT]),
        (coordinator.main, ["status", f"--url={NO_TEXT}"]),
        (coordinator.main, ["import", "patients", NO_TEXT]),
        (conflicts.main, ["show", NO_TEXT]),
        (conflicts.main, ["list", "--mrn", NO_TEXT]),
        (conflicts.main, ["resolve", "7", "void", "--who", NO_TEXT, "--why", "x"]),
    ],
)
def test_what_is_no_text_is_refused(main, words, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "\\udcff\\udcfe' is no text in UTF-8: type it again" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of files are text")
def test_a_file_whose_name_is_no_text_can_be_named(tmp_path):
    (tmp_path / NO_TEXT).write_text("no backup", encoding="utf-8")
    words = ["-m", "node.cli", "restore", "--check", str(tmp_path / NO_TEXT)]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 1
    assert b"is damaged, or is no backup" in done.stderr


def commands_of(parser, words=()):
    """All commands of a program, as the words that one types."""
    inner = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    if not inner:
        yield list(words)
    for one in inner:
        for name, sub in one.choices.items():
            yield from commands_of(sub, (*words, name))


WHOLE = {program: program.parser() for program in (node, coordinator, conflicts)}
"""The parsers with all commands, which take long to make."""
EVERY = [(program, words) for program, whole in WHOLE.items() for words in commands_of(whole)]


@pytest.mark.parametrize(("program", "words"), EVERY)
def test_every_command_takes_the_folder_and_debug_anywhere(program, words):
    for place in range(len(words) + 1):
        for option in (["--data", "a lab"], ["--data=a lab"]):
            given = [*words[:place], *option, "--debug", *words[place:], "--json"]
            ordered = command._folders_first(WHOLE[program], given)
            assert ordered == ["--data=a lab", "--debug", *words, "--json"]


@pytest.mark.parametrize("program", [node, coordinator])
def test_each_part_adds_the_commands_that_it_names(program):
    for part in program.COMMANDS:
        whole = argparse.ArgumentParser()
        command.add_parts(command.add_commands(whole), [part])
        assert tuple(first_words(whole)) == part.names
    assert list(first_words(WHOLE[program])) == [
        name for part in program.COMMANDS for name in part.names
    ]


def first_words(parser):
    (inner,) = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    return inner.choices


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (program, words)
        for program in (node, coordinator)
        for words in [
            *([*command, "--help"] for command in commands_of(WHOLE[program])),
            *([], ["--help"], ["-h", "status"], ["--debug", "--help"]),
            *(["nonsense", "status"], ["--data", "status", "run", "--help"]),
            *(["--data=x", "--debug", "status", "--none"], ["--nothing", "status"], ["--"]),
        ]
    ],
)
def test_a_program_says_the_same_as_if_all_its_commands_were_there(capsys, program, words):
    with pytest.raises(SystemExit) as alone:
        program.main(words)
    said = capsys.readouterr()
    with pytest.raises(SystemExit) as among_all:
        command.run(WHOLE[program], words)
    assert (alone.value.code, said) == (among_all.value.code, capsys.readouterr())


def test_there_are_as_many_commands_as_the_documentation_says():
    assert len(EVERY) >= 50
