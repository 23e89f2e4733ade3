"""What happens when recovery is ended early."""

from __future__ import annotations

from typing import Any

from sync.model import phrases


def plan_text(status: dict[str, Any], pool: dict[str, Any]) -> str:
    """What will happen, one sentence a line.

    Args:
        status: of a coordinator that is in recovery, as `GET /api/status/` answers.
        pool: as `GET /api/pool/` answers.
    """
    recovery = status["recovery"]
    desks = recovery["waiting_for"]
    missing = sum(one["last"] - one["first"] + 1 for one in recovery.get("missing", ()))
    first, last = (int(bound) for bound in pool["range"].split("-"))
    named = f" ({', '.join(desks)})" if desks else ""
    entries = phrases.count(missing, "entry", "entries")
    numbers = phrases.count(last - first + 1, "number")
    return "\n".join(
        [
            "Recovery will end. This cannot be undone.",
            f"- {phrases.count(len(desks), 'desk')} that it waits for{named} will not be waited "
            "for any more. What only these know of ranges and numbers given out is given up.",
            f"- {entries} that the coordinator had given, and that nobody has brought back, will "
            "be written down as lost.",
            f"- The pool {pool['range']} ({numbers}) will be closed, because those desks may hold "
            "blocks of it. No desk gets a new block until you name another pool.",
            f"- {phrases.count(status['pending'], 'registration')} waiting for confirmation will "
            "be judged by what is known now.",
        ]
    )
