"""Coordinators and desks in the process of a test, whole and at addresses of this computer.

There is one way to make them, and three to use them: `running` has them on the loop of the test,
`commands` in threads of their own, for the command lines, and `api` calls what both serve.
"""

from tests.daemons.api import AYESHA, OFFLINE, Api
from tests.daemons.running import (
    WAIT_S_MAX,
    Copy,
    Desk,
    Hub,
    addresses,
    desk_cut_off,
    enrolled,
    new_code,
    new_desk,
    new_hub,
    online,
    open_desk,
    open_hub,
    open_set_back_desk,
    settled,
)

__all__ = [
    "AYESHA",
    "OFFLINE",
    "WAIT_S_MAX",
    "Api",
    "Copy",
    "Desk",
    "Hub",
    "addresses",
    "desk_cut_off",
    "enrolled",
    "new_code",
    "new_desk",
    "new_hub",
    "online",
    "open_desk",
    "open_hub",
    "open_set_back_desk",
    "settled",
]
