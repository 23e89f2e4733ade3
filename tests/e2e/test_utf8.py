"""Urdu goes in and out of commands and daemons, whatever the locale says."""

import asyncio
import json
import locale
import os
import subprocess
import sys

import pytest

from examples.clinic import free_ports

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAME = "لیب ایک"
PERSON = {
    "full_name": "آمنہ بی بی",
    "father_name": "محمد اسلم",
    "dob": "1990-01-01",
    "sex": "F",
    "phone": "03001234567",
}


def exists(name):
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, name)
    except locale.Error:
        return False
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return True


LATIN = [name for name in ("en_US.ISO-8859-1", "de_DE.ISO-8859-1") if exists(name)]
LOCALES = ["C", *LATIN[:1]]


@pytest.fixture(params=LOCALES)
def environment(request):
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LC_", "LANG", "PYTHON", "MRNMESH_"))
    }
    return kept | {
        "LC_ALL": request.param,
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


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


async def command(environment, module, *arguments):
    process = await start(environment, module, *arguments)
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode("utf-8")


async def running(environment, module, *arguments):
    process = await start(environment, module, *arguments)
    told = []
    while not (told and b"syncs at" in told[-1]):
        line = await asyncio.wait_for(process.stderr.readline(), 30)
        assert line, b"".join(told).decode()
        told.append(line)
    return process


async def stop(process):
    process.terminate()
    _, err = await asyncio.wait_for(process.communicate(), 15)
    assert process.returncode == 0, err.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no LC_ALL")
async def test_urdu_names_of_people_terminals_and_folders(environment, tmp_path, http):
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
    printed = await command(
        environment,
        "node.cli",
        *("--data", desk, "init", "LAB1-PC", "--coordinator-key", made["join_with"]),
        *("--witness", desk + ".گواہ", "--listen", address[2], "--sync-listen", address[3]),
    )
    assert f"LAB1-PC is ready in {desk}." in printed
    coordinator = await running(environment, "coordinator.cli", "--data", hub, "run")
    node = await running(environment, "node.cli", "--data", desk, "run")
    try:
        administer = environment | {"MRNMESH_TOKEN": made["token"]}
        added = await command(
            administer,
            "coordinator.cli",
            *("--data", hub, "terminals", "add", "--name", NAME),
            *("--key", f"{desk}/LAB1-PC.join"),
        )
        assert NAME in added
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
        await stop(node)
        await stop(coordinator)
    log = (tmp_path / "میز" / "logs" / "node.log").read_text(encoding="utf-8")
    assert "stopping" in log
    assert PERSON["full_name"] not in log
