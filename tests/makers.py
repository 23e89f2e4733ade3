"""Every function of the product that gives a number to somebody, and which of them acts use."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent

Maker = tuple[str, str]
"""(path below the root, name of the function)"""


def makers(*packages: str) -> set[Maker]:
    """The functions in which an `Issued` is made."""
    return {
        (path.relative_to(ROOT).as_posix(), function.name)
        for package in packages
        for path in (ROOT / package).rglob("*.py")
        if "Issued(" in (source := path.read_text(encoding="utf-8"))
        for function in ast.walk(ast.parse(source))
        if isinstance(function, ast.FunctionDef) and _makes(function)
    }


def _makes(function: ast.FunctionDef) -> bool:
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Issued"
        for node in ast.walk(function)
    )


def used_by(act: Callable[[], object]) -> set[Maker]:
    """The functions of the product that an act calls."""
    found = set()

    def look(frame: FrameType, event: str, _value: object) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(ROOT):
            found.add((path.relative_to(ROOT).as_posix(), frame.f_code.co_name))

    sys.setprofile(look)
    try:
        act()
    finally:
        sys.setprofile(None)
    return found
