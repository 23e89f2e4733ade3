"""The command ``docs``: the pages at a terminal, wherever the program was installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from coordinator.cli import main as coordinator_cli
from node.cli import main as node_cli
from sync.cli import docs

PAGES = Path(__file__).resolve().parents[3] / "docs"
MAINS = {"mrnmesh-node": node_cli.main, "mrnmesh-coordinator": coordinator_cli.main}

INDEX = """# Documentation

[The project](../README.md) is elsewhere.

## How-to

| page | what it answers |
|---|---|
| [keeping.md](keeping.md) | how? |
| [ages/of-bread.md](ages/of-bread.md) | since when? |

## Reference

1. [Grain by grain](grain.md)
"""

KEEPING = """# Keeping bread

**Wrap** it, see [grain](grain.md#rye) and [the web](https://bread.example/).

```sh
wrap --in "[paper](x)"

| not | a table |
```

1. First

    ```sh
    bake

    ```

| bread | keeps | |
|---|---|---|
| `rye` | a week, when it is wrapped in a cloth and lies in a cool place of its own | best |
| wheat | | good |

| other | table |
|---|---|
| oat | a day |
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ages").mkdir()
    (tmp_path / "README.md").write_text(INDEX, encoding="utf-8")
    (tmp_path / "keeping.md").write_text(KEEPING, encoding="utf-8")
    (tmp_path / "ages" / "of-bread.md").write_text("# عمر\n", encoding="utf-8")
    (tmp_path / "grain.md").write_text("# Grain by grain\n\nRye.\n", encoding="utf-8")
    return tmp_path


def test_pages_are_listed_in_the_order_and_with_the_sections_of_the_index(folder):
    assert docs.listed(docs.pages(folder)).splitlines() == [
        "How-to",
        "  keeping        Keeping bread",
        "  ages/of-bread  عمر",
        "",
        "Reference",
        "  grain          Grain by grain",
    ]


def test_a_page_reads_well_at_a_terminal():
    assert docs.as_text(KEEPING, 60).splitlines() == [
        "# Keeping bread",
        "",
        "Wrap it, see grain and the web (https://bread.example/).",
        "",
        '    wrap --in "[paper](x)"',
        "",
        "    | not | a table |",
        "",
        "1. First",
        "",
        "    bake",
        "",
        "",
        "`rye`",
        "    keeps: a week, when it is wrapped in a cloth and lies in",
        "        a cool place of its own",
        "    best",
        "wheat",
        "    good",
        "",
        "oat",
        "    a day",
    ]


@pytest.mark.parametrize("program", MAINS)
def test_each_program_lists_every_page_there_is(capsys, program):
    assert MAINS[program](["docs"]) == 0
    said = capsys.readouterr().out
    names = [line.split()[0] for line in said.splitlines() if line.startswith("  ")]
    there = {path.relative_to(PAGES).as_posix() for path in PAGES.rglob("*.md")}
    assert {f"{name}.md" for name in names} == there - {"README.md"}
    assert len(names) == len(set(names))
    assert f"`{program} docs PAGE`" in said


@pytest.mark.parametrize("program", MAINS)
def test_an_editable_installation_finds_the_source_tree(capsys, program):
    assert MAINS[program](["docs", "--path"]) == 0
    assert capsys.readouterr().out == f"{PAGES}\n"


@pytest.mark.parametrize("page", docs.pages(PAGES), ids=lambda page: page.name)
def test_every_page_can_be_printed(capsys, page):
    assert node_cli.main(["docs", page.name]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first == f"# {page.title}"


@pytest.mark.parametrize("name", ["backup", "backup.md"])
def test_a_page_is_named_with_or_without_its_ending(capsys, name):
    assert node_cli.main(["docs", name]) == 0
    assert capsys.readouterr().out.startswith("# Backups\n")


@pytest.mark.parametrize("name", ["bakup", "../README", "README", "", "decisions"])
def test_a_page_that_there_is_not_is_refused(capsys, name):
    assert node_cli.main(["docs", name]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert f"there is no page {name}; `mrnmesh-node docs` lists them" in printed.err
