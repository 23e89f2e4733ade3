"""The files of the daemon's own pages: programs, styles, fonts and texts, and the page itself.

They lie in the package, are read once, and need no build step. A page loads nothing but them: its
policy names the daemon's own address alone, and allows neither scripts nor styles inside the HTML.
"""

from __future__ import annotations

import gzip
import html
import json
import re
from collections.abc import Iterable, Mapping
from functools import partial
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import urljoin

from aiohttp import web

from sync.errors import NotFound
from sync.http.operations import Needs, Operation, PageFile
from sync.pages.texts import Texts

KINDS: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
"""Suffix of a file -> its type; files of other kinds are not served."""
_LASTING: Final = (".woff2",)
_IMPORT: Final = re.compile(r'(?:\bfrom|^import) "([./].*?)"', re.MULTILINE)
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="/static/shared/mark.svg">
<link rel="preload" href="/static/shared/fonts/inter.woff2" as="font" type="font/woff2" crossorigin>
{links}
</head>
<body data-languages="{languages}">
<div id="page"></div>
<noscript>This page needs JavaScript.</noscript>
</body>
</html>
"""


class Pages:
    """Serves the page of a daemon, which speaks ``languages``.

    Args:
        title: of the page, until it has its texts.
        package: of the daemon's own files, with the folders ``static`` and ``texts``.
        name: by which its files are called: ``/static/{name}/...``.
        needs: who may fetch them.
    """

    def __init__(
        self,
        title: str,
        package: str,
        name: str,
        needs: Needs = Needs.THIS_COMPUTER,
    ) -> None:
        self._needs = needs
        own, shared = resources.files(package), resources.files("sync.pages")
        self._files = {
            f"{place}/{path}": file
            for place, root in (("shared", shared), (name, own))
            for path, file in _read(root / "static")
        }
        texts = Texts(_texts(shared), _texts(own))
        self.languages = texts.languages
        self._languages = {
            one["code"]: PageFile((texts.of(one["code"]) or "").encode(), KINDS[".txt"])
            for one in self.languages
        }
        self._packed: dict[PageFile, PageFile] = {}
        styles = ("shared/fonts.css", "shared/page.css", f"{name}/{name}.css")
        links = [f'<link rel="stylesheet" href="/static/{path}">' for path in styles]
        # All at once: a browser finds out what a program imports only when it has read it. What is
        # imported when its view is opened is fetched then.
        links += [
            f'<link rel="modulepreload" href="/static/{path}">'
            for path in sorted(self._imported(f"{name}/{name}.js"))
        ]
        links.append(f'<script type="module" src="/static/{name}/{name}.js"></script>')
        page = _PAGE.format(
            title=html.escape(title),
            links="\n".join(links),
            languages=html.escape(json.dumps(self.languages, ensure_ascii=False)),
        )
        self._page = PageFile(page.encode(), "text/html; charset=utf-8")

    def _imported(self, program: str) -> set[str]:
        """Return the paths of all programs that one needs before it runs, itself included."""
        found: set[str] = set()
        waiting = [program]
        while waiting:
            path = waiting.pop()
            if path in found:
                continue
            found.add(path)
            for named in _IMPORT.findall(self._files[path].content.decode()):
                base = "" if named.startswith("/") else f"/static/{path}"
                waiting.append(urljoin(base, named).removeprefix("/static/"))
        return found

    def operations(self) -> list[Operation]:
        """Return the operations of this part; they are no part of the API that programs use."""
        operation = partial(Operation, needs=self._needs)
        return [
            operation("GET", "/", self.page, "Show the page"),
            operation(
                "GET",
                "/static/{path:[a-z0-9-]+/[A-Za-z0-9./-]+}",
                self.file,
                "Fetch a file of the page",
            ),
            operation(
                "GET",
                "/texts/{language:[a-z-]+}.ftl",
                self.language,
                "Fetch the texts of a language",
            ),
        ]

    async def page(self, _request: web.Request) -> PageFile:
        """Return the page."""
        return self._page

    async def file(self, request: web.Request) -> PageFile:
        """Return a file of the page.

        Raises:
            NotFound: there is none with that name.
        """
        path = request.match_info["path"]
        if path not in self._files:
            raise NotFound(what="file", key=path)
        return self._with_packed(self._files[path])

    async def language(self, request: web.Request) -> PageFile:
        """Return the texts of a language, in the format of Fluent.

        Raises:
            NotFound: the page does not speak it.
        """
        code = request.match_info["language"]
        if code not in self._languages:
            raise NotFound(what="language", key=code)
        return self._with_packed(self._languages[code])

    def _with_packed(self, file: PageFile) -> PageFile:
        """Return a file that is packed, which is done when somebody first asks for it.

        Packed it is the same bytes at every start. What is lasting is packed in itself.
        """
        if file.lasting:
            return file
        if file not in self._packed:
            packed = gzip.compress(file.content, mtime=0)
            self._packed[file] = file._replace(packed=packed)
        return self._packed[file]


def _read(folder: Traversable, above: str = "") -> Iterable[tuple[str, PageFile]]:
    """Path below a folder -> file, of all that are served."""
    for entry in folder.iterdir():
        suffix = PurePosixPath(entry.name).suffix
        if entry.is_dir():
            yield from _read(entry, f"{above}{entry.name}/")
        elif suffix in KINDS:
            yield (
                above + entry.name,
                PageFile(entry.read_bytes(), KINDS[suffix], suffix in _LASTING),
            )


def _texts(package: Traversable) -> Mapping[str, str]:
    """Code of a language -> the texts in it that a package has."""
    return {
        entry.name.removesuffix(".ftl"): entry.read_text("utf-8")
        for entry in (package / "texts").iterdir()
        if entry.name.endswith(".ftl")
    }
