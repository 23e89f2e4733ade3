"""Urdu goes in and out of commands and daemons, whatever the locale says."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from examples.clinic import free_ports
from node.cli import main as node_cli

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no LC_ALL"),
]

NAME = "لیب ایک"
PERSON = {
    "full_name": "آمنہ بی بی",
    "father_name": "محمد اسلم",
    "dob": "1990-01-01",
    "sex": "F",
    "phone": "03001234567",
}


def under(locale, **more):
    """An environment with a locale, in which Python is told not to care for UTF-8 by itself."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LC_", "LANG", "LOCPATH", "PYTHON", "MRNMESH_"))
    }
    return kept | {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"} | more


def latin(folder):
    """An environment with a Latin-1 locale, which is made for the test."""
    name = "en_US.ISO-8859-1"
    maker = shutil.which("localedef")
    arguments = ["--no-archive", "-i", "en_US", "-f", "ISO-8859-1", str(folder / name)]
    if maker is None or subprocess.run([maker, *arguments], check=False).returncode:
        pytest.skip("no Latin-1 locale can be made here")
    return under(name, LOCPATH=str(folder))


def python_alone_would_fail(environment):
    """The environment is one in which Python by itself does not speak UTF-8."""
    script = "import sys; print(sys.getfilesystemencoding(), sys.stdout.encoding)"
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, check=True
    )
    return "utf" not in done.stdout.decode("ascii").lower()


async def start(environment, *arguments):
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    return process


def again(module):
    """What a program that cannot speak UTF-8 in its locale starts itself again as.

    Here only the first command of each program does that by itself: it starts Python twice.
    """
    return ("-X", "utf8", "-m", module)


def content(path):
    return Path(path).read_text(encoding="utf-8")


async def command(environment, *arguments):
    process = await start(environment, *arguments)
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode("utf-8")


async def running(environment, *arguments):
    process = await start(environment, *arguments)
    lines = []
    while not (lines and b"syncs at" in lines[-1]):
        line = await asyncio.wait_for(process.stderr.readline(), 60)
        assert line, b"".join(lines).decode()
        lines.append(line)
    return process


async def stop(process):
    process.terminate()
    _, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, err.decode()


async def test_urdu_names_of_people_terminals_and_folders(tmp_path, http, capsys):
    environment = under("C")
    assert python_alone_would_fail(environment)
    hub, desk = str(tmp_path / "مرکز"), str(tmp_path / "میز")
    ports = free_ports(4)
    address = [f"127.0.0.1:{port}" for port in ports]
    made = json.loads(
        await command(
            environment,
            *("-m", "coordinator.cli", "--data", hub, "init", "--json"),
            *("--witness", hub + ".گواہ", "--listen", address[0], "--sync-listen", address[1]),
        )
    )
    assert made["folder"] == hub
    enrol = ("--data", desk, "enrol", "--json", "--offline")
    asked = json.loads(await command(environment, "-m", "node.cli", *enrol, "LAB1-PC"))
    assert asked["request"] == f"{desk}/LAB1-PC.request"
    coordinator = await running(environment, *again("coordinator.cli"), "--data", hub, "run")
    node = None
    try:
        given = json.loads(
            await command(
                environment | {"MRNMESH_TOKEN": made["token"]},
                *again("coordinator.cli"),
                *("--data", hub, "terminals", "enrol", "--json", "--name", NAME),
                *("--offline", asked["request"], "--check", asked["check"]),
            )
        )
        taken = (
            *(*enrol, given["answer"], "--check", given["check"]),
            *("--witness", desk + ".گواہ", "--listen", address[2], "--sync-listen", address[3]),
        )
        assert await asyncio.to_thread(node_cli.main, list(taken)) == 0
        assert json.loads(capsys.readouterr().out)
        node = await running(environment, *again("node.cli"), "--data", desk, "run")
        token = {"Authorization": f"Bearer {made['token']}"}
        hub_url = f"http://{address[0]}"
        async with http.get(f"{hub_url}/api/terminals/LAB1-PC/", headers=token) as answer:
            assert (await answer.json())["name"] == NAME
        person = PERSON | {"mrn": None}
        async with http.post(f"{hub_url}/api/patients/", json=person, headers=token) as answer:
            assert answer.status == 201
            assert (await answer.json())["full_name"] == PERSON["full_name"]
    finally:
        if node is not None:
            await stop(node)
        await stop(coordinator)
    for path in (f"{hub}/logs/coordinator.log", f"{desk}/logs/node.log"):
        log = content(path)
        assert "stopping" in log
        assert PERSON["full_name"] not in log


async def test_urdu_in_a_latin_locale(tmp_path):
    environment = latin(tmp_path)
    assert python_alone_would_fail(environment)
    hub = str(tmp_path / "مرکز")
    made = await command(
        environment, *("-m", "coordinator.cli", "--data", hub, "init", "--witness", hub + ".گواہ")
    )
    assert f"The coordinator is ready in {hub}." in made
    assert f'witness = "{hub}.گواہ"' in content(f"{hub}/coordinator.toml")
