"""What the doctor found, printed."""

from __future__ import annotations

import argparse

from sync.cli import command
from sync.upkeep import findings
from sync.upkeep.findings import Finding, FindingLevel


def report(options: argparse.Namespace, found: list[Finding]) -> int:
    """Print findings; gives the exit status, 1 if one is a problem."""
    if options.json:
        command.print_json(findings.as_json(found))
    else:
        print(findings.findings_table(found))
        level = findings.worst(found)
        print("\nAll is well." if level is FindingLevel.OK else f"\nThe worst of it: {level}.")
    return int(findings.worst(found) is FindingLevel.PROBLEM)
