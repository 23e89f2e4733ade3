"""Links of a page as they are in the site, where pages of the root lie beside the others."""

from __future__ import annotations

import pytest

from scripts.site import turned


@pytest.mark.parametrize(
    ("page", "link", "there"),
    [
        ("gate.md", "facts.md", "facts.md"),
        ("gate.md", "facts.md#links", "facts.md#links"),
        ("gate.md", "#links", "#links"),
        ("gate.md", "https://docs.example/x.md", "https://docs.example/x.md"),
        ("gate.md", "../ARCHITECTURE.md#layers", "architecture.md#layers"),
        ("gate.md", "../sync/errors.py", "../sync/errors.py"),
        ("decisions/0002-strict-gate.md", "../gate.md", "../gate.md"),
        ("decisions/0002-strict-gate.md", "0001-facts.md", "0001-facts.md"),
        ("decisions/0002-strict-gate.md", "../../README.md", "../project.md"),
        ("architecture.md", "docs/gate.md#bounds", "gate.md#bounds"),
        ("architecture.md", "docs/decisions/0002-strict-gate.md", "decisions/0002-strict-gate.md"),
        ("project.md", "LICENSE", "license.txt"),
        ("project.md", "ARCHITECTURE.md", "architecture.md"),
    ],
)
def test_a_link_leads_to_the_same_page_in_the_site(page, link, there):
    assert turned(f"See [this]({link}) now.", page) == f"See [this]({there}) now."
