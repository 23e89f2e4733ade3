"""``mrnmesh-conflicts duplicates``: every page is asked for, and pairs are decided one by one."""

import io
import json

import pytest

from coordinator.cli import conflicts as conflicts_cli
from sync.cli.errors import CallRefused
from tests.coordinator.cli.made_up import HOLDER, REFUSED

WHY = [{"code": "phone_same", "speaks_for": True, "en": "same telephone", "ur": "..."}]
LATER = REFUSED | {"mrn": "710004"}
EARLIER = HOLDER | {"mrn": "720001"}
OTHER = {"grade": "certain", "score": 0.99, "reasons": WHY, "patient": EARLIER}
PAIR = {"patient": LATER, "others": [OTHER], "state": "open", "decided": None}
DECIDED = {"who": "Sadia", "why": "two sisters", "at": "2026-01-05T08:00:00Z"}
COMPARED = {"one": LATER, "other": EARLIER, "differs": ["full_name"], "seen": "5ee4"}


class Api:
    """A coordinator with one pair on the second page; ``refused`` is what it says to decisions."""

    def __init__(self):
        self.pair, self.behind, self.refused = PAIR, 0, None
        self.asked, self.sent = [], []

    def call(self, method, path, body=None):
        if method == "POST":
            self.sent.append((path, body))
            if self.refused:
                raise CallRefused(detail=self.refused)
            return {}
        if path.endswith("/counts/"):
            return {"behind": self.behind}
        if "/compare/" in path:
            return COMPARED
        self.asked.append(path)
        return {"count": 51, "results": [self.pair] if len(self.asked) == 2 else []}


@pytest.fixture
def api(monkeypatch):
    api = Api()
    monkeypatch.setattr(conflicts_cli, "client", lambda *_, **__: api)
    return api


@pytest.fixture
def type_(monkeypatch):
    def type_(*lines, is_terminal=True):
        keyboard = io.StringIO("".join(f"{line}\n" for line in lines))
        keyboard.isatty = lambda: is_terminal
        monkeypatch.setattr("sys.stdin", keyboard)

    return type_


def run(*arguments):
    return conflicts_cli.main(
        ["duplicates", "--url", "http://127.0.0.1:1", "--token", "t", *arguments]
    )


def test_a_person_stands_above_who_is_probably_the_same(api, capsys):
    assert run("--since", "2026-11-01", "--terminal", "LAB1-PC", "--grade", "certain") == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert [line.split()[0] for line in lines] == ["MRN", "710004", "720001"]
    assert "certain" in lines[2]
    assert "same telephone" in lines[2]
    query = "state=open&grade=certain&terminal=LAB1-PC&created_from=2026-11-01&page_size=50&page="
    assert api.asked == [f"/api/duplicates/?{query}{number}" for number in (1, 2)]


def test_who_decided_stands_beside_it_and_that_the_list_is_not_complete(api, capsys):
    api.pair, api.behind = PAIR | {"state": "dismissed", "decided": DECIDED}, 1
    assert run("--state", "dismissed") == 0
    shown = capsys.readouterr().out
    assert "dismissed by Sadia: two sisters" in shown
    assert shown.endswith("1 change of the register has yet to be looked at.\n")


def test_a_program_gets_json(api, capsys):
    assert run("--json") == 0
    assert json.loads(capsys.readouterr().out) == [PAIR]


def test_that_there_is_nobody_is_said(api, capsys):
    api.asked += ["", ""]
    assert run() == 0
    assert capsys.readouterr().out == "Nobody.\n"


@pytest.mark.parametrize(
    ("answers", "path", "body"),
    [
        (
            ("t", "two sisters"),
            f"/api/patients/{LATER['id']}/two-people/",
            {"other": EARLIER["record_id"], "why": "two sisters"},
        ),
        (
            ("m", "phone, address", "one CNIC"),
            f"/api/patients/{LATER['id']}/merge/",
            {"into": EARLIER["record_id"], "take": ["phone", "address"], "why": "one CNIC"},
        ),
        (
            ("O", "", "one CNIC"),
            f"/api/patients/{EARLIER['id']}/merge/",
            {"into": LATER["record_id"], "take": [], "why": "one CNIC"},
        ),
    ],
)
def test_a_pair_is_decided_as_it_was_shown(api, type_, capsys, answers, path, body):
    type_(*answers)
    assert run("--work") == 0
    assert api.sent == [(path, body | {"seen": "5ee4"})]
    shown = capsys.readouterr()
    assert "1 of 1: certain. same telephone" in shown.out
    assert "m merge 710004 into 720001, o merge 720001 into 710004" in shown.err
    assert shown.out.endswith("Decided: 1 of 1.\n")


@pytest.mark.parametrize("answers", [("",), ("q",), ("x",), ("t", ""), ("m", "mrn"), ()])
def test_a_pair_is_left_as_it_is(api, type_, capsys, answers):
    type_(*answers)
    assert run("--work") == 0
    assert api.sent == []
    assert capsys.readouterr().out.endswith("Decided: 0 of 1.\n")


def test_what_somebody_has_decided_meanwhile_is_said(api, type_, capsys):
    api.refused = "Somebody has changed one of the two records."
    type_("t", "two sisters")
    assert run("--work") == 0
    assert capsys.readouterr().out.endswith(f"{api.refused}\nDecided: 0 of 1.\n")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--work", "--json"), "looks at the open ones"),
        (("--work", "--state", "merged"), "looks at the open ones"),
    ],
)
def test_options_that_exclude_one_another(api, type_, capsys, arguments, why):
    type_()
    assert run(*arguments) == 2
    assert why in capsys.readouterr().err


def test_whoever_decides_sits_at_a_keyboard_and_asks_the_coordinator(api, type_, capsys, tmp_path):
    type_(is_terminal=False)
    assert run("--work") == 2
    assert "nobody is at a keyboard" in capsys.readouterr().err
    assert conflicts_cli.main(["--node", str(tmp_path), "duplicates", "--work"]) == 2
    assert "a desk only shows them" in capsys.readouterr().err
