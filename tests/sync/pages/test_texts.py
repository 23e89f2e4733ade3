"""Catalogues of texts: one file a language, whole in each."""

from __future__ import annotations

import ast as python
import re
from pathlib import Path
from typing import get_args

import pytest
from fluent.syntax import FluentParser, ast

from coordinator.importing.profile import Form, Look
from sync.model import phrases, reasons
from sync.model.facts import State
from sync.pages.texts import Texts
from tests.words import private_words

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = [ROOT / f"{package}/pages/texts" for package in ("sync", "node", "coordinator")]
FILES = sorted(path for folder in FOLDERS for path in folder.glob("*.ftl"))
PROGRAMS = [
    path
    for folder in ("sync/pages/static", "node/pages/static", "coordinator/pages/static")
    for path in sorted((ROOT / folder).rglob("*.js"))
    if "vendor" not in path.parts
]


def messages(path: Path) -> dict[str, ast.Message]:
    """Id -> message; whatever is no message fails."""
    entries = FluentParser().parse(path.read_text(encoding="utf-8")).body
    assert [one.content for one in entries if isinstance(one, ast.Junk)] == []
    found = [one for one in entries if isinstance(one, ast.Message)]
    assert len({one.id.name for one in found}) == len(found), "an id stands twice"
    return {one.id.name: one for one in found}


def variables(message: ast.Message) -> set[str]:
    """What the page fills in."""
    found: set[str] = set()

    def look(node: object) -> None:
        if isinstance(node, ast.VariableReference):
            found.add(node.id.name)
        if isinstance(node, ast.BaseNode):
            for value in vars(node).values():
                for one in value if isinstance(value, list) else [value]:
                    look(one)

    look(message)
    return found


def said(message: ast.Message) -> str:
    """The text of a message, all forms of it."""
    found: list[str] = []

    def look(node: object) -> None:
        if isinstance(node, ast.TextElement):
            found.append(node.value)
        if isinstance(node, ast.BaseNode):
            for value in vars(node).values():
                for one in value if isinstance(value, list) else [value]:
                    look(one)

    look(message)
    return " ".join(found)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parts[-4]}-{path.stem}")
def test_no_text_is_missing_in_a_language_or_too_many(path):
    english, here = messages(path.with_name("en.ftl")), messages(path)
    assert here.keys() == english.keys()
    for name, message in here.items():
        assert variables(message) == variables(english[name]), name
        assert message.value is not None, name


def test_every_text_that_the_page_asks_for_is_there_and_each_is_asked_for():
    known = {name for folder in FOLDERS for name in messages(folder / "en.ftl")}
    source = "\n".join(path.read_text(encoding="utf-8") for path in PROGRAMS)
    asked = set(re.findall(r'\bt\(\s*"([\w-]+)"', source))
    tables = re.findall(r'"((?:fault|refused)-[\w-]+)"|: "([a-z]+-title)"', source)
    asked |= {name for names in tables for name in names if name}
    assert asked <= known
    # Ids that are put together begin with one of these.
    made = tuple(re.findall(r"[tT]e?x?t?\(\s*`([\w-]+)\$\{", source))
    # Some are chosen first and asked for then.
    chosen = set(re.findall(r'"([a-z]+-[\w-]+)"', source))
    left = known - asked - chosen
    unused = {name for name in left if not name.startswith((*made, "language-", "age-"))}
    assert unused == set()


def test_english_has_no_private_words():
    for folder in FOLDERS:
        for name, message in messages(folder / "en.ftl").items():
            assert private_words(said(message)) == [], name


def test_every_alarm_of_a_desk_has_words_for_a_clerk():
    page = (ROOT / "docs/alarms.md").read_text(encoding="utf-8")
    section = page[page.index("\n## Of a node") if "\n## Of a node" in page else 0 :]
    codes = set(re.findall(r"^\| `(\w+)` \|", section.rsplit("\n## ", 1)[-1], re.M))
    assert "cards_to_reprint" in codes
    known = messages(FOLDERS[1] / "en.ftl")
    assert {code for code in codes if f"alarm-{code}" not in known} == set()


def test_every_reason_that_the_software_writes_has_words():
    known = messages(FOLDERS[2] / "en.ftl")
    assert {code for code in reasons.CODES if f"fixed-{code}" not in known} == set()
    assert {name for name in known if name.startswith("fixed-")} == {
        f"fixed-{code}" for code in reasons.CODES
    }


def test_all_that_is_said_about_a_file_to_import_has_words():
    known = messages(FOLDERS[2] / "en.ftl")
    for kind, codes in (("form", get_args(Form)), ("look", get_args(Look))):
        prefix = f"import-{kind}-"
        assert {name for name in known if name.startswith(prefix)} == {
            f"{prefix}{code}" for code in codes
        }


def test_the_causes_that_a_page_knows_are_those_of_the_system_and_of_its_texts():
    page = (ROOT / "coordinator/pages/static/parts/causes.js").read_text(encoding="utf-8")
    clauses = re.findall(r'\["([^"]+)", "(cause-[\w-]+)"\]', page)
    program = (ROOT / "sync/model/causes.py").read_text(encoding="utf-8")
    known = messages(FOLDERS[2] / "en.ftl")
    assert len(clauses) > 10
    for clause, text in clauses:
        assert f'"{clause}"' in program
        assert said(known[text]) == clause


def terms_of_alarms() -> dict[str, set[str]]:
    """Code of an alarm -> what each alarm with this code brings for its text."""
    found: dict[str, set[str]] = {}
    for package in ("sync", "coordinator"):
        for path in (ROOT / package).rglob("*.py"):
            tree = python.parse(path.read_text(encoding="utf-8"))
            codes = {
                one.target.id: one.value.value
                for one in tree.body
                if isinstance(one, python.AnnAssign)
                and isinstance(one.target, python.Name)
                and isinstance(one.value, python.Constant)
            }
            for call in python.walk(tree):
                if not isinstance(call, python.Call) or getattr(call.func, "id", "") != "Alarm":
                    continue
                first = call.args[0]
                code = first.value if isinstance(first, python.Constant) else codes[first.id]
                given = next((one.value for one in call.keywords if one.arg == "terms"), None)
                names = set() if given is None else names_in(given)
                found[code] = found[code] & names if code in found else names
    return found


def names_in(terms: python.expr) -> set[str]:
    """The names that the terms of an alarm have; lengths of time come from `phrases.measured`."""
    if isinstance(terms, python.Call):
        return set(phrases.measured(0))
    assert isinstance(terms, python.Dict)
    names: set[str] = set()
    for key, value in zip(terms.keys, terms.values, strict=True):
        names |= names_in(value) if key is None else {key.value}
    return names


def test_every_alarm_of_the_coordinator_has_words_on_the_dashboard_and_what_they_say():
    known, brought = messages(FOLDERS[2] / "en.ftl"), terms_of_alarms()
    page = (ROOT / "docs/alarms.md").read_text(encoding="utf-8")
    section = page[page.index("\n## The coordinator\n") :].split("\n## ")[1]
    codes = set(re.findall(r"^\| `(\w+)` \|", section, re.M))
    assert "in_recovery" in codes
    for code in codes:
        for name in (f"alarm-{code}", f"alarm-{code}-do"):
            assert name in known, f"{name} has no text"
            assert variables(known[name]) <= brought[code], name


def test_a_language_is_there_when_all_its_files_are():
    texts = Texts(
        {"en": "language-name = English", "ur": "language-direction = rtl\n", "sd": ""},
        {"en": "a = A", "ur": "a = B"},
    )
    assert [one["code"] for one in texts.languages] == ["en", "ur"]
    assert texts.languages[0] == {"code": "en", "name": "English", "direction": "ltr"}
    assert texts.languages[1] == {"code": "ur", "name": "ur", "direction": "rtl"}
    assert texts.of("en") == "language-name = English\na = A"
    assert texts.of("sd") is None


def test_a_desk_that_may_not_work_is_told_so():
    known = messages(FOLDERS[1] / "en.ftl")
    stopped = {*map(str, State), "unknown"} - {"active"}
    assert {state for state in stopped if f"standing-{state}" not in known} == set()
