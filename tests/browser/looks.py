"""What a script measures of a page, which an eye would see.

Nothing hangs out or is cut off, whatever is to be touched is large enough, and axe-core has no
serious finding (contrast included).
"""

from __future__ import annotations

from importlib import resources
from typing import Any, Final

from playwright.sync_api import Page

_AXE: Final = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
_RUN_AXE: Final = """async ([runOnly, colours]) => {
  const {violations, incomplete} = await axe.run(document, {
    resultTypes: ["violations", "incomplete"],
    preload: false,
    runOnly,
    rules: colours ? {} : {"color-contrast": {enabled: false}},
  });
  const found = violations.map((one) => [one.id, one.impact, one.nodes.map((node) => node.html)]);
  // A text in the colour of what is behind it may be meant, so axe does not call that wrong.
  const unseen = incomplete.flatMap((one) => one.nodes).filter((node) =>
    node.any.some((check) => check.data?.messageKey === "equalRatio"));
  return [...found, ...unseen.map((node) => ["unseen", "serious", [node.html]])];
}"""
_RULES: Final = {
    False: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    True: ["color-contrast"],  # in the dark only the colours are others
}
_TOUCH: Final = 44
LONG: Final = "Muhammad Bilal Hussain Shah Bukhari Gilani Naqvi-ul-Husaini Chaudhry"
LONG_URDU: Final = "سید محمد بلال حسین شاہ بخاری گیلانی نقوی الحسینی"
_MEASURE: Final = """(touch) => {
  const faults = [];
  const page = document.scrollingElement;
  if (page.scrollWidth > innerWidth) faults.push(`the page is ${page.scrollWidth} wide`);
  const says = (one) => `${one.tagName} .${one.className} "${one.textContent.trim().slice(0, 30)}"`;
  const hidden = (one) => one.closest(".unseen, .skip, .printing, dialog:not([open])") ||
    !one.checkVisibility();
  // A table may be wider than a small screen, in a region of its own that the keyboard scrolls.
  const table = innerWidth < 600 ? '.scrolls[role="region"][tabindex="0"]' : ".none";
  for (const one of document.body.querySelectorAll("*")) {
    if (hidden(one)) continue;
    const box = one.getBoundingClientRect();
    const style = getComputedStyle(one);
    const out = !one.closest(table) && (box.left < -1 || box.right > innerWidth + 1);
    if (box.width && out) faults.push(`out: ${says(one)}`);
    const wide = one.scrollWidth > one.clientWidth + 1 && !one.matches(table);
    const cut = style.overflowX !== "visible" && wide ||
      style.overflowY !== "visible" && one.scrollHeight > one.clientHeight + 1;
    if (cut && !["INPUT", "HTML", "BODY", "DIALOG"].includes(one.tagName)) {
      faults.push(`cut off: ${says(one)}`);
    }
    const target = one.matches("a, button, summary, input, [role=option]") && !one.closest("p > a");
    if (target && (box.height < touch - 0.5 || box.width < touch - 0.5)) {
      faults.push(`too small (${box.width} x ${box.height}): ${says(one)}`);
    }
  }
  return faults;
}"""


ME: Final = ("me", "#present")
"""A view of the dashboard, see `show`."""


def show(page: Page, address: str, elsewhere: tuple[str, str]) -> None:
    """Open a view by way of another one, so that it begins anew; the page stays loaded.

    Args:
        elsewhere: the address of that other view, and what is nowhere else.
    """
    away, sign = elsewhere
    page.evaluate("(hash) => { location.hash = hash }", f"#/{away}")
    page.locator(sign).wait_for()
    page.evaluate("(hash) => { location.hash = hash }", f"#/{address}")
    if address != away:
        page.locator(sign).wait_for(state="detached")


def faults(page: Page) -> list[str]:
    """What hangs out, is cut off or is too small to be touched."""
    page.evaluate("document.fonts.ready")
    found: list[str] = page.evaluate(_MEASURE, _TOUCH)
    return found


def findings(page: Page, dark: bool, *, colours: bool = True) -> list[Any]:
    """Rule and places of each serious finding of axe-core.

    Args:
        colours: look at the contrast of colours, which costs half of all.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"() => {{ {_AXE} }}")
    return [
        (rule, nodes)
        for rule, impact, nodes in page.evaluate(_RUN_AXE, [_RULES[dark], colours])
        if impact in ("serious", "critical", "moderate")
    ]
