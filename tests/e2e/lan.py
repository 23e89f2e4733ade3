"""Hosts of their own on a network of their own: Linux network namespaces joined by a bridge.

Commands of a host run in its namespace, so 127.0.0.1 is another one on each, as between computers.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.e2e.inside import Programs

ROOT = Path(__file__).resolve().parents[2]
WAIT_S_MAX = 90.0
_CALLER = """
import json, sys, urllib.error, urllib.request
for line in sys.stdin:
    method, url, body, headers = json.loads(line)
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            said = [True, answer.read().decode()]
    except urllib.error.HTTPError as error:
        said = [False, error.read().decode()]
    except Exception as error:
        said = [False, repr(error)]
    print(json.dumps(said), flush=True)
"""
_CAPTURE = """
import socket, sys
line = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
print("ready", flush=True)
with open(sys.argv[1], "wb", buffering=0) as file:
    while True:
        file.write(line.recv(65536))
"""


_WRONG_DATE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
static long shift(void) { const char *s = getenv("WRONG_BY_S"); return s ? atol(s) : 0; }
int clock_gettime(clockid_t which, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int done = real(which, now);
    if (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE) now->tv_sec += shift();
    return done;
}
time_t time(time_t *kept) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (kept) *kept = now.tv_sec;
    return now.tv_sec;
}
int gettimeofday(struct timeval *now, void *zone) {
    struct timespec found;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &found);
    now->tv_sec = found.tv_sec;
    now->tv_usec = found.tv_nsec / 1000;
    return 0;
}
"""


_ETC = Path("/etc/netns")


class CommandFailed(Exception):
    """A command of a host ended with another status than 0."""


def is_possible() -> str:
    """Why no namespace can be made here; empty where one can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "it takes root on Linux"
    name = f"mm-try-{os.getpid()}"
    tried = [
        _ip("netns", "add", name),
        _ip("-n", name, "link", "add", "name", "bridge", "type", "bridge"),
    ]
    _ip("netns", "del", name)
    failed = [one.stderr.strip() for one in tried if one.returncode]
    return failed[0] if failed else ""


def _ip(*words: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return subprocess.CompletedProcess(words, 1, "", "the command `ip` is not installed")


class Host:
    """A computer on the network."""

    def __init__(self, lan: Lan, name: str, address: str, machine: str = "") -> None:
        self.name = name
        self.address = address
        self.space = f"{lan.prefix}-{name}"
        self.machine = machine or uuid.uuid4().hex
        # `ip netns exec` shows commands the files of this folder as those of /etc.
        _ETC.joinpath(self.space).mkdir(parents=True)
        _ETC.joinpath(self.space, "machine-id").write_text(f"{self.machine}\n", encoding="ascii")
        self.folder = lan.folder / name
        self.folder.mkdir()
        self.variables: dict[str, str] = {}
        self._lan = lan
        self._running: list[int] = []
        self._watching: list[subprocess.Popen[bytes]] = []
        self._caller: subprocess.Popen[bytes] | None = None

    def plug(self) -> None:
        """The cable is in."""
        self._lan.ip("-n", self.space, "link", "set", "eth0", "up")

    def unplug(self) -> None:
        """Somebody pulls the cable."""
        self._lan.ip("-n", self.space, "link", "set", "eth0", "down")

    def move_to(self, address: str) -> None:
        """The router gives it another address, of IPv4 or IPv6; empty for none at all.

        Its interface keeps the address of IPv6 that it has given itself, as everywhere.
        """
        self._lan.ip("-n", self.space, "addr", "flush", "dev", "eth0", "scope", "global")
        self.address = address
        if address:
            length = "64" if ":" in address else "24"
            words = ("addr", "add", f"{address}/{length}", "dev", "eth0")
            self._lan.ip("-n", self.space, *words, *(["nodad"] if ":" in address else []))

    def set_clock(self, seconds: int) -> bool:
        """From now on programs see a date that is off by so many seconds; False if nothing can."""
        library = self._lan.wrong_date
        if library is None:
            return False
        self.variables = {"LD_PRELOAD": str(library), "WRONG_BY_S": str(seconds)}
        return True

    def run(self, module: str, *words: str, variables: dict[str, str] | None = None) -> str:
        """A command of ours to its end; what it printed.

        Raises:
            CommandFailed: with what it said.
        """
        out, err = self.folder / "printed", self.folder / "said"
        for file in (out, err):
            file.unlink(missing_ok=True)
        programs, here = self._lan.programs, self.variables | (variables or {})
        pid = programs.start(self.space, (module, *words), here, out, err)
        if programs.wait(pid):
            raise CommandFailed(err.read_text(encoding="utf-8").strip())
        return out.read_text(encoding="utf-8")

    def start(self, module: str, *words: str) -> None:
        """A daemon, which goes on."""
        log = self.folder / "stderr.log"
        programs = self._lan.programs
        pid = programs.start(self.space, (module, *words), self.variables, log, log)
        self._running.append(pid)

    def capture(self, file: Path) -> None:
        """Write all that passes any of its interfaces into a file."""
        command = [*self._inside(), "-c", _CAPTURE, str(file)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.stdout.close()
        self._watching.append(process)

    def call(self, method: str, url: str, body: object = None, token: str = "") -> Any:
        """The HTTP API of a daemon on this host.

        Raises:
            CommandFailed: with what was answered, or why nothing was.
        """
        if self._caller is None:
            self._caller = self._calling()
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        asked, answers = self._caller.stdin, self._caller.stdout
        assert asked is not None
        assert answers is not None
        asked.write(json.dumps([method, url, body, headers]).encode() + b"\n")
        asked.flush()
        is_done, said = json.loads(answers.readline())
        if not is_done:
            raise CommandFailed(said)
        return json.loads(said)

    def _calling(self) -> subprocess.Popen[bytes]:
        """A process that calls for all who ask: one for each call takes longer than the call."""
        command = [*self._inside(), "-c", _CALLER]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def stop(self) -> None:
        """End what runs on it."""
        for pid in self._running:
            self._lan.programs.end(pid)
        self._running.clear()
        for process in self._watching:
            process.kill()
            process.wait()
        self._watching.clear()
        if self._caller is not None:
            self._caller.communicate()  # which closes what it reads, so it ends
            self._caller = None

    def _inside(self) -> list[str]:
        return ["ip", "netns", "exec", self.space, sys.executable]


class Lan:
    """A switch and the hosts at it, without a way to anywhere else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.prefix = f"mm{os.getpid()}"
        self.hosts: dict[str, Host] = {}
        self.switch = f"{self.prefix}-switch"
        self.ip("netns", "add", self.switch)
        self.ip("-n", self.switch, "link", "add", "name", "bridge", "type", "bridge")
        self.ip("-n", self.switch, "link", "set", "bridge", "up")

    @functools.cached_property
    def programs(self) -> Programs:
        """What starts our programs on the hosts."""
        library = self.wrong_date
        return Programs({} if library is None else {"LD_PRELOAD": str(library)})

    @functools.cached_property
    def wrong_date(self) -> Path | None:
        """A library that answers with a date that is off, None where nothing can make it.

        Namespaces have no date of their own. Without ``WRONG_BY_S`` it answers with the right one.
        """
        library, source = self.folder / "wrong_date.so", self.folder / "wrong_date.c"
        source.write_text(_WRONG_DATE, encoding="utf-8")
        words = ["cc", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"]
        if shutil.which("cc") is None or subprocess.run(words, check=False).returncode:
            return None
        return library

    def watcher(self) -> Host:
        """The switch itself, at which all that hosts say to each other can be heard."""
        watcher = Host(self, "switch", "")
        self.hosts["switch"] = watcher
        return watcher

    def host(self, name: str, address: str, machine: str = "") -> Host:
        """One more computer.

        Args:
            machine: what its system calls itself, which is another name for each by default.
        """
        host = self.hosts[name] = Host(self, name, address, machine)
        self.ip("netns", "add", host.space)
        port = f"to-{name}"
        self.ip(
            *("-n", host.space, "link", "add", "name", "eth0", "type", "veth"),
            *("peer", "name", port, "netns", self.switch),
        )
        self.ip("-n", self.switch, "link", "set", port, "master", "bridge", "up")
        self.ip("-n", host.space, "link", "set", "lo", "up")
        host.plug()
        host.move_to(address)
        return host

    def close(self) -> None:
        """Take all of it apart."""
        for host in self.hosts.values():
            host.stop()
        if "programs" in self.__dict__:
            self.programs.close()
        for space in {*(host.space for host in self.hosts.values()), self.switch}:
            _ip("netns", "del", space)
            shutil.rmtree(_ETC / space, ignore_errors=True)
        with contextlib.suppress(OSError):  # another network has its files there
            _ETC.rmdir()

    def ip(self, *words: str) -> None:
        """Run ``ip``."""
        done = _ip(*words)
        assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr}"


@contextlib.contextmanager
def open_lan(folder: Path) -> Iterator[Lan]:
    """A network for as long as the block lasts."""
    lan = Lan(folder)
    try:
        yield lan
    finally:
        lan.close()


def until(what: str, holds: Any) -> Any:
    """Ask again and again, from outside, until something holds; what it was then."""
    limit = time.monotonic() + WAIT_S_MAX
    while True:
        with contextlib.suppress(CommandFailed):
            if found := holds():
                return found
        assert time.monotonic() < limit, f"it did not happen in time: {what}"
        time.sleep(0.2)
