"""What somebody is told before recovery is ended early."""

import io

from coordinator.cli import main as cli
from coordinator.cli import status
from coordinator.cli.plans import recovery

STATUS = {
    "recovery": {
        "why": "its database is old",
        "waiting_for": ["LAB1-PC", "WARD-PC"],
        "missing": [{"first": 5, "last": 7}, {"first": 9, "last": 9}],
    },
    "pending": 1,
}
POOL = {"range": "1000000-9999999"}


def test_it_is_told_in_numbers():
    text = recovery.plan_text(STATUS, POOL)
    for sentence in (
        "2 desks that it waits for (LAB1-PC, WARD-PC) will not be waited for",
        "4 entries that the coordinator had given",
        "The pool 1000000-9999999 (9,000,000 numbers) will be closed",
        "1 registration waiting for confirmation",
    ):
        assert sentence in text


class Api:
    """A coordinator in recovery; remembers what was sent to it."""

    def __init__(self):
        self.sent = []

    def call(self, method, path, body=None):
        if method == "GET":
            return STATUS if path == "/api/status/" else POOL
        self.sent.append((path, body))
        return {"ended": True}


def test_the_command_asks_and_does_nothing_without_a_yes(monkeypatch, capsys):
    api = Api()
    monkeypatch.setattr(status, "client", lambda _: api)

    def run(*words, typed=None):
        stdin = io.StringIO(typed or "")
        stdin.isatty = lambda: typed is not None
        monkeypatch.setattr("sys.stdin", stdin)
        return cli.main(["end-recovery", "--why", "burnt", *words])

    assert run() == 1
    assert "Add --yes" in capsys.readouterr().err
    assert run(typed="n\n") == 1
    assert capsys.readouterr().out == "Nothing was changed.\n"
    assert api.sent == []
    assert run(typed="y\n") == run("--yes") == 0
    assert api.sent == [("/api/recovery/end/", {"why": "burnt"})] * 2
