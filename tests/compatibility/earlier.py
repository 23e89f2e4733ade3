"""Version 0.1.0: its code out of the history of this repository, and where its data lie."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
from pathlib import Path

from examples.programs import where_code_is

VERSION = "0.1.0"
COMMIT = "3387edc889c644b12470c3faf237c856bbe54fce"
"""The last commit in which the code lay as version 0.1.0 had it."""

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = Path(__file__).parent / "data" / VERSION
FOLDER = "folder"
WITNESS = "witness"
BACKUP = "backup"
ANSWERS = "answers.json"
"""What each of the packed files of `DATA` holds, see `tests.compatibility.make_data`."""

PACKAGES = ("sync", "node", "coordinator")
_TELL_HOMES = """
import sync, node, coordinator
for package in (sync, node, coordinator):
    print(package.__path__[0])
"""


def later_witness(kind: str) -> str:
    """The name of the witness after one more number of a kind, such as ``own``."""
    return f"later-{kind}.witness"


class NotInHistory(Exception):
    """The code of version 0.1.0 cannot be taken out of the history."""


def unpack_code(folder: Path) -> Path:
    """Put the packages of version 0.1.0 into ``folder``, and return it.

    Raises:
        NotInHistory: this is no clone of the repository, or one without its whole history.
    """
    try:
        archive = subprocess.run(
            ["git", "archive", COMMIT, *PACKAGES], cwd=ROOT, capture_output=True, check=True
        ).stdout
    except FileNotFoundError as error:
        raise NotInHistory("git is not installed") from error
    except subprocess.CalledProcessError as error:
        raise NotInHistory(error.stderr.decode(errors="replace").strip()) from error
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        for member in packed:
            if member.isfile():
                path = folder / member.name
                path.parent.mkdir(parents=True, exist_ok=True)
                content = packed.extractfile(member)
                assert content is not None
                path.write_bytes(content.read())
    require_in_use(folder)
    return folder


def require_in_use(source: Path) -> None:
    """Fail unless a process that is started for the code in ``source`` imports that code."""
    listed = subprocess.run(
        [sys.executable, "-c", _TELL_HOMES],
        capture_output=True,
        check=True,
        text=True,
        **where_code_is(source),
    ).stdout.splitlines()
    found = [Path(path).resolve() for path in listed]
    assert found == [(source / name).resolve() for name in PACKAGES], found
