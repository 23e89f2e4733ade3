"""Nothing in the sources exists on one system only, unless its counterpart stands beside it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("sync", "node", "coordinator", "examples", "scripts")

UNIX_MODULES = frozenset(
    {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}
)
WINDOWS_MODULES = frozenset({"msvcrt", "winreg", "winsound", "wintypes"})


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ONLY_SOMEWHERE = {
    "os": words(
        """
        chown chroot fchmod fchown fork forkpty getegid geteuid getgid getgroups
        getloadavg getpgid getuid initgroups kill killpg lchown major mkfifo mknod nice
        openpty pathconf register_at_fork sched_setaffinity setegid seteuid setgid
        setsid setuid statvfs sync sysconf uname wait wait3 wait4 O_CLOEXEC O_DIRECTORY
        O_DSYNC O_NOFOLLOW O_NONBLOCK O_SYNC O_BINARY startfile posix_fallocate sendfile
        readv writev pread pwrite execv
        """
    ),
    "signal": words(
        """
        SIGALRM SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGTSTP SIGUSR1
        SIGUSR2 SIGBREAK CTRL_C_EVENT CTRL_BREAK_EVENT alarm pause setitimer sigwait
        pthread_kill set_wakeup_fd
        """
    ),
    "socket": words(
        """
        AF_UNIX SO_REUSEPORT SO_REUSEADDR SO_EXCLUSIVEADDRUSE TCP_KEEPIDLE fromshare
        """
    ),
    "ctypes": words(
        """
        windll oledll WinDLL WINFUNCTYPE WinError
        """
    ),
    "loop": words(
        """
        add_signal_handler remove_signal_handler add_reader add_writer connect_read_pipe
        create_unix_server create_unix_connection
        """
    ),
}
"""What some system lacks or means otherwise; ``loop`` stands for any event loop."""

UNIX_PATHS = ("/proc", "/etc", "/dev", "/tmp", "/var", "/usr")


FUNCTIONS = ("rename", "fromtimestamp", "open", "read_text", "write_text")
ANYWHERE = re.compile(
    "|".join(
        (
            *(rf"\b{word}\b" for word in sorted(UNIX_MODULES | WINDOWS_MODULES)),
            *(rf"\b{owner}\b" for owner in ONLY_SOMEWHERE),
            *(rf"\b{word}\b" for word in sorted(ONLY_SOMEWHERE["loop"])),
            *(rf"\b{word}\b" for word in FUNCTIONS),
            *(rf"[\"']{path}\b" for path in UNIX_PATHS),
        )
    )
)
"""A source without any of them has nothing to be found, and is not parsed, which takes longer."""


class Scan(ast.NodeVisitor):
    """Finds what only some systems have, outside of what guards it."""

    def __init__(self) -> None:
        self.found: list[tuple[int, str]] = []
        self._guards = 0

    def guarded(self, node: ast.AST) -> None:
        self._guards += 1
        self.generic_visit(node)
        self._guards -= 1

    def visit_If(self, node: ast.If) -> None:
        if names_the_platform(node.test):
            self.guarded(node)
        else:
            self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        if names_the_platform(node.test):
            self.guarded(node)
        else:
            self.generic_visit(node)

    def visit_Try(self, node: ast.Try) -> None:
        handled = {name.id for one in node.handlers for name in names(one.type)}
        if handled & {"NotImplementedError", "AttributeError", "ImportError"}:
            self.guarded(node)
        else:
            self.generic_visit(node)

    def visit_With(self, node: ast.With) -> None:
        text = " ".join(ast.unparse(item.context_expr) for item in node.items)
        if "suppress(NotImplementedError" in text:
            self.guarded(node)
        else:
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._module(node, alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            self._module(node, alias.name)
            self._module(node, node.module or "")
            if alias.name in ONLY_SOMEWHERE.get(node.module or "", ()):
                self._note(node, f"{node.module}.{alias.name}")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if any(node.attr in found for found in ONLY_SOMEWHERE.values()):
            owner = ast.unparse(node.value)
            if node.attr in ONLY_SOMEWHERE.get(owner, ()) or node.attr in ONLY_SOMEWHERE["loop"]:
                self._note(node, f"{owner}.{node.attr}")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        function = node.func.id if isinstance(node.func, ast.Name) else ""
        if function == "getattr" and len(node.args) == 3:
            return  # with what to take instead
        called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if called == "rename":
            self._note(node, "rename, which fails on Windows over a file: use replace")
        if called == "fromtimestamp":
            self._note(node, "fromtimestamp, which fails on Windows after 3000: use time_of_ms")
        if called in ("open", "read_text", "write_text") or function == "open":
            self._encoding(node, called)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        text = node.value
        if isinstance(text, str) and any(
            text == path or text.startswith(path + "/") for path in UNIX_PATHS
        ):
            self._note(node, f"the path {text}")

    def _encoding(self, node: ast.Call, called: str) -> None:
        """A text file is opened with its encoding."""
        given = {keyword.arg for keyword in node.keywords}
        owner = ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else "open"
        texts = [one.value for one in node.args if isinstance(one, ast.Constant)]
        binary = any(isinstance(text, str) and "b" in text for text in texts)
        is_file = owner[:1].islower() and owner not in ("os", "webbrowser")
        files = ("path", "file", "open", "log", "_path", "report", "folder")
        if called == "open":
            is_file = is_file and owner.rpartition(".")[2].rstrip(")").endswith(files)
        if is_file and not binary and "encoding" not in given and "utf-8" not in texts:
            self._note(node, f"{owner}.{called} without encoding")

    def _module(self, node: ast.AST, name: str) -> None:
        if name in UNIX_MODULES | WINDOWS_MODULES:
            self._note(node, name)

    def _note(self, node: ast.AST, what: str) -> None:
        if not self._guards:
            self.found.append((node.lineno, what))  # type: ignore[attr-defined]


def names_the_platform(test: ast.expr) -> bool:
    text = ast.unparse(test)
    return "sys.platform" in text or "os.name" in text or "hasattr(" in text


def names(node: ast.AST | None) -> list[ast.Name]:
    return [one for one in ast.walk(node) if isinstance(one, ast.Name)] if node else []


def scan(source: str) -> list[tuple[int, str]]:
    if not ANYWHERE.search(source):
        return []
    visitor = Scan()
    visitor.visit(ast.parse(source))
    return visitor.found


ALLOWED = {
    ("sync/witness/machine.py", "the path /etc/machine-id"),
    ("sync/witness/machine.py", "the path /var/lib/dbus/machine-id"),
    ("sync/upkeep/computer.py", "the path /proc/self/mountinfo"),
    ("scripts/windows_check.py", "the path /usr/lib/wine/wineserver64"),
    # The time of this moment, as the system has it.
    *(
        (name, "fromtimestamp, which fails on Windows after 3000: use time_of_ms")
        for name in ("sync/daemon/logs.py", "sync/upkeep/doctor.py")
    ),
}
"""Paths that are read where there is no Windows; elsewhere they are taken as not known."""


def test_what_only_some_systems_have_has_its_counterpart():
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            for line, what in scan(path.read_text(encoding="utf-8")):
                if (name, what) not in ALLOWED:
                    found.append(f"{name}:{line}: {what}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "source",
    [
        "import fcntl",
        "from os import fork",
        "datetime.fromtimestamp(ms / 1000, UTC)",
        "os.kill(pid, 9)",
        "x = os.statvfs('.')",
        "process.send_signal(signal.SIGKILL)",
        "asyncio.get_running_loop().add_signal_handler(1, f)",
        "import winreg",
        "ctypes.windll.kernel32.Beep(1, 1)",
        "Path('/tmp/x')",
        "path.rename(other)",
        "path.read_text()",
        "open('x')",
        "self.log_path.open('a')",
        "if x:\n    os.getuid()",
    ],
)
def test_the_scan_sees_what_it_is_for(source):
    assert scan(source)


@pytest.mark.parametrize(
    "source",
    [
        "if sys.platform == 'win32':\n    import winreg\nelse:\n    import fcntl",
        "if hasattr(os, 'getuid'):\n    os.getuid()",
        "try:\n    loop.add_signal_handler(1, f)\nexcept NotImplementedError:\n    g()",
        "getattr(os, 'O_BINARY', 0)",
        "with contextlib.suppress(NotImplementedError):\n    loop.add_signal_handler(1, f)",
        "path.read_text(encoding='utf-8')",
        "path.read_text('utf-8')",
        "path.open('rb')",
        "path.replace(other)",
        "os.replace(a, b)",
        "route = '/api/patients/'",
    ],
)
def test_the_scan_lets_through_what_is_guarded(source):
    assert not scan(source)
