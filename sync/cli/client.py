"""Calling a daemon's HTTP API from the command line, with urllib and with clear errors."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from sync.cli.errors import AnotherDaemon, CallRefused, NoToken, TokenUnknown, Unreachable
from sync.daemon import daemons, data_folder
from sync.daemon.daemons import Daemon
from sync.engine import keys
from sync.errors import StoreLocked
from sync.http.own import AGENT
from sync.http.system import HEALTH
from sync.model import causes, phrases
from sync.model.facts import COORDINATOR
from sync.reading.pages import PAGE_SIZE_MAX
from sync.storage.lock import FolderLock
from sync.version import version

TIMEOUT_S: Final = 30
_NO_ADDRESS: Final = "that is no address of a daemon, or another program answers there"
TOKEN_VARIABLE: Final = "MRNMESH_TOKEN"

SIGN_IN: Final = "/api/sign-in/"
SIGN_OUT: Final = "/api/sign-out/"

_OPENER: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Daemons are on this computer: a proxy would only get to see the token."""


class Client:
    """A daemon's API at ``url``, with an optional bearer token.

    Args:
        folder: the data folder of the daemon that is meant. Before the first call the daemon at
            ``url`` is asked who it is, and nothing is asked of any other: two folders can name
            the same port, and then whichever daemon was started first has it.
        daemon: which of the two it is, for a hint how to start it.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        folder: Path | None = None,
        daemon: Daemon | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self._cookie: str | None = None
        self.folder = folder
        self._daemon = daemon
        self._is_proven = False
        self._start = f"`{daemon.command} run`" if daemon else "`run`"

    def call(self, method: str, path: str, body: object = None) -> Any:
        """What the daemon answers, from JSON.

        Raises:
            Unreachable: nothing answers.
            TokenUnknown, NoToken: the token is wrong, or there is none.
            CallRefused: it answers with another error; the message is the daemon's.
            AnotherDaemon: what answers is not the daemon of the data folder.
            BadConfig: the key in the data folder cannot be read.
        """
        if body is None:
            return self._send(method, path, None, "")
        return self._send(method, path, json.dumps(body).encode(), "application/json")

    def all(self, path: str, filters: Mapping[str, str] = MappingProxyType({})) -> list[Any]:
        """The entries of all pages of a list; raises as `call` does.

        Args:
            filters: names and values of the query.
        """
        found: list[Any] = []
        query = urlencode({**filters, "page_size": str(PAGE_SIZE_MAX)})
        while query:
            page = self.call("GET", f"{path}?{query}")
            found += page["results"]
            query = urlsplit(page["next"]).query if page["next"] else ""
        return found

    def send(self, path: str, data: bytes) -> Any:
        """What the daemon answers, from JSON, to a POST of bytes; raises as `call` does."""
        return self._send("POST", path, data, "application/octet-stream")

    def some(self, path: str, filters: Mapping[str, str], most: int) -> list[Any]:
        """The first entries of a list, at most ``most``; raises as `call` does."""
        found: list[Any] = self.page(path, {**filters, "page_size": str(most)})["results"]
        return found

    def page(self, path: str, query: Mapping[str, str]) -> Any:
        """The answer to a query; raises as `call` does."""
        return self.call("GET", f"{path}?{urlencode(query)}")

    def sign_in(self, name: str, password: str) -> None:
        """Let all further calls be those of a user; raises as `call` does."""
        self.call("POST", SIGN_IN, {"name": name, "password": password})

    def sign_out(self) -> None:
        """Let nobody go on as this user; raises as `call` does."""
        self.call("POST", SIGN_OUT, {})

    def _send(self, method: str, path: str, data: bytes | None, content_type: str) -> Any:
        if self.folder is not None and not self._is_proven:
            self._require_daemon_of(self.folder)
        elif self._daemon is not None and not self._is_proven:
            self._require_kind(self._daemon)
        self._is_proven = True
        return self._exchange(method, path, data, content_type)

    def _require_daemon_of(self, folder: Path) -> None:
        """Pass only if what answers is the daemon that works on this data folder."""
        key = keys.Signer.load(folder / data_folder.KEY_FILE).public_key.hex()
        answer = self._exchange("GET", HEALTH, None, "")
        if answer.get("public_key") != key:
            # A daemon of an earlier version does not say which one it is.
            name = answer.get("author")
            who = phrases.writer(name) if name else "a daemon of an earlier version"
            raise AnotherDaemon(
                url=self.url, who=who, wanted=f"the one of {folder}", start=self._start
            )
        try:
            # Only a copy of the folder has the same key and is used by nobody.
            FolderLock(folder).release()
        except StoreLocked:
            return
        raise AnotherDaemon(
            url=self.url,
            who="the daemon of a copy",
            wanted=f"the one of {folder}",
            start=self._start,
        )

    def _require_kind(self, daemon: Daemon) -> None:
        """Pass only if what answers is not the other kind of daemon, whose answers differ."""
        name = self._exchange("GET", HEALTH, None, "").get("author")
        if name and (name == COORDINATOR) != (daemon is daemons.COORDINATOR):
            raise AnotherDaemon(
                url=self.url, who=phrases.writer(name), wanted=f"a {daemon.kind}", start=self._start
            )

    def _exchange(self, method: str, path: str, data: bytes | None, content_type: str) -> Any:
        if not self.url.startswith(("http://", "https://")):
            raise Unreachable(url=self.url, why=_NO_ADDRESS, start=self._start)
        try:
            request = urllib.request.Request(self.url + path, method=method)
        except ValueError as error:
            raise Unreachable(url=self.url, why=_plainly(error), start=self._start) from error
        if self._token and not (self._token.isascii() and self._token.isprintable()):
            raise TokenUnknown()
        request.add_header("Accept", "application/json")
        request.add_header("User-Agent", f"{AGENT}/{version()}")
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        elif self._cookie:
            request.add_header("Cookie", self._cookie)
        if data is not None:
            request.add_header("Content-Type", content_type)
        try:
            with _OPENER.open(request, data, TIMEOUT_S) as response:
                cookie = response.headers.get("Set-Cookie")
                if cookie is not None:
                    self._cookie = cookie.partition(";")[0]
                return None if response.status == HTTPStatus.NO_CONTENT else json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                code, detail = _refusal(error, self.url)
            if code == "not_authorised" and not self._token:
                raise NoToken(variable=TOKEN_VARIABLE) from error
            # A daemon of version 0.1.0 says the same of a wrong token and of none.
            if code in ("not_authorised", "token_wrong"):
                raise TokenUnknown() from error
            raise CallRefused(detail=detail) from error
        except (OSError, ValueError, HTTPException) as error:
            raise Unreachable(url=self.url, why=_plainly(error), start=self._start) from error


def _plainly(error: OSError | ValueError | HTTPException) -> str:
    """What went wrong, without the wrapping that urllib puts around it."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, OSError):
        return causes.why(cause)
    return _NO_ADDRESS


def _refusal(error: urllib.error.HTTPError, url: str) -> tuple[str, str]:
    """The code of an error and what it says; no code if it is no daemon's."""
    try:
        answer = json.load(error)
        return str(answer["code"]), str(answer["detail"])
    except (OSError, ValueError, KeyError, TypeError, HTTPException):
        return "", (
            f"The program at {url} answers with HTTP status {error.code}, and not as a daemon of "
            "mrnmesh does. See whether the address is right."
        )
