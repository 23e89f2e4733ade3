"""``mrnmesh-conflicts duplicates``: every page is asked for, and people stand below each other."""

import json

import pytest

from coordinator.cli import conflicts as conflicts_cli

PERSON = {
    "mrn": "710004",
    "full_name": "Ayesha Khan",
    "dob": "1990-01-01",
    "origin_terminal_code": "LAB1-PC",
    "created_at": None,
}
WHY = [{"code": "phone_same", "speaks_for": True, "en": "same telephone", "ur": "..."}]
OTHER = {"grade": "certain", "score": 0.99, "reasons": WHY, "patient": PERSON | {"mrn": "720001"}}
PAIR = {"patient": PERSON, "others": [OTHER]}


@pytest.fixture
def asked(monkeypatch):
    paths = []

    class Client:
        def call(self, method, path):
            assert method == "GET"
            paths.append(path)
            return {"count": 51, "results": [PAIR] if len(paths) == 2 else []}

    monkeypatch.setattr(conflicts_cli, "client", lambda *_, **__: Client())
    return paths


def run(*arguments):
    return conflicts_cli.main(
        ["duplicates", "--url", "http://127.0.0.1:1", "--token", "t", *arguments]
    )


def test_a_person_stands_above_who_is_probably_the_same(asked, capsys):
    assert run("--since", "2026-11-01", "--terminal", "LAB1-PC") == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert [line.split()[0] for line in lines] == ["MRN", "710004", "720001"]
    assert "certain" in lines[2]
    assert "same telephone" in lines[2]
    query = "created_from=2026-11-01&page_size=50&terminal=LAB1-PC&page="
    assert asked == [f"/api/duplicates/?{query}{number}" for number in (1, 2)]


def test_a_program_gets_json(asked, capsys):
    assert run("--since", "2026-11-01", "--json") == 0
    assert json.loads(capsys.readouterr().out) == [PAIR]


def test_that_there_is_nobody_is_said(asked, capsys):
    asked.append("")
    asked.append("")
    assert run("--since", "2026-11-01") == 0
    assert capsys.readouterr().out == "Nobody.\n"
