"""The two files by which a desk is enrolled that never sees its coordinator.

A desk writes ``CODE.request``, which somebody carries to the coordinator; the coordinator answers
with ``CODE.answer``, which somebody carries back. Neither is secret. That nobody has exchanged one
on the way is shown by its check, which one side shows and the other asks for.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta

from sync.errors import WrongCheck, WrongFile
from sync.model import causes
from sync.model.facts import Bytes32, TerminalCode
from sync.storage import files
from sync.trust import codes
from sync.trust.registry_copy import RegistryCopy, ShownEnds

REQUEST: Final = "request"
ANSWER: Final = "answer"
CHECK_BYTES: Final = 10
"""Of the hash that a check shows: nobody finds another file with the same one."""
IDENT: Final = b"offline"
"""What the desk signs in the place of the id of a code."""
_DEVICES: Final = frozenset(
    {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(10))}
)


class RequestFile(msgspec.Struct, frozen=True):
    """What the coordinator must know of a desk.

    ``key`` is its public Ed25519 key, ``tls_key`` its public TLS key, ``signature`` that of the
    former over `sync.trust.codes.asking_bytes`; ``shown`` as in `sync.trust.registry_copy`.
    """

    terminal: TerminalCode
    key: Bytes32
    tls_key: Annotated[bytes, Meta(min_length=60, max_length=200)]
    incarnation: Annotated[bytes, Meta(min_length=8, max_length=8)]
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)]
    shown: ShownEnds = ShownEnds()


class AnswerFile(msgspec.Struct, frozen=True):
    """What a desk must know of its coordinator; certificates are DER.

    ``key`` is that of the desk for which it is, ``coordinator`` the WebSocket address where the
    coordinator syncs.
    """

    terminal: TerminalCode
    key: Bytes32
    coordinator_key: Bytes32
    coordinator: str
    zone: str
    region: str
    authority: bytes
    certificate: bytes
    registry: RegistryCopy


F = TypeVar("F", RequestFile, AnswerFile)

_RIGHT: Final = {
    RequestFile: "the file CODE.request that `mrnmesh-node enrol --offline` has written",
    AnswerFile: "the file CODE.answer that `mrnmesh-coordinator terminals enrol --offline` wrote",
}


def content_of(path: Path, kind: type[F], check: str) -> str:
    """One of the two files, as text, if it has the check that the other computer has shown.

    Raises:
        WrongFile: it is missing or holds something else; it names the right one.
        WrongCheck: it is not the file that the other computer has written.
    """
    try:
        content = files.text_of(path)
    except FileNotFoundError as error:
        raise WrongFile(path=path, why="there is no such file", right=_RIGHT[kind]) from error
    except OSError as error:
        raise WrongFile(path=path, why=causes.why(error), right=_RIGHT[kind]) from error
    except UnicodeDecodeError as error:
        raise WrongFile(path=path, why=_ANOTHER_KIND, right=_RIGHT[kind]) from error
    parsed(content, kind, path)
    require_check(content, check, path)
    return content


def require_check(content: str, check: str, path: Path | str) -> None:
    """Pass a file that has the check which the other computer has shown.

    Raises:
        WrongCheck: it is not the file that the other computer has written.
    """
    try:
        is_right = codes.read(check) == _hash(content)
    except ValueError as error:
        raise WrongCheck(path=path, why=str(error)) from error
    if not is_right:
        raise WrongCheck(path=path, why="it is the check of another file")


_ANOTHER_KIND: Final = "it is another kind of file"


def parsed(content: str, kind: type[F], path: Path | str) -> F:
    """What a file says.

    Raises:
        WrongFile: it holds something else, perhaps the file of the other side.
    """
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.ValidationError as error:
        raise WrongFile(path=path, why="it is another file", right=_RIGHT[kind]) from error
    except msgspec.DecodeError as error:
        raise WrongFile(path=path, why=_ANOTHER_KIND, right=_RIGHT[kind]) from error


def written(content: RequestFile | AnswerFile) -> str:
    """The text of a file."""
    return msgspec.json.encode(content).decode() + "\n"


def check_of(content: str) -> str:
    """What the other side asks for, to know this very file: 17 characters in groups."""
    return codes.written(_hash(content))


def name_of(code: str, kind: str) -> str:
    """The name of a file for a terminal; some codes are names of devices on Windows."""
    return f"terminal-{code}.{kind}" if code in _DEVICES else f"{code}.{kind}"


def _hash(content: str) -> bytes:
    return sha256(b"mrnmesh enrolment file\0" + content.encode()).digest()[:CHECK_BYTES]
