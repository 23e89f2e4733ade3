"""The command ``doctor`` of both daemons: what is wrong, and what to do about it."""

from __future__ import annotations

import argparse

from sync.cli import command
from sync.cli.program import Program
from sync.daemon.daemon_settings import S
from sync.upkeep import doctor, findings
from sync.upkeep.findings import Finding, FindingLevel


def add(commands: command.Commands, program: Program[S]) -> None:
    """Add the command."""
    name = program.name
    parser = command.add(
        commands,
        "doctor",
        f"look at {program.checks.subjects}; say what to do",
        f"""
        {name} doctor                # exit status 1 if something is a problem
        {name} doctor --json
        {name} doctor | grep -v ^ok  # only what is not well
        {program.checks.examples}
        """,
    )
    command.add_json_option(parser)
    parser.set_defaults(
        act=lambda options: report(
            options, doctor.examine(options.data, program.kind, program.checks)
        )
    )


def report(options: argparse.Namespace, found: list[Finding]) -> int:
    """Print findings and return the exit status, 1 if one is a problem."""
    if options.json:
        command.print_json(findings.as_json(found))
    else:
        command.say(options, findings.findings_table(found))
        print(f"\n{findings.summary(found)}")
    return int(findings.worst(found) is FindingLevel.PROBLEM)
