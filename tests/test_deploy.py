"""The files that make services of the daemons name what there is."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from coordinator import config as coordinator_config
from coordinator.cli import main as coordinator_cli
from node import config as node_config
from node.cli import main as node_cli

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"
PROGRAMS = {
    "mrnmesh-node": (node_cli.parser, node_config.TABLE),
    "mrnmesh-coordinator": (coordinator_cli.parser, coordinator_config.TABLE),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_unit_starts_its_program_with_variables_that_it_knows(program):
    parser, table = PROGRAMS[program]
    unit = (DEPLOY / f"{program}.service").read_text(encoding="utf-8")
    command = re.search(r"^ExecStart=/opt/mrnmesh/bin/(\S+) (.*)$", unit, re.M)
    assert command[1] == program
    assert parser().parse_args(command[2].split()).act
    variables = re.findall(r"^Environment=(\w+)=", unit, re.M)
    known = {table.daemon.data_variable, *(table.variable(one.name) for one in table.settings)}
    assert variables
    assert set(variables) <= known


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_unit_lets_its_program_ask_for_the_addresses_of_interfaces(program):
    unit = (DEPLOY / f"{program}.service").read_text(encoding="utf-8")
    (families,) = re.findall(r"^RestrictAddressFamilies=(.*)$", unit, re.M)
    assert set(families.split()) == {"AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
@pytest.mark.parametrize("program", PROGRAMS)
def test_systemd_accepts_the_units(program, tmp_path):
    unit = (DEPLOY / f"{program}.service").read_text(encoding="utf-8")
    unit = unit.replace(f"/opt/mrnmesh/bin/{program}", sys.executable)
    (tmp_path / f"{program}.service").write_text(unit, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / f"{program}.service")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert program not in done.stderr
    assert done.returncode == 0, done.stderr


def test_the_windows_task_starts_a_program_again_that_has_ended():
    script = (DEPLOY / "windows-task.ps1").read_text(encoding="utf-8")
    assert int(re.search(r"-RestartCount (\d+)", script)[1]) <= 255, "Windows takes no more"
    assert "-RepetitionInterval" in script, "a restart on failure is about starting it"
    assert "-MultipleInstances IgnoreNew" in script, "it runs once"
    assert script.count("-Trigger $triggers ") == script.count("Register-ScheduledTask -TaskName")


def test_the_windows_task_names_users_by_what_is_the_same_in_every_language():
    script = (DEPLOY / "windows-task.ps1").read_text(encoding="utf-8")
    granted = re.findall(r'"\$\{(\w+)\}:\(OI\)\(CI\)(F|RX)"', script)
    assert granted, "rights are granted"
    assert {name for name, _ in granted} == {"owner", "administrators", "system", "users"}
    assert {right for name, right in granted if name == "users"} == {"RX"}, "users only run it"


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_windows_task_starts_a_program_that_there_is(program):
    script = (DEPLOY / "windows-task.ps1").read_text(encoding="utf-8")
    assert f'"{program}"' in script
    arguments = re.search(r'-Argument "(.*)" -WorkingDirectory', script)[1]
    words = [word.strip('`"') for word in arguments.split()]
    assert PROGRAMS[program][0]().parse_args(words).act
