"""Errors that end a command; see `sync.errors` for the root of the tree."""

from __future__ import annotations

from sync.errors import MrnmeshError


class NoToken(MrnmeshError):
    """Set {variable} to the administrator's token, which `mrnmesh-coordinator init` showed. If it is lost, make a new one on the computer of the coordinator: `mrnmesh-coordinator token reset`."""

    code = "no_token"


class TokenUnknown(MrnmeshError):
    """The coordinator does not know this token. Is it complete, and of this coordinator? If it is lost, make a new one on the computer of the coordinator: `mrnmesh-coordinator token reset`."""

    code = "token_unknown"


class CallRefused(MrnmeshError):
    """{detail}"""

    code = "call_refused"


class AnotherDaemon(MrnmeshError):
    """Nothing was asked of the daemon at {url}: it is {who}, not {wanted}. Start that with {start}; if both have the same port, give one of them another (`listen` and `sync_listen` in its settings). If a daemon was not restarted after an update, restart it."""

    code = "another_daemon"


class Unreachable(MrnmeshError):
    """Nothing answers at {url} ({why}). Start the daemon there with {start}, or see with `doctor` what is wrong."""

    code = "unreachable"


class NobodyToAsk(MrnmeshError):
    """Nothing was decided: there is nobody at a keyboard here to confirm it. Add --yes to do it without being asked."""

    code = "nobody_to_ask"


class PasswordsDiffer(MrnmeshError):
    """The two are not the same, and nothing was changed. Run the command again."""

    code = "passwords_differ"
