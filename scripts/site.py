"""The part of the rendered site that MkDocs cannot do by itself; `mkdocs.yml` names it as a hook.

Pages in the root of the repository belong to the site, but MkDocs reads one folder. They are added
under names of their own, and links between the two places are turned accordingly, so that a link
works in the repository and in the site alike.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any, Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT: Final = Path(__file__).resolve().parent.parent
DOCS: Final = "docs"
ADDED: Final = {
    "README.md": "project.md",
    "ARCHITECTURE.md": "architecture.md",
    "CONTRIBUTING.md": "contributing.md",
    "CODE_OF_CONDUCT.md": "conduct.md",
    "SECURITY.md": "reporting.md",
    "CHANGELOG.md": "changelog.md",
    "LICENSE": "license.txt",
}
"""File in the root of the repository -> its name in the site."""

_ORIGINS: Final = {name: path for path, name in ADDED.items()}
_LINK: Final = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)\s#]+)(?=[)#])")


def on_files(files: Files, *, config: MkDocsConfig, **_: Any) -> Files:
    """Add the pages of the root."""
    for path, name in ADDED.items():
        files.append(File.generated(config, name, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, *, page: Page, **_: Any) -> str:
    """Turn the links of a page."""
    return turned(markdown, page.file.src_uri)


def turned(markdown: str, page: str) -> str:
    """The Markdown of a page with its links as they are in the site.

    Args:
        page: its path in the site, as ``decisions/0002-strict-gate.md``.
    """
    origin = _ORIGINS.get(page, f"{DOCS}/{page}")

    def turn(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(origin), link[1]))
        target = ADDED.get(target, posixpath.relpath(target, DOCS))
        return posixpath.relpath(target, posixpath.dirname(page) or ".")

    return _LINK.sub(turn, markdown)
