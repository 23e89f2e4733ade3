"""The pages of docs/ name all that there is."""

from __future__ import annotations

import argparse
import ast
import functools
import importlib
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from coordinator import config as coordinator_config
from coordinator.cli import conflicts as conflicts_cli
from coordinator.cli import main as coordinator_cli
from node import config as node_config
from node.cli import main as node_cli
from sync.cli import docs
from sync.daemon.settings import SettingKind
from tests.words import engine_words, private_words

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
CODE = ("sync", "node", "coordinator", "tests", "scripts", "examples", "benchmarks")


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@functools.cache
def parsers() -> list[argparse.ArgumentParser]:
    """What the three programs parse their arguments with."""
    return [program.parser() for program in (node_cli, coordinator_cli, conflicts_cli)]


def leaves(
    parser: argparse.ArgumentParser, words: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], argparse.ArgumentParser]]:
    """Every command of a program, as its words, with its parser."""
    subs = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    if not subs:
        yield words, parser
    for action in subs:
        for name, child in action.choices.items():
            yield from leaves(child, (*words, name))


COMMANDS = [
    (parser.prog, " ".join(words), leaf) for parser in parsers() for words, leaf in leaves(parser)
]


def test_there_are_three_programs():
    assert {program for program, _, _ in COMMANDS} == {
        "mrnmesh-node",
        "mrnmesh-coordinator",
        "mrnmesh-conflicts",
    }


@pytest.mark.parametrize(("program", "words"), [(one, words) for one, words, _ in COMMANDS])
def test_every_command_is_on_its_page_with_an_example(program, words):
    text = page("commands.md")
    section = text[text.index(f"\n## {program}\n") :]
    section = section[: section.index("\n## ", 5)]
    row = next((line for line in section.splitlines() if line.startswith(f"| `{words}` |")), None)
    assert row, f"docs/commands.md does not list {program} {words}"
    assert f"`{program} {words}" in row, f"there is no example of {program} {words}"


@pytest.mark.parametrize(
    "line",
    [
        line
        for line in page("commands.md").splitlines()
        if re.match(r"\| `.*` \| .* \| `mrnmesh-", line)
    ],
)
def test_every_example_on_the_page_is_understood(line):
    words = shlex.split(re.findall(r"`([^`]*)`", line)[-1])
    parser = next(one for one in parsers() if one.prog == words[0])
    assert parser.parse_args(words[1:]).act


@pytest.mark.parametrize("parser", parsers(), ids=lambda parser: parser.prog)
def test_every_program_teaches_by_example(parser):
    assert "examples:\n" in parser.format_help()
    assert "--version" in parser.format_help()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction) and parser.prog != "mrnmesh-conflicts":
            for name, child in action.choices.items():
                lines = child.format_help().partition("examples:\n")[2].splitlines()
                shown = [one for one in lines if f"{parser.prog} " in one and name in one]
                assert shown, f"{parser.prog} {name} --help has no example"


@pytest.mark.parametrize("table", [node_config.TABLE, coordinator_config.TABLE])
def test_the_help_of_config_lists_every_setting(table):
    """It is what a misspelt setting is answered with, and `config` itself ends with that answer."""
    (leaf,) = [
        leaf for prog, words, leaf in COMMANDS if (prog, words) == (table.daemon.command, "config")
    ]
    for one in table.settings:
        assert re.search(rf"\b{one.name}\b", leaf.format_help().partition("options:")[0])


@pytest.mark.parametrize("table", [node_config.TABLE, coordinator_config.TABLE])
def test_every_setting_is_on_its_page_with_its_default(table):
    text = page("configuration.md")
    for one in table.settings:
        row = next((line for line in text.splitlines() if line.startswith(f"| `{one.name}` |")), "")
        assert row, f"docs/configuration.md does not list {one.name}"
        default = row.split("|")[2]
        if one.kind is SettingKind.TEXTS:
            assert re.findall(r"`(.*?)`", default) == list(one.default)
        elif one.kind is SettingKind.SWITCH:
            assert f"`{str(one.default).lower()}`" in default
        else:
            assert (one.default or "set by `") in default


def test_the_example_of_a_file_can_be_used(tmp_path):
    example = re.search(r"```toml\n(.*?)```", page("configuration.md"), re.S)[1]
    (tmp_path / "node.toml").write_text(example, encoding="utf-8")
    (tmp_path / "register.db").touch()
    assert node_config.load(tmp_path).code == "LAB1-PC"


def alarms_of(path: Path) -> Iterator[tuple[str, set[str]]]:
    """Code and possible levels of each `Alarm` that a module makes."""
    text = path.read_text(encoding="utf-8")
    if "Alarm(" not in text:
        return  # to parse a module takes a hundred times as long as to see that
    tree = ast.parse(text)
    constants: dict[str, ast.expr | None] = {}
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            constants[node.target.id] = node.value
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "Alarm":
            code, level = node.args[:2]
            if isinstance(code, ast.Name):
                code = constants[code.id]
            assert isinstance(code, ast.Constant), f"{path.name}: the code must be a constant"
            yield (
                code.value,
                {one.attr.lower() for one in ast.walk(level) if isinstance(one, ast.Attribute)},
            )


ALARMS = [
    (folder, code, levels)
    for folder in ("sync", "node", "coordinator")
    for path in sorted((ROOT / folder).rglob("*.py"))
    for code, levels in alarms_of(path)
]
LONE = {"conflicts_open": "The coordinator", "conflicts_here": "A desk"}
LONE |= {"cards_to_reprint": "A desk", "times_ahead": "The coordinator"}
LONE |= {"https_names": "The coordinator", "clock_unknown": "The coordinator"}
"""Alarms of `sync` that only one of the daemons has."""


def alarm_rows() -> set[tuple[str, str, frozenset[str]]]:
    """Section, code and levels of each row of the page of alarms."""
    rows, section = set(), ""
    for line in page("alarms.md").splitlines():
        if line.startswith("## "):
            section = line[3:]
        elif found := re.match(r"\| `([a-z_]+)` \| ([a-z, ]+) \| \S.* \| \S.* \|$", line):
            rows.add((section, found[1], frozenset(found[2].split(", "))))
    return rows


def test_every_alarm_is_on_its_page_under_its_daemon_and_no_other_is():
    expected = set()
    for folder, code, levels in ALARMS:
        both = ["The coordinator", "A desk"]
        where = {"node": both[1:], "coordinator": both[:1]}.get(folder, both)
        for section in [LONE[code]] if code in LONE else where:
            expected.add((section, code, frozenset(levels)))
    assert len(expected) > 15
    assert alarm_rows() == expected


def test_the_example_of_health_has_the_version_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f'"version": "{project["version"]}"' in page("api.md")


def test_every_page_is_in_the_list():
    listed = re.findall(r"^\| \[([a-z-]+\.md)\]", page("README.md"), re.M)
    assert set(listed) == {path.name for path in DOCS.glob("*.md")} - {"README.md"}
    for name in DOCS.glob("*.md"):
        for target in re.findall(r"\]\(([a-z-]+\.md)\)", name.read_text(encoding="utf-8")):
            assert (DOCS / target).is_file(), f"{name.name} points to {target}"


def test_the_site_has_every_page_in_the_order_of_the_list():
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    listed = [f"{one.name}.md" for one in docs.pages(DOCS)]
    assert [one for one in leaves_of(config["nav"]) if one in listed] == listed


def leaves_of(nav: object) -> Iterator[str]:
    """The pages of a navigation, in order."""
    if isinstance(nav, str):
        yield nav
    elif isinstance(nav, list):
        for one in nav:
            yield from leaves_of(one)
    elif isinstance(nav, dict):
        yield from leaves_of(list(nav.values()))


PAGES = [*ROOT.glob("*.md"), *sorted(DOCS.rglob("*.md"))]
FILES = {path.name for folder in CODE for path in (ROOT / folder).rglob("*.py")}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_module_and_folder_of_code_that_a_page_names_is_there(path):
    text = path.read_text(encoding="utf-8")
    named = re.findall(rf"(?<![\w/.-])((?:{'|'.join(CODE)})/[\w/]*(?:\.py)?)", text)
    assert not [one for one in named if not (ROOT / one).exists()]
    alone = re.findall(r"`(\w+\.py)\b", text)
    assert not [one for one in alone if one not in FILES]


def names_in(path: Path) -> set[str]:
    """What a module defines: functions and classes, and their methods as `Class.method`."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{one.name}" for one in node.body if hasattr(one, "name")}
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {one.id for one in targets if isinstance(one, ast.Name)}
    return found


NAMED = re.compile(rf"`([A-Za-z_][\w.]*)`\s+in\s+`((?:{'|'.join(CODE)})/[\w/]+\.py)`")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_function_and_class_that_a_page_places_in_a_file_is_there(path):
    for name, file in NAMED.findall(path.read_text(encoding="utf-8")):
        assert name in names_in(ROOT / file), f"{path.name}: there is no {name} in {file}"


def test_the_walks_through_the_code_name_what_they_pass():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    walks = re.split(r"^## ", text, flags=re.M)
    for title in ("A registration", "A batch", "A resolution"):
        (walk,) = [one for one in walks if one.startswith(title)]
        assert len(NAMED.findall(walk)) >= 8
        assert "\n1. " in walk


def test_the_examples_of_style_are_quoted_from_the_code():
    sources = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "sync").rglob("*.py"))]
    quoted = re.findall(
        r"^```python\n(.*?)^```",
        (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"),
        re.M | re.S,
    )
    assert len(quoted) == 2
    for one in quoted:
        assert any(one in source for source in sources), f"this is not in the code:\n{one}"


def test_the_hooks_run_what_the_test_command_checks():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    hooks = {one["entry"] for repo in config["repos"] for one in repo["hooks"]}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    checks = re.findall(
        r"^\t\$\(BIN\)/((?:ruff|mypy)\b[^|\n]*)", makefile[makefile.index("\ntest:") :], re.M
    )
    wanted = {f".venv/bin/{one.strip()}" for one in checks[:4]}
    assert hooks == wanted
    assert len(hooks) == 4


def typed(text: str) -> Iterator[list[str]]:
    """The commands of the three programs in the blocks of a page, as words from the program on."""
    for block in re.findall(r"^ *```sh\n(.*?)^ *```", text, re.M | re.S):
        for line in re.sub(r"\\\n\s*", "", block).splitlines():
            bare = re.sub(r"^(alias \w+=')?(sudo -u \S+ (--preserve-env=\S+ )?)?", "", line.strip())
            if found := re.match(r"(?:/\S+/)?(mrnmesh-(?:node|coordinator|conflicts) .*)", bare):
                yield shlex.split(found[1].rstrip("'& "), comments=True)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(words, id=f"{name}: {' '.join(words)}")
        for name in ("install.md", "operating.md", "backup.md", "clocks.md", "first-clinic.md")
        for words in typed(page(name))
    ],
)
def test_every_command_in_a_block_of_a_page_is_understood(words):
    program, *rest = words
    if rest[-1] in ("/var/lib/mrnmesh-node", "/var/lib/mrnmesh-coordinator"):
        rest.append("status" if program != "mrnmesh-conflicts" else "list")  # of an alias
    parser = next(one for one in parsers() if one.prog == program)
    assert rest == ["--version"] or parser.parse_args(rest).act


@pytest.mark.parametrize("program", ["mrnmesh-node", "mrnmesh-coordinator"])
def test_the_morning_round_looks_where_the_services_are(program):
    """As the user, in the folder and in the log of the unit that install.md sets up."""
    unit = (ROOT / "deploy" / f"{program}.service").read_text(encoding="utf-8")
    user = re.search(r"^User=(.*)$", unit, re.M)[1]
    folder = re.search(r"_DATA=(.*)$", unit, re.M)[1]
    start = re.search(r"^ExecStart=(\S+) run$", unit, re.M)[1]
    for name, heading in (
        ("operating.md", "## Seven in the morning"),
        ("install.md", "### The commands after that"),
    ):
        section = page(name).partition(f"\n{heading}")[2].partition("\n#")[0]
        assert re.search(
            rf"sudo -u {user} (--preserve-env=MRNMESH_TOKEN )?(\\\n    )?{start} "
            rf"(\\\n    )?--data {folder}\b",
            section,
        )
    log = re.search(r"_LOG_FOLDER=(.*)$", unit, re.M)[1]
    assert program != "mrnmesh-node" or f"{log}/node.log" in page("operating.md")


def test_the_two_ways_of_putting_the_commands_on_the_path_are_told_apart():
    """One of them is wrong on any computer, so no page may show one without saying whose it is."""
    first = page("first-clinic.md")
    assert "/opt/mrnmesh/bin/activate     # as install.md says" in first
    assert ".venv/bin/activate            # in a copy of the repository" in first
    assert "/opt/mrnmesh" in (ROOT / "README.md").read_text(encoding="utf-8")


# the pages that clerks and administrators read

OPERATORS = (
    *("install.md", "first-clinic.md", "operating.md", "backup.md", "moving.md"),
    *("commands.md", "configuration.md", "status.md", "alarms.md", "errors.md"),
    "glossary.md",
)


def prose(markdown: str) -> str:
    """The sentences of a page in one line: no code, no targets of links."""
    text = re.sub(r"^ *```.*?^ *```", "", markdown, flags=re.M | re.S)
    text = re.sub(r"`[^`]*`", "", text)
    return " ".join(re.sub(r"\]\([^)]*\)", "]", text).split())


def test_the_glossary_has_a_table_of_the_words_that_users_read():
    words = engine_words()
    assert {"confirmed", "number refused", "waiting", "record", "copied or set back"} < set(
        words.values()
    )
    assert words["fact"] == "record"
    assert len(words) > 10


@pytest.mark.parametrize("name", OPERATORS)
def test_a_page_for_operators_has_no_private_word(name):
    assert not private_words(prose(page(name).partition("\n## Words of the engine")[0]))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The Verdict is final, and so are all facts.", ["Verdict", "facts"]),
        ("It has met\nits own past.", ["own past"]),
        ("Two\nbatches of its former lives.", ["batches", "former lives"]),
        ("`pending` means waiting, see [the page](facts.md#fact) and\n```\na fact\n```\n", []),
    ],
)
def test_private_words_are_found_in_sentences_and_not_in_code(text, found):
    assert private_words(prose(text)) == found


@pytest.mark.parametrize("name", OPERATORS)
def test_a_page_for_operators_names_no_source_file(name):
    named = rf"(?<![\w/.-])(?:{'|'.join(CODE)})/\w[\w/]*|\b\w+\.py\b"
    assert not re.findall(named, page(name))


BOUND = re.compile(r"^\| [^|]+ \| ([\d,]+) \| `(\w+)` in `([\w/]+)\.py` \|", re.M)
BOUNDS = BOUND.findall((DOCS / "bounds.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("at_most", "name", "file"), BOUNDS, ids=[name for _, name, _ in BOUNDS])
def test_every_bound_on_the_page_is_that_of_the_code(at_most, name, file):
    value = getattr(importlib.import_module(file.replace("/", ".")), name)
    assert int(at_most.replace(",", "")) == (
        value if isinstance(value, int | float) else len(value)
    )


def test_the_page_lists_every_bound_of_the_core():
    """A bound that is added to the values or the rules is put on the page."""
    listed = {(file, name) for _, name, file in BOUNDS}
    for file in ("sync/model/runs", "sync/rules/corrections"):
        module = importlib.import_module(file.replace("/", "."))
        defined = {name for name in vars(module) if name.endswith("_MAX")}
        source = (ROOT / f"{file}.py").read_text(encoding="utf-8")
        own = {name for name in defined if re.search(rf"^{name}\b", source, re.M)}
        missing = (
            own
            - {name for where, name in listed if where == file}
            - {
                "CLIENT_MAX",  # of what numbers and bytes may be, not of how many there may be
                "SHARD_MAX",
                "UPDATE_BYTES_MAX",
            }
        )
        assert not missing


def test_every_test_that_security_names_is_there_and_tests_something():
    named = set(re.findall(r"`(tests/[\w/]+(?:\.py|/))`", page("security.md")))
    assert len(named) > 40
    missing = {path for path in named if not (ROOT / path).exists()}
    assert missing == set()
    files = [path for path in named if path.endswith(".py")]
    empty = {p for p in files if "def test_" not in (ROOT / p).read_text(encoding="utf-8")}
    assert empty == set()


def test_every_component_has_a_line_for_each_kind_of_threat():
    """Only the cells that say why a threat is none may be left out."""
    section = page("security.md").split("## Threats by component")[1].split("\n## ")[0]
    kinds: dict[str, set[str]] = {}
    component = ""
    for cells in re.findall(r"^\| ([^|]*)\| ([STRIDE, ]+)\|", section, re.M):
        component = cells[0].strip() or component
        kinds.setdefault(component, set()).update(cells[1].strip().split(", "))
    assert len(kinds) == 7
    for component in ("port for sync", "port for codes", "pages and API of the coordinator"):
        assert kinds[component] == set("STRIDE")
