"""``run``: how a daemon that cannot start ends."""

import subprocess
import sys


def test_a_daemon_that_cannot_start_says_why_in_one_line(tmp_path):
    """What is foreseen ends a daemon with status 1, its code and no traceback."""
    script = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from types import SimpleNamespace\n"
        "from zoneinfo import ZoneInfo\n"
        "from sync.cli.running import run_daemon\n"
        "from sync.errors import CannotListen\n"
        "async def daemon():\n"
        "    raise CannotListen(address='127.0.0.1:1', why='in use')\n"
        "settings = SimpleNamespace(log_folder=Path(sys.argv[1]), zone=ZoneInfo('Asia/Karachi'))\n"
        "sys.exit(run_daemon('node', settings, daemon()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, check=False
    )
    told = done.stderr.decode()
    assert done.returncode == 1
    assert "the daemon ends: [cannot_listen] The daemon cannot listen at 127.0.0.1:1" in told
    assert told.count("\n") == 1
    assert (tmp_path / "node.log").read_text(encoding="utf-8") == told
