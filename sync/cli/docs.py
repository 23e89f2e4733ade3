"""The command ``docs`` of both daemons: the documentation, where there is no internet.

The wheel carries the pages in ``sync/share/docs``, and the files that make services of the daemons
in ``sync/share/deploy`` (see ``setup.py``). An editable installation has both in the source tree.
"""

from __future__ import annotations

import argparse
import re
import shutil
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from sync.cli import command
from sync.errors import BadOption

PACKAGE: Final = Path(__file__).resolve().parent.parent
INDEX: Final = "README.md"

_WIDTH_MIN: Final = 60
_LISTED: Final = re.compile(r"^(?:\| |\d+\. )\[[^\]]+\]\(([\w/-]+)\.md\)")
_LINK: Final = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_ROW: Final = re.compile(r"^\|(.*)\|$")
_CELLS: Final = re.compile(r" \|(?= |$)")
_RULE: Final = re.compile(r"^\|[-:| ]+\|$")


class DocsPage(NamedTuple):
    """A page: its name without ``.md``, its title, and the section of the index that lists it."""

    name: str
    title: str
    section: str


def add(commands: command.Commands, program: str) -> None:
    """Add it."""
    parser = command.add(
        commands,
        "docs",
        "list the pages of the documentation, or print one",
        f"""
        {program} docs               # which pages are there?
        {program} docs operating     # print one
        {program} docs --path        # the folder in which they lie
        """,
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("page", nargs="?", metavar="PAGE", help="the page to print")
    which.add_argument("--path", action="store_true", help="print the folder of the pages")

    def act(options: argparse.Namespace) -> int:
        where = folder()
        if options.path:
            print(where)
        elif options.page is None:
            print(listed(pages(where)))
            print(f"\n`{program} docs PAGE` prints a page.")
        else:
            markdown = read(where, options.page, f"{program} docs")
            print(as_text(markdown, max(_WIDTH_MIN, shutil.get_terminal_size((100, 24)).columns)))
        return 0

    parser.set_defaults(act=act)


def folder() -> Path:
    """Where the pages lie: in the installed package, else in the source tree around it."""
    installed = PACKAGE / "share" / "docs"
    return installed if installed.is_dir() else PACKAGE.parent / "docs"


def pages(where: Path) -> list[DocsPage]:
    """All pages but the index, in its order and with its sections."""
    found, section = [], ""
    for line in (where / INDEX).read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            section = line[3:]
        elif match := _LISTED.match(line):
            text = (where / f"{match[1]}.md").read_text(encoding="utf-8")
            found.append(DocsPage(match[1], text.partition("\n")[0].removeprefix("# "), section))
    return found


def listed(found: list[DocsPage]) -> str:
    """A line for each page, under its section."""
    width = max(len(page.name) for page in found)
    lines: list[str] = []
    section = ""
    for page in found:
        if page.section != section:
            section = page.section
            lines += ["", section]
        lines.append(f"  {page.name:<{width}}  {page.title}")
    return "\n".join(lines).lstrip("\n")


def read(where: Path, name: str, lists: str) -> str:
    """The Markdown of a page.

    Raises:
        BadOption: there is no such page; names the command that ``lists`` them.
    """
    wanted = name.removesuffix(".md")
    if wanted not in {page.name for page in pages(where)}:
        raise BadOption(option="PAGE", why=f"there is no page {name}; `{lists}` lists them")
    return (where / f"{wanted}.md").read_text(encoding="utf-8")


def as_text(markdown: str, width: int) -> str:
    """Markdown as it reads best at a terminal: links by their words, a table row by row."""
    lines: list[str] = []
    header: list[str] | None = None
    fence: int | None = None  # how far the one that is open is indented
    for line in markdown.splitlines():
        if line.lstrip().startswith("```"):
            fence = line.index("`") if fence is None else None
        elif fence is not None:
            lines.append(f"    {line[fence:]}" if line else "")
        elif (row := _ROW.match(line)) and not _RULE.match(line):
            cells = [_words(cell.strip()) for cell in _CELLS.split(row[1])]
            if header is None:
                header = cells
            else:
                lines += _row(header, cells, width)
        elif not row:
            header = None
            lines.append(_words(line))
    return "\n".join(lines)


def _row(header: list[str], cells: list[str], width: int) -> Iterator[str]:
    """A row of a table: its first cell, and below it the others.

    With more than one, each stands under the name of its column.
    """
    yield cells[0]
    for name, cell in zip(header[1:], cells[1:], strict=True):
        if cell:
            text = f"{name}: {cell}" if name and len(header) > 2 else cell
            yield from textwrap.wrap(
                text, width, initial_indent="    ", subsequent_indent="        "
            )


def _words(line: str) -> str:
    """A line without the marks that only a renderer needs; addresses on the web stay."""
    shown = _LINK.sub(
        lambda link: f"{link[1]} ({link[2]})" if link[2].startswith("http") else link[1], line
    )
    return shown.replace("**", "")
