"""What people are told when something is refused, read as data.

Each class of the tree of errors is driven through a command line and an API, and so are real
mistakes of clerks, administrators and programs. No text has words of Python or of the engine; each
says what to do next, and stands in docs/errors.md.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shlex
import urllib.error
import urllib.request
from argparse import Namespace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aiohttp.test_utils import TestClient, TestServer

from coordinator.cli import conflicts as conflicts_cli
from coordinator.cli import main as coordinator_cli
from coordinator.errors import RowRefused
from node.cli import main as node_cli
from sync.cli import command
from sync.cli.errors import CallRefused
from sync.daemon.daemons import NODE
from sync.daemon.data_folder import quoted
from sync.errors import (
    BodyError,
    InvalidFields,
    MrnmeshError,
    NumberError,
    StoreError,
    TerminalError,
)
from sync.http.app import new_application
from sync.http.operations import Needs, Operation
from sync.model.alarms import Alarm, AlarmLevel
from sync.upkeep.errors import BackupError
from tests.daemons.commands import LiveClinic, live
from tests.daemons.running import new_desk, new_hub
from tests.sync.test_errors import EXCEPTIONS, placeholders
from tests.words import next_step, private_words, python_words

__all__ = ["live"]

MAINS = {"node": node_cli.main, "hub": coordinator_cli.main, "conflicts": conflicts_cli.main}
DOCS = Path(__file__).resolve().parent.parent / "docs"
ABSTRACT = {
    MrnmeshError,
    NumberError,
    TerminalError,
    StoreError,
    BodyError,
    BackupError,
    RowRefused,
}
"""Nobody raises these: they gather others."""

AGREED = {"range_exhausted", "terminal_not_found", "terminal_code_required", "mrn_conflict"}
"""Sentences of the earlier system, which keep their wording; their page has the cure."""

RAISED = [error for error in EXCEPTIONS if error not in ABSTRACT]
FACTS: dict[str, Any] = {
    "ranges": "710000-719999",
    "range": "710000-719999",
    "mrn": "710042",
    "terminal": "LAB1-PC",
    "path": "/var/lib/mrnmesh-node",
    "detail": "The daemon made no backup; look at its log.",
    "do": "Free some space.",
    "hint": ".",
    "found": "Name /var/lib/mrnmesh-node with --data.",
}
"""Some facts as they are; all others are told as a word."""


class Row(NamedTuple):
    """A row of docs/errors.md."""

    code: str
    status: str
    says: list[str]
    cure: str


def rows() -> list[Row]:
    """The rows of the page, with the forms of the sentence."""
    found = []
    for line in (DOCS / "errors.md").read_text(encoding="utf-8").splitlines():
        if match := re.match(r"\| `([a-z0-9_]+)` \| (-|\d+(?:, \d+)*) \| (.+?) \| (.+) \|$", line):
            found.append(Row(match[1], match[2], match[3].split(" Or: "), match[4]))
    return found


PAGE = {row.code: row for row in rows()}


def sentence(error: type[MrnmeshError]) -> str:
    """A message as the page has it: a fact is its name in capitals."""
    return re.sub(r"\{(\w+)\}", lambda name: name[1].upper(), error.__doc__ or "")


def raised(error: type[MrnmeshError]) -> MrnmeshError:
    """An error with facts as they are in a clinic."""
    if issubclass(error, InvalidFields):
        return error({"dob": "lies in the future"})
    return error(**{name: FACTS.get(name, name) for name in placeholders(error)})


def documented(text: str) -> set[str]:
    """The codes of all sentences of the page that a text is."""
    codes = set()
    for error in RAISED:
        pattern = re.sub(r"\\\{\w+\\\}", "(?s:.+?)", re.escape(error.__doc__ or ""))
        if error is not CallRefused and re.fullmatch(pattern, text):
            codes.add(error.code)
    return codes


def faults(text: str) -> list[str]:
    """All that is wrong with a text for people."""
    return python_words(text) + private_words(text) + ([] if next_step(text) else ["no next step"])


def test_the_page_has_every_code_once_and_no_other():
    codes = [row.code for row in rows()]
    assert len(codes) == len(set(codes)) > 90
    assert set(codes) == {error.code for error in RAISED}


@pytest.mark.parametrize("error", RAISED, ids=lambda error: error.__name__)
def test_the_page_says_what_the_error_says_with_its_status_and_a_cure(error):
    row = PAGE[error.code]
    assert sentence(error) in row.says
    assert row.status == "-" or str(error.status) in row.status.split(", ")
    if row.status == "-":
        assert error.status == MrnmeshError.status
    assert len(row.cure) > 20
    assert python_words(row.cure) == []
    assert next_step(f"{row.says[0]} {row.cure}")


@pytest.mark.parametrize("error", RAISED, ids=lambda error: error.__name__)
def test_a_command_tells_each_error_in_words_with_a_next_step(error, capsys):
    parser = command.new_parser("mrnmesh-x", "x", "x", NODE)

    def act(_options: Namespace) -> int:
        raise raised(error)

    parser.set_defaults(act=act)
    assert command.run(parser, []) == 1
    text = capsys.readouterr().err.removeprefix("mrnmesh-x: ").rstrip("\n")
    assert text == str(raised(error))
    if error.code in AGREED:
        assert next_step(PAGE[error.code].cure)
        assert python_words(text) + private_words(text) == []
    else:
        assert faults(text) == []


async def test_a_call_is_told_each_error_in_words_with_a_next_step():
    async def fail(request: Any) -> None:
        raise raised(RAISED[int(request.match_info["number"])])

    paths = [Operation("GET", "/raise/{number}/", fail, "Fail", needs=Needs.THIS_COMPUTER)]
    server = TestServer(new_application(lambda: [server.port], paths))
    wrong: dict[str, list[str]] = {}
    async with TestClient(server) as client:
        for number, error in enumerate(RAISED):
            async with client.get(f"/raise/{number}/") as answer:
                spoken = await answer.json()
                assert (answer.status, spoken["code"]) == (error.status, error.code)
                if error.code not in AGREED and (found := faults(spoken["detail"])):
                    wrong[error.code] = found
    assert len(RAISED) > 90
    assert wrong == {}


BACKUP = Alarm(
    "backup_missing",
    AlarmLevel.ALERT,
    "There is no backup.",
    "`mrnmesh-coordinator backup`, or `mrnmesh-node backup`.",
)


async def test_every_sentence_of_a_daemon_names_commands_with_its_data_folder(tmp_path):
    """Whoever reads an alarm or a refusal can paste what it names."""
    async with new_hub(tmp_path).running(jobs=False) as hub:
        here = f"`mrnmesh-coordinator --data {quoted(hub.config.folder)}"
        hub.daemon._alarms.add(lambda: [BACKUP])
        (alarm,) = (await hub.get("/api/status/"))["alarms"]
        assert alarm["do"] == f"{here} backup`, or `mrnmesh-node backup`."
        await hub.call("POST", "/api/terminals/", {"code": "OLD-PC"})
        await hub.call("DELETE", "/api/terminals/OLD-PC/")
        status, answer = await hub.send("POST", "/api/terminals/OLD-PC/ranges/", {})
        assert (status, answer["code"]) == (400, "terminal_ended")
        assert f"{here} terminals enrol OLD-PC`" in answer["detail"]
        stranger = await hub.send("GET", "/api/status/", token="x")
        assert "`mrnmesh-coordinator keys add`" in stranger[1]["detail"]
        desk = await new_desk(tmp_path, hub, "LAB1-PC")
        async with desk.running(jobs=False, alone=True):
            desk.daemon._alarms.add(lambda: [BACKUP])
            (alarm,) = (await desk.get("/api/status/"))["alarms"]
        there = f"`mrnmesh-node --data {quoted(desk.config.folder)}"
        assert alarm["do"] == f"`mrnmesh-coordinator backup`, or {there} backup`."


NUMBERS = (
    *(errno.EACCES, errno.EPERM, errno.ENOENT, errno.EEXIST, errno.EISDIR, errno.ENOTDIR),
    *(errno.ENOSPC, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENAMETOOLONG, errno.ELOOP),
    *(errno.EBUSY, errno.ENOTEMPTY, errno.EINVAL, errno.EXDEV, errno.ENODEV, errno.ENOTTY),
)


@pytest.mark.parametrize("number", NUMBERS, ids=[errno.errorcode[one] for one in NUMBERS])
def test_a_command_tells_what_the_system_refuses_in_words(number, capsys):
    parser = command.new_parser("mrnmesh-x", "x", "x", NODE)

    def act(_options: Namespace) -> int:
        raise OSError(number, os.strerror(number), "/backup/mrnmesh")

    parser.set_defaults(act=act)
    assert command.run(parser, []) == 1
    text = capsys.readouterr().err.removeprefix("mrnmesh-x: ").rstrip("\n")
    assert text.startswith("/backup/mrnmesh cannot be used: ")
    assert documented(text) == {"file_fails"}
    assert faults(text) == []


BROKEN = [
    ('zone = "Asia/Karachi"\nzone = "UTC"\n', "line 2 sets again"),
    ("[a]\n[a]\n", "line 2 sets again"),
    ('region = "PK\n', "line 1 has a text without a closing quotation mark"),
    ('backup_folder = "D:\\new"\nx\n', "line 2 is no setting"),
    ('backup_folder = "D:\\backups\\q"\n', "line 1 has a backslash"),
    ('backup_folder = "C:\\Users"\n', "line 1 has a backslash"),
    ("region = PK\n", "line 1 has no value"),
    ("region = \n", "line 1 has no value"),
    ("region: PK\n", "line 1 is no setting"),
    ("region\n", "line 1 is no setting"),
    ('origins = ["a", "b"\nx = 1\n', "line 2 "),
    ('origins = ["a"', "its last line has a list without a closing bracket"),
    ('= "x"\n', "line 1 "),
    ('a = "x" b = "y"\n', "line 1 "),
    ("a = 2026-99-99\n", "line 1 "),
    ("\xff", "it is not saved as UTF-8"),
]


@pytest.mark.parametrize(("text", "said"), BROKEN, ids=[repr(text) for text, _ in BROKEN])
def test_a_settings_file_that_was_edited_wrongly_is_told_by_its_line(live, tmp_path, text, said):
    folder = tmp_path / "desk"
    folder.mkdir()
    for name in ("register.db", "node.key"):
        (folder / name).touch()
    (folder / "node.toml").write_bytes(text.encode("latin-1"))
    done = live.run(node_cli.main, "--data", str(folder), "status")
    spoken = done.err.removeprefix("mrnmesh-node: ").rstrip("\n")
    assert f"cannot be used: {said}" in spoken
    assert "bad_config" in documented(spoken)
    assert faults(spoken) == []


MISTAKES = """
node: --data {tmp}/none status
node: --data {tmp}/none doctor
node: --data {tmp}/none renew
node: --data {tmp}/new enrol
node: --data {tmp}/new enrol 12345
node: --data {tmp}/new enrol --offline {tmp}/text --check X
node: --data {tmp}/new enrol --offline LAB.9
node: --data {tmp}/new enrol --offline
node: --data {desk} enrol --offline LAB9-PC
node: --data {tmp}/new restore {tmp}/missing
node: --data {tmp}/new restore {tmp}
node: --data {tmp}/new restore {tmp}/text
node: --data {desk} restore {tmp}/text
node: --data {desk} backup --to {tmp}/none
node: --data {desk} backup --to {tmp}/text
node: --data {desk} reprinted 5
node: --data {desk} docs nothing
node: --data {desk} drill --minutes 0
node: --data {desk} drill --minutes many
node: --data {desk} drill --minutes nan
node: --data {desk} drill --minutes inf
node: --data {desk} reprinted ''
node: --data {desk} run --zone Asia
node: --data {desk} drill --minutes 1e9
node: --data {desk} stauts
node: --data {desk} clock
hub: --data {tmp}/none status
hub: --data {hub} terminals show NOWHERE
hub: --data {hub} terminals show LAB.1
hub: --data {hub} terminals show ''
hub: --data {hub} terminals show a/../b
hub: --data {hub} terminals rename LAB1-PC ''
hub: --data {hub} terminals rename LAB1-PC ' '
hub: --data {hub} terminals token ''
hub: --data {hub} terminals add LAB1-PC
hub: --data {hub} terminals add LAB.1
hub: --data {hub} terminals add
hub: --data {hub} terminals enrol
hub: --data {hub} terminals enrol --offline {tmp}/missing.request --check X
hub: --data {hub} terminals enrol --offline {tmp} --check X
hub: --data {hub} terminals enrol --offline {tmp}/text --check X
hub: --data {hub} terminals grant LAB1-PC -- -
hub: --data {hub} terminals grant LAB1-PC 5
hub: --data {hub} terminals grant LAB1-PC 5-
hub: --data {hub} terminals grant LAB1-PC 9-1
hub: --data {hub} terminals grant LAB1-PC 0001-0009
hub: --data {hub} terminals grant LAB1-PC a-b
hub: --data {hub} terminals grant LAB1-PC 710005-710010
hub: --data {hub} terminals allow LAB1-PC --days x
hub: --data {hub} terminals allow LAB1-PC --days 9999
hub: --data {hub} terminals salvage LAB1-PC {tmp}
hub: --data {hub} terminals salvage LAB1-PC {tmp}/text
hub: --data {hub} terminals list --url http://127.0.0.1:1
hub: --data {hub} terminals list --url nonsense
hub: --data {hub} terminals list --url http://no-such-name.invalid:1
hub: --data {hub} terminals list --token wrong
hub: --data {hub} terminals list --token ۱۲۳
hub: terminals list --url ftp://127.0.0.1/
hub: terminals list --url file:///etc/passwd
hub: terminals list --url {desk_url}
hub: status --url {desk_url}
hub: pool show --url {desk_url}
hub: --data {hub} pool set 5-9
hub: --data {hub} pool set x
hub: --data {hub} pool set 3000000-3999999 --block x
hub: --data {hub} webhooks add ftp://x --after 0
hub: --data {hub} webhooks add http://127.0.0.1:1/x --after 999999
hub: --data {hub} webhooks remove 99
hub: --data {hub} import patients {tmp}/missing.csv
hub: --data {hub} import patients {tmp}
hub: --data {hub} import patients {tmp}/empty
hub: --data {hub} import patients {tmp}/text
hub: --data {hub} import patients {tmp}/picture
hub: --data {hub} import patients {tmp}/text --encoding klingon
hub: --data {hub} import terminals {tmp}/text
hub: --data {hub} clock disbelieve LAB1-PC now then --why b --yes
hub: --data {hub} clock disbelieve NOWHERE 2099-01-01T00:00Z 2099-01-02T00:00Z --why b --yes
hub: --data {hub} run
conflicts: --data {hub} show 99
conflicts: --data {hub} show ???
conflicts: --data {hub} resolve 99 void --why b
conflicts: --data {hub} list --since tomorrow
conflicts: --data {hub} list --since 2026-02-01 --until 2026-01-01
conflicts: list --url {desk_url}
conflicts: --data {hub} list --terminal NOWHERE --reason none
conflicts: --data {hub} --node {desk} resolve 99 void --why b
conflicts: --data {hub} --node {tmp}/none list
"""


@pytest.mark.parametrize("line", MISTAKES.strip().splitlines())
def test_a_mistake_at_a_command_is_told_in_words(live: LiveClinic, tmp_path, line):
    (tmp_path / "text").write_text("only text\n", encoding="utf-8")
    (tmp_path / "picture").write_bytes(b"\x89PNG\r\n\x1a\n\0\xff\xfe")
    (tmp_path / "empty").touch()
    places = {
        "tmp": tmp_path,
        "desk": live.desk.folder,
        "hub": live.coordinator.folder,
        "desk_url": live.desk.url,
    }
    program, words = line.split(": ", 1)
    done = live.run(MAINS[program], *shlex.split(words.format(**places)))
    assert done.status != 0, done.out
    spoken = done.err.rstrip("\n") or done.out
    assert python_words(spoken) + private_words(spoken) == []
    if done.status == 2 and "usage: " in spoken:
        return  # the lines of `usage` are the next step
    (last,) = [one for one in spoken.splitlines() if one.startswith("mrnmesh-")] or [spoken]
    assert next_step(last), last


CALLS = [
    ("desk", "GET", "/api/nothing/", None),
    ("desk", "PUT", "/api/patients/", None),
    ("desk", "POST", "/api/patients/", b""),
    ("desk", "POST", "/api/patients/", b"{"),
    ("desk", "POST", "/api/patients/", b"[]"),
    ("desk", "POST", "/api/patients/", b"\xff"),
    ("desk", "POST", "/api/patients/", b"null"),
    ("desk", "POST", "/api/patients/", b"[" * 5000),
    ("desk", "POST", "/api/patients/", b"{}"),
    ("desk", "POST", "/api/patients/", b'{"full_nam": "x"}'),
    ("desk", "POST", "/api/patients/", b'{"full_name": ["x"], "dob": null}'),
    ("desk", "POST", "/api/patients/", b'{"full_name": "A", "dob": "17.5.1990", "sex": "X"}'),
    ("desk", "POST", "/api/patients/", b'{"full_name": "A", "age_years": "many"}'),
    ("desk", "POST", "/api/patients/", b'{"full_name": "A", "offline": "perhaps"}'),
    ("desk", "GET", "/api/patients/0/", None),
    ("desk", "GET", "/api/patients/mrn/%20/", None),
    ("desk", "GET", "/api/patients/?page=none", None),
    ("desk", "GET", "/api/patients/?created_from=yesterday", None),
    ("desk", "GET", "/api/patients/?quary=x", None),
    ("desk", "GET", "/api/changes/?after=99999999", None),
    ("desk", "GET", "/api/changes/?after=x", None),
    ("desk", "GET", "/api/conflicts/zz/", None),
    ("desk", "POST", "/api/patients/1/reprinted/", b'{"mrn": 5}'),
    ("desk", "POST", "/api/drill/", b'{"minutes": "x"}'),
    ("hub", "GET", "/api/terminals/NOWHERE/", None),
    ("hub", "POST", "/api/terminals/", b'{"code": "a b"}'),
    ("hub", "POST", "/api/terminals/", b'{"code": 5}'),
    ("hub", "POST", "/api/terminals/", b'{"code": "X1", "offline_range_start": 9}'),
    ("hub", "POST", "/api/terminals/LAB1-PC/ranges/", b'{"range": 5}'),
    ("hub", "POST", "/api/conflicts/00/resolve/", b'{"action": "x"}'),
    ("hub", "POST", "/api/conflicts/00/resolve/", b'{"action": "merge", "into": "00"}'),
    ("hub", "PATCH", "/api/pool/", b'{"block": "x"}'),
    ("hub", "POST", "/api/webhooks/", b'{"url": "x"}'),
    ("hub", "POST", "/api/import/patients/", b'{"rows": 1}'),
    ("hub", "POST", "/api/patients/", b'{"full_name": "A", "offline": true}'),
    ("nobody", "GET", "/api/terminals/", None),
    ("stranger", "GET", "/api/terminals/", None),
]


@pytest.mark.parametrize(("who", "method", "path", "body"), CALLS)
def test_a_mistake_in_a_call_is_told_in_words(live: LiveClinic, who, method, path, body):
    daemon = live.desk if who == "desk" else live.coordinator
    request = urllib.request.Request(daemon.url + path, body, method=method)
    request.add_header("Content-Type", "application/json")
    if who in ("hub", "stranger"):
        request.add_header("Authorization", f"Bearer {live.token if who == 'hub' else 'x'}")
    with pytest.raises(urllib.error.HTTPError) as refused, urllib.request.urlopen(request):
        pass
    with refused.value as answer:
        spoken = json.load(answer)
    detail = spoken["detail"]
    fields = [why for name in spoken if name not in ("detail", "code") for why in spoken[name]]
    for text in (detail, *fields):
        assert python_words(text) + private_words(text) == []
    if not spoken["code"].startswith("http_4"):
        assert spoken["code"] in documented(detail)
        assert spoken["code"] in AGREED or next_step(detail)
