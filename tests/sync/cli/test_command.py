"""How the command lines end when something goes wrong."""

import argparse
import sqlite3

import pytest

from sync.cli import command


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (
            FileExistsError(17, "File exists", "place"),
            1,
            "place cannot be used: it is there",
        ),
        (
            PermissionError(13, "Permission denied", "place"),
            1,
            "place cannot be used: this user is",
        ),
        (sqlite3.OperationalError("disk I/O error"), 1, "cannot be used: disk I/O error"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_what_goes_wrong_is_one_line(capsys, error, status, said):
    def act(_options):
        raise error

    parser = argparse.ArgumentParser(prog="mrnmesh-node")
    parser.set_defaults(act=act, data="folder")
    assert command.run(parser, []) == status
    printed = capsys.readouterr().err
    assert said in printed
    assert printed.count("\n") == (1 if said else 0)
