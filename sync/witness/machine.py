"""By what a witness knows the computer on which it was begun."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

if sys.platform == "win32":
    import winreg

MACHINE_FILES: Final = ("/etc/machine-id", "/var/lib/dbus/machine-id")


def machine_id() -> str:
    """What the operating system calls this installation of itself; empty if it has no name."""
    if sys.platform == "win32":
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography") as key:
            return str(winreg.QueryValueEx(key, "MachineGuid")[0])
    else:
        for name in MACHINE_FILES:
            try:
                # An empty file is an answer too: witnesses were begun under it, and another name
                # would be that of another computer to them.
                return Path(name).read_text(encoding="ascii").strip()
            except (OSError, UnicodeDecodeError):  # not there, or spoiled
                continue
        return ""
