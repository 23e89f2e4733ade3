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


async def start(environment, module, *arguments):
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    return process


def content(path):
    return Path(path).read_text(encoding="utf-8")


async def command(environment, module, *arguments):
    process = await start(environment, module, *arguments)
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode("utf-8")


async def running(environment, module, *arguments):
    process = await start(environment, module, *arguments)
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


async def test_urdu_names_of_people_terminals_and_folders(tmp_path, http):
    environment = under("C")
    assert python_alone_would_fail(environment)
    hub, desk = str(tmp_path / "مرکز"), str(tmp_path / "میز")
    ports = free_ports(4)
    address = [f"127.0.0.1:{port}" for port in ports]
    made = json.loads(
        await command(
            environment,
            "coordinator.cli",
            *("--data", hub, "init", "--json", "--witness", hub + ".گواہ"),
            *("--listen", address[0], "--sync-listen", address[1]),
        )
    )
    assert made["folder"] == hub
    enrol = ("--data", desk, "enrol", "--json", "--offline")
    asked = json.loads(await command(environment, "node.cli", *enrol, "LAB1-PC"))
    assert asked["request"] == f"{desk}/LAB1-PC.request"
    coordinator = await running(environment, "coordinator.cli", "--data", hub, "run")
    node = None
    try:
        administer = environment | {"MRNMESH_TOKEN": made["token"]}
        given = json.loads(
            await command(
                administer,
                "coordinator.cli",
                *("--data", hub, "terminals", "enrol", "--json", "--name", NAME),
                *("--offline", asked["request"], "--check", asked["check"]),
            )
        )
        shown = await command(
            administer, "coordinator.cli", "--data", hub, "terminals", "show", "LAB1-PC"
        )
        assert NAME in shown
        await command(
            environment,
            "node.cli",
            *(*enrol, given["answer"], "--check", given["check"]),
            *("--witness", desk + ".گواہ", "--listen", address[2], "--sync-listen", address[3]),
        )
        node = await running(environment, "node.cli", "--data", desk, "run")
        await command(
            administer,
            "coordinator.cli",
            *("--data", hub, "terminals", "grant", "LAB1-PC", "710000-719999"),
        )
        token = {"Authorization": f"Bearer {made['token']}"}
        person = PERSON | {"mrn": None}
        async with http.post(
            f"http://{address[0]}/api/patients/", json=person, headers=token
        ) as answer:
            assert answer.status == 201
            assert (await answer.json())["full_name"] == PERSON["full_name"]
        shown = json.loads(
            await command(environment, "node.cli", "--data", desk, "config", "--json")
        )
        assert shown["file"] == f"{desk}/node.toml"
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
        environment, "coordinator.cli", "--data", hub, "init", "--witness", hub + ".گواہ"
    )
    assert f"The coordinator is ready in {hub}." in made
    shown = await command(environment, "coordinator.cli", "--data", hub, "config", "--json")
    assert {one["name"]: one["value"] for one in json.loads(shown)["settings"]}["witness"] == (
        hub + ".گواہ"
    )
    assert (tmp_path / "مرکز" / "coordinator.toml").is_file()
