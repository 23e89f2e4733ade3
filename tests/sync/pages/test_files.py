"""The page and its files, as a browser fetches them."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer

from sync.http.app import new_application
from sync.http.openapi import describe
from sync.http.operations import EventStream, Needs, PageFile
from sync.pages import files
from sync.pages.files import Pages, _read

PAGES = Pages("DESK <1>", "node.pages", "desk")
BOARD = Pages("mrnmesh", "coordinator.pages", "board", needs=Needs.NOTHING)


@pytest_asyncio.fixture
async def http():
    async with served(PAGES) as client:
        yield client


def served(pages):
    """A client of what is served alone."""
    server = TestServer(new_application(lambda: [server.port], pages.operations()))
    return TestClient(server)


async def test_the_page_names_its_files_and_languages(http):
    async with http.get("/") as answer:
        page = await answer.text()
    assert "<title>DESK &lt;1&gt;</title>" in page
    languages = json.loads(unescape(re.findall('data-languages="(.*?)"', page)[0]))
    assert [one["code"] for one in languages][:2] == ["en", "ur"]
    assert f'rel="modulepreload" href="/static/{PAGES.version}/desk/registering/find.js"' in page
    assert "label.js" not in page
    for path in re.findall(r'(?:src|href)="(/static/.*?)"', page):
        async with http.get(path) as answer:
            assert answer.status == 200, path


async def test_nothing_stands_in_the_page_that_could_run(http):
    async with http.get("/") as answer:
        page = await answer.text()
    assert not re.search(r"<style|style=|\son\w+=|javascript:", page)
    assert re.findall(r"<script[^>]*>(.*?)</script>", page, re.S) == [""]


@pytest.mark.parametrize(
    ("pages", "some"),
    [(PAGES, "shared/typed.js"), (BOARD, "board/parts/forms.js")],
    ids=["desk", "board"],
)
async def test_every_file_that_a_file_names_is_there(pages, some):
    """What the programs import, and what the styles load, is found where they look for it."""
    async with served(pages) as http:
        some = f"/static/{pages.version}/{some}"
        assert {some, "/static/shared/fonts/inter.woff2"} <= await fetched(http)


async def fetched(http):
    """The paths of all files that a page loads, each of which is there."""
    async with http.get("/") as answer:
        waiting = re.findall(r'(?:src|href)="(/static/.*?)"', await answer.text())
    seen = set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        async with http.get(path) as answer:
            assert answer.status == 200, path
            if path.endswith((".js", ".css")):
                text = await answer.text()
                named = re.findall(r'(?:from |import |import\()"(.*?)"|url\("(.*?)"\)', text)
                waiting += [
                    str(answer.url.join(answer.url.__class__(a or b)).path) for a, b in named
                ]
    return seen


async def test_a_browser_keeps_all_that_a_page_loads(http):
    """It asks for nothing of it again, and each program is loaded once, by one address."""
    for path in await fetched(http):
        async with http.get(path) as answer:
            assert "immutable" in answer.headers["Cache-Control"], path
        versioned = path.startswith(f"/static/{PAGES.version}/")
        assert versioned == (not path.startswith("/static/shared/fonts/")), path


async def test_an_open_page_goes_on_with_its_programs_after_an_upgrade(http):
    """A view that it opens then is new, and imports what the page has, by the same addresses."""
    former = "01234567"
    async with http.get(f"/static/{former}/desk/registering/find.js") as answer:
        assert answer.headers["Cache-Control"] == "no-cache"
        text = await answer.text()
    assert f'"/static/{former}/shared/' in text
    assert PAGES.version not in text
    async with http.get("/static/desk/registering/find.js") as answer:
        assert answer.headers["Cache-Control"] == "no-cache"
        assert (await answer.text()).replace("/static/", f"/static/{former}/") == text


def test_the_version_changes_with_the_files(monkeypatch):
    def changed(folder, above=""):
        for path, file in _read(folder, above):
            more = b"\n" if path.endswith("find.js") else b""
            yield path, file._replace(content=file.content + more)

    monkeypatch.setattr(files, "_read", changed)
    monkeypatch.setattr(files, "_read_package", files._read_package.__wrapped__)  # another process
    assert Pages("x", "node.pages", "desk").version not in (PAGES.version, BOARD.version)
    assert Pages("x", "coordinator.pages", "board").version == BOARD.version


@pytest.mark.parametrize("pages", [PAGES, BOARD], ids=["desk", "board"])
async def test_what_is_fetched_is_small(pages):
    """The limit of a page is 200 kB without fonts, which browsers keep for a year.

    Counted is what travels: the page with all that it loads at once, the texts of both languages,
    and the largest of the views that are fetched when they are opened.
    """
    async with served(pages) as http:
        async with http.get("/") as answer:
            page = await answer.text()
        at_once = {
            path
            for path in re.findall(r'(?:src|href)="(/static/.*?)"', page)
            if "/fonts/" not in path
        }
        files = {
            f"/static/{pages.version}/{path}"
            for path in pages._files
            if path.endswith((".js", ".css"))
        }
        assert at_once & files, page
        later = [await travels(http, path) for path in files - at_once]
        assert later
        size = max(later)
        for path in ("/", *at_once, "/texts/en.ftl", "/texts/ur.ftl"):
            size += await travels(http, path)
    assert size < 105_000


async def travels(http, path):
    """How many bytes a browser gets for a path."""
    async with http.get(path, headers={"Accept-Encoding": "gzip, deflate"}) as answer:
        assert answer.headers["Content-Encoding"] == "gzip", path
        return int(answer.headers["Content-Length"])


async def test_what_is_packed_is_what_it_was(http):
    path = "/static/desk/registering/find.js"
    async with http.get(path, headers={"Accept-Encoding": "identity"}) as answer:
        assert "Content-Encoding" not in answer.headers
        plain = await answer.read()
    async with http.get(path, headers={"Accept-Encoding": "gzip"}) as answer:
        assert int(answer.headers["Content-Length"]) < len(plain) / 2
        assert await answer.read() == plain


@pytest.mark.parametrize(
    "path",
    [
        "/static/desk/../../config.py",
        "/static/shared/..%2f__init__.py",
        "/static/desk/none.js",
        f"/static/{PAGES.version}/desk/none.js",
        "/texts/xx.ftl",
    ],
)
async def test_nothing_else_is_served(http, path):
    async with http.get(path) as answer:
        assert answer.status == 404


async def test_the_texts_of_a_language_are_those_of_all_pages_and_of_this_one(http):
    async with http.get("/texts/ur.ftl") as answer:
        text = await answer.text()
    assert "language-name = اردو" in text
    assert "\nfind-title = " in text


def test_files_are_no_part_of_the_described_api():
    assert describe(PAGES.operations(), "x")["paths"] == {}
    assert {one.answer for one in PAGES.operations()} == {PageFile}
    assert EventStream not in {one.answer for one in PAGES.operations()}
