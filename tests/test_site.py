"""The rendered documentation: whole, without a broken link, and without the internet."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from scripts.site import ADDED

ROOT = Path(__file__).resolve().parent.parent


def build(root: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """Render the documentation below ``root``, as `make docs` does."""
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", site],
        cwd=root,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = build(ROOT, folder)
    assert done.returncode == 0, done.stderr
    return folder


class Html(HTMLParser):
    """What a page links to and loads, and the ids in it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loads: set[str] = set()
        self.ids: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.ids.add(values.get("id") or "")
        if tag == "a":
            self.links.add(values.get("href") or "")
        elif tag == "link":
            self.loads.add(values.get("href") or "")
        self.loads.add(values.get("src") or "")


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Html]:
    return {path: Html(path) for path in site.rglob("*.html") if path.name != "404.html"}


def test_every_page_is_in_the_site(site, pages):
    sources = [path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")]
    names = {path.with_suffix(".html").as_posix() for path in sources} - {"README.html"}
    names |= {"index.html"} | {
        one.replace(".md", ".html") for one in ADDED.values() if one.endswith(".md")
    }
    assert {path.relative_to(site).as_posix() for path in pages} == names


def test_every_link_within_the_site_leads_to_a_page_and_a_heading(pages):
    broken, seen = [], 0
    for path, page in pages.items():
        for link in page.links:
            if re.match(r"[a-z]+:", link):
                continue
            target, _, anchor = unquote(link).partition("#")
            other = (path.parent / target).resolve() if target else path
            found = pages.get(other)
            if (found is None and not other.is_file()) or (
                found is not None and anchor and anchor not in found.ids
            ):
                broken.append((path.name, link))
            seen += bool(anchor)
    assert seen > 200
    assert not broken


def test_nothing_is_loaded_from_elsewhere(site, pages):
    for page in pages.values():
        assert not [one for one in page.loads if re.match(r"[a-z]+:|//", one)]
    for path in site.rglob("*.css"):
        assert not re.findall(r"url\(\s*['\"]?(?:https?:|//)", path.read_text(encoding="utf-8"))


def test_pages_opened_from_a_folder_can_be_searched(site, pages):
    assert "salvage" in (site / "search" / "search_index.js").read_text(encoding="utf-8")
    for path, page in pages.items():
        (shim,) = [one for one in page.loads if "iframe-worker" in one]
        assert (path.parent / shim).is_file()


def test_a_broken_link_is_an_error(tmp_path):
    links = ["nowhere.md", "gate.md#nowhere", "#nowhere", "../NOWHERE.md"]
    links += ["../ARCHITECTURE.md#nowhere", "../sync/errors.py"]
    for name in ("docs", "scripts"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("mkdocs.yml", *ADDED):
        shutil.copy(ROOT / name, tmp_path / name)
    for other in (tmp_path / "docs").rglob("*.md"):
        if other.name not in ("README.md", "backup.md", "gate.md"):  # to render all takes long
            other.unlink()
    page = tmp_path / "docs" / "backup.md"
    broken = "\n".join(f"[x]({link})" for link in links)
    page.write_text(f"{page.read_text(encoding='utf-8')}\n{broken}\n", encoding="utf-8")
    done = build(tmp_path, tmp_path / "site")
    assert done.returncode != 0
    for link in links:
        target = ADDED.get(link.removeprefix("../").partition("#")[0], link)
        found = rf"^WARNING .*'backup.md'.*'{re.escape(target)}"
        assert re.search(found, done.stderr, re.M), done.stderr
