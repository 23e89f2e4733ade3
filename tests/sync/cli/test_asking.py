"""Asking the person at the keyboard."""

import io

import pytest

from sync.cli import asking
from sync.cli.errors import NobodyToAsk, PasswordsDiffer


def keyboard(monkeypatch, text, is_terminal=True):
    stdin = io.StringIO(text)
    stdin.isatty = lambda: is_terminal
    monkeypatch.setattr("sys.stdin", stdin)


@pytest.mark.parametrize(
    ("typed", "yes"), [("y\n", True), ("YES \n", True), ("n\n", False), ("\n", False), ("", False)]
)
def test_only_a_yes_is_one(monkeypatch, capsys, typed, yes):
    keyboard(monkeypatch, typed)
    assert asking.agreed("3 numbers are given up.") is yes
    assert capsys.readouterr().err.startswith("3 numbers are given up.\nShall that be done?")


def test_nobody_is_asked_where_nobody_sits(monkeypatch):
    keyboard(monkeypatch, "y\n", is_terminal=False)
    with pytest.raises(NobodyToAsk, match="--yes"):
        asking.agreed("3 numbers are given up.")


def test_an_answer_is_read_without_what_nobody_sees(monkeypatch, capsys):
    keyboard(monkeypatch, " two sisters \n")
    assert asking.line("Why: ") == "two sisters"
    assert asking.line("Why: ") == "", "the input has ended"
    assert capsys.readouterr().err == "Why: Why: "


def test_a_password_is_typed_unseen_or_comes_as_a_line(monkeypatch):
    keyboard(monkeypatch, "pass word \nmore", is_terminal=False)
    assert asking.password("Sadia") == "pass word "
    keyboard(monkeypatch, "new one\r\n", is_terminal=False)
    assert asking.new_password("Sadia") == "new one"
    keyboard(monkeypatch, "")
    typed = iter(["one", "one", "two", "one", "three"])
    monkeypatch.setattr(asking.getpass, "getpass", lambda _: next(typed))
    assert asking.new_password("Sadia") == "one"
    with pytest.raises(PasswordsDiffer):
        asking.new_password("Sadia")
    assert asking.password("Sadia") == "three"
