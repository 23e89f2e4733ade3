"""The files of the daemon's own pages: programs, styles, fonts and texts, and the page itself.

They lie in the package, are read once, and need no build step. A page loads nothing but them: its
policy names the daemon's own address alone, and allows neither scripts nor styles inside the HTML.

The version of all programs and styles stands in their addresses, ``/static/VERSION/...``, so that a
browser keeps them and asks for none of them again before they change.
"""

from __future__ import annotations

import gzip
import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, partial
from hashlib import blake2b
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import Final, NamedTuple
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
"""These have names of their own, so that a new version does not make browsers fetch them again."""
_STATIC: Final = b'"/static/'
"""How an address of another file begins in a program."""
_IMPORT: Final = re.compile(r'(?:\bfrom|^import) "([./].*?)"', re.MULTILINE)
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
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
        read = _read_package(package, name)
        self._files, self._current = read.files, read.current
        self.version = read.version
        """Of all files together; see the top of this module."""
        self.languages = read.texts.languages
        self._languages = {
            one["code"]: PageFile((read.texts.of(one["code"]) or "").encode(), KINDS[".txt"])
            for one in self.languages
        }
        self._packed: dict[PageFile, PageFile] = {}
        page = _PAGE.format(
            title=html.escape(title),
            links="\n".join(_links(name, read)),
            languages=html.escape(json.dumps(self.languages, ensure_ascii=False)),
        )
        self._page = PageFile(page.encode(), "text/html; charset=utf-8")

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
        return self._with_packed(self._page)

    async def file(self, request: web.Request) -> PageFile:
        """Return a file of the page.

        Raises:
            NotFound: there is none with that name.
        """
        asked = request.match_info["path"]
        if asked in self._files:
            return self._with_packed(self._files[asked])
        version, _, path = asked.partition("/")
        if path not in self._files:
            raise NotFound(what="file", key=asked)
        if version == self.version:
            return self._with_packed(self._current[path])._replace(lasting=True)
        # A page that was open before an upgrade goes on with the programs that it has.
        return _of_version(self._files[path], version)

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


class _PackageFiles(NamedTuple):
    """What a package and the shared one have: path -> file, as it is and with the version in it.

    ``programs`` are the paths of those that the page needs before it runs.
    """

    files: Mapping[str, PageFile]
    current: Mapping[str, PageFile]
    version: str
    programs: Sequence[str]
    texts: Texts


@cache
def _read_package(package: str, name: str) -> _PackageFiles:
    """Read the files of a package, which do not change while a process runs."""
    own, shared = resources.files(package), resources.files("sync.pages")
    files = {
        f"{place}/{path}": file
        for place, root in (("shared", shared), (name, own))
        for path, file in _read(root / "static")
    }
    version = _version_of(files)
    return _PackageFiles(
        files,
        {path: _of_version(file, version) for path, file in files.items()},
        version,
        sorted(_imported(files, f"{name}/{name}.js")),
        Texts(_texts(shared), _texts(own)),
    )


def _links(name: str, read: _PackageFiles) -> list[str]:
    """Return what the page loads."""
    at = f"/static/{read.version}/"
    styles = ("shared/fonts.css", "shared/page.css", f"{name}/{name}.css")
    # All at once: a browser finds out what a program imports only when it has read it. What is
    # imported when its view is opened is fetched then.
    return [
        f'<link rel="icon" href="{at}shared/mark.svg">',
        *(f'<link rel="stylesheet" href="{at}{path}">' for path in styles),
        *(f'<link rel="modulepreload" href="{at}{path}">' for path in read.programs),
        f'<script type="module" src="{at}{name}/{name}.js"></script>',
    ]


def _imported(files: Mapping[str, PageFile], program: str) -> set[str]:
    """Return the paths of all programs that one needs before it runs, itself included."""
    found: set[str] = set()
    waiting = [program]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        for named in _IMPORT.findall(files[path].content.decode()):
            base = "" if named.startswith("/") else f"/static/{path}"
            waiting.append(urljoin(base, named).removeprefix("/static/"))
    return found


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


def _of_version(file: PageFile, version: str) -> PageFile:
    """Return a program with addresses of a version in it, any other file as it is."""
    if file.kind != KINDS[".js"]:
        return file
    return file._replace(content=file.content.replace(_STATIC, f'"/static/{version}/'.encode()))


def _version_of(files: Mapping[str, PageFile]) -> str:
    digest = blake2b(digest_size=4)
    for path, file in sorted(files.items()):
        if not file.lasting:
            digest.update(f"{path} {len(file.content)} ".encode() + file.content)
    return digest.hexdigest()


def _texts(package: Traversable) -> Mapping[str, str]:
    """Code of a language -> the texts in it that a package has."""
    return {
        entry.name.removesuffix(".ftl"): entry.read_text("utf-8")
        for entry in (package / "texts").iterdir()
        if entry.name.endswith(".ftl")
    }
