"""The computers of a clinic on a network of their own, as the people at them see them."""

from __future__ import annotations

import json
import shutil
from typing import Any
from urllib.parse import quote

from tests.e2e.lan import Host, until

HUB = "http://127.0.0.1:8470"
DESK = "http://127.0.0.1:8480"
PERSON = {"full_name": "Zarmina Qandeel Test", "sex": "F", "dob": "1990-02-01"}
PHONE = "0300-7654321"


class Hub:
    """The coordinator's computer."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._data = ("--data", str(host.folder / "hub"))
        witness = str(host.folder / "witness")
        made = json.loads(self.command("init", "--witness", witness, "--json"))
        self._token = made["token"]
        host.start("coordinator.cli", *self._data, "run")
        until("the coordinator answers", lambda: host.call("GET", f"{HUB}/api/health/"))

    def command(self, *words: str) -> str:
        variables = {"MRNMESH_TOKEN": getattr(self, "_token", "")}
        return self.host.run("coordinator.cli", *self._data, *words, variables=variables)

    def code(self, terminal: str, *words: str) -> str:
        answer = self.command("terminals", "enrol", terminal, "--json", *words)
        return str(json.loads(answer)["enrolment_code"])

    def status(self) -> dict[str, Any]:
        return dict(self.host.call("GET", f"{HUB}/api/status/", token=self._token))

    def confirmed(self) -> int:
        """How many people have a number that the coordinator has confirmed."""
        status = self.status()
        return int(status["patients"] - status["pending"])


class Desk:
    """A desk's computer."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._data = ("--data", str(host.folder / "desk"))

    def enrol(self, code: str, *words: str) -> str:
        witness = ("--witness", str(self.host.folder / "witness"))
        return self.host.run("node.cli", *self._data, "enrol", code, *witness, *words)

    def start(self) -> None:
        self.host.start("node.cli", *self._data, "run")
        until("the desk answers", self.status)

    def status(self) -> dict[str, Any]:
        return self.host.call("GET", f"{DESK}/api/status/")

    def register(self, name: str) -> str:
        body = PERSON | {"full_name": name, "phone": PHONE}
        return str(self.host.call("POST", f"{DESK}/api/patients/", body)["mrn"])

    def numbered_online(self, name: str) -> str:
        """The number of a new person if the coordinator gives one in time, else an empty text."""
        mrn = self.register(name) if self.is_online() else ""
        return mrn if mrn.startswith("PAT-") else ""

    def is_online(self) -> bool:
        return bool(self.status()["numbers"] == "online")

    def knows(self, name: str) -> bool:
        """True when somebody of this name is found here."""
        found = self.host.call("GET", f"{DESK}/api/patients/?query={quote(name)}")
        return any(one["full_name"] == name for one in found["results"])

    def ranges(self) -> list[str]:
        """The ranges out of which it may give numbers now."""
        return [one["range"] for one in self.status()["ranges"] if one["closed"] is None]


def carried(desk: Desk, to: Host) -> Desk:
    """The data folder and the witness of a desk that is stopped, copied to another computer."""
    for name in ("desk", "witness"):
        source = desk.host.folder / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, to.folder / name)
    settings = to.folder / "desk" / "node.toml"
    written = settings.read_text(encoding="utf-8")
    here = written.replace(str(desk.host.folder), str(to.folder))
    settings.write_text(here, encoding="utf-8")
    return Desk(to)
