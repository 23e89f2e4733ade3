"""What only a desk refuses; see `sync.errors` for the root of the tree."""

from __future__ import annotations

from sync.errors import MrnmeshError, TerminalError


class OtherTerminal(TerminalError):
    """This is the desk {here}; it registers nobody for {terminal}. Leave origin_terminal_code out, or send this to {terminal}."""

    code = "other_terminal"
    status = 409


class ReadOnlyHere(MrnmeshError):
    """A desk only shows conflicts. Resolve them at the coordinator: `mrnmesh-conflicts resolve`."""

    code = "read_only_here"
    status = 403


class CannotAsk(MrnmeshError):
    """Nothing was asked for: {why}. Look at the record again."""

    code = "cannot_ask"
    status = 409


class NotToReprint(MrnmeshError):
    """Nothing was marked as printed: {why}. Look at `mrnmesh-node status`, which lists the cards that this desk has to print."""

    code = "not_to_reprint"
    status = 409


class DrillOn(MrnmeshError):
    """A drill is on already, until {ends_at}. End it first: `DELETE /api/drill/`, or Ctrl-C where it was begun."""

    code = "drill_on"
    status = 409
