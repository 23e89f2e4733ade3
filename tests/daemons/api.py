"""The HTTP API of a daemon as a test calls it; every answer is held against its description."""

from __future__ import annotations

import json
import re
from typing import Any

import aiohttp
from jsonschema_rs import Draft202012, Draft202012Validator, Registry

AYESHA: dict[str, Any] = {
    "full_name": "Ayesha Khan",
    "father_name": "Imran Khan",
    "dob": "1990-01-01",
    "sex": "F",
    "phone": "03001234567",
    "address": "12 Canal Road, Lahore",
}
OFFLINE = AYESHA | {"offline": True}
_DOCUMENT = "urn:description"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
"""The one form of a time in an answer, see `sync.model.formats.iso_utc`."""
_TIME_LIKE = re.compile(r'(?<!\\)"(\d{4}-?\d\d-?\d\d[Tt ]\d\d:?\d\d[^"]*)"')
"""A text of an answer, as JSON has it, that begins like a time."""
_FORMATS = {"date-time": lambda text: _TIME.fullmatch(text) is not None}


class Described:
    """What a daemon says about its API."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._registry = Registry([(_DOCUMENT, document)], draft=Draft202012)
        self._validators: dict[str, Draft202012Validator] = {}
        self._paths = {
            re.compile(re.sub(r"\{\w+\}", "[^/]+", path)): methods
            for path, methods in sorted(document["paths"].items(), key=lambda one: "{" in one[0])
        }

    def check(self, method: str, path: str, status: int, answer: object) -> None:
        """Fail if an answer is not as it is described."""
        path = path.partition("?")[0]
        methods = next((one for known, one in self._paths.items() if known.fullmatch(path)), {})
        if method.lower() not in methods:
            # What only the pages of a daemon use is not described.
            assert status in (401, 403, 404, 405) or not path.startswith("/api/")
            return
        responses = methods[method.lower()]["responses"]
        response = responses.get(str(status), responses["default"])
        self._validator(response["content"]["application/json"]["schema"]["$ref"]).validate(answer)
        times = _TIME_LIKE.findall(json.dumps(answer))
        strange = [text for text in times if not _TIME.match(text)]
        assert strange == [], "a time in another form, in a field that is not described as one"

    def _validator(self, reference: str) -> Draft202012Validator:
        """What holds an answer against one of the schemas."""
        if reference not in self._validators:
            self._validators[reference] = Draft202012Validator(
                {"$ref": _DOCUMENT + reference},
                registry=self._registry,
                formats=_FORMATS,
                validate_formats=True,
            )
        return self._validators[reference]


class Api:
    """The HTTP API of a daemon.

    Args:
        token: goes with the calls that name no other.
    """

    def __init__(self, token: str | None) -> None:
        self.token = token
        self.described: Described
        self.http: aiohttp.ClientSession

    async def send(
        self, method: str, path: str, body: object = None, token: str | None = "", **how: Any
    ) -> tuple[int, Any]:
        """Status and answer of a call; without a token if ``token`` is None."""
        token = self.token if token == "" else token
        headers = how.pop("headers", {})
        if token is not None:
            headers = {"Authorization": f"Bearer {token}"} | headers
        if body is not None:
            how["json"] = body
        async with self.http.request(method, path, headers=headers, **how) as response:
            if response.content_type == "text/event-stream":  # which never ends
                return response.status, ""
            if response.content_type != "application/json":
                return response.status, await response.text()
            answer = await response.json()
            self.described.check(method, path, response.status, answer)
            return response.status, answer

    async def call(self, method: str, path: str, body: object = None, **how: Any) -> Any:
        """The answer of a call that works."""
        status, answer = await self.send(method, path, body, **how)
        assert status < 300, answer
        return answer

    async def get(self, path: str, **how: Any) -> Any:
        return await self.call("GET", path, **how)

    async def refused(
        self, method: str, path: str, body: object = None, **how: Any
    ) -> tuple[int, str]:
        """Status and code of a call that does not work."""
        status, answer = await self.send(method, path, body, **how)
        assert status >= 400, answer
        return status, answer["code"]

    async def faults(self, method: str, path: str, body: object, **how: Any) -> dict[str, str]:
        """Field -> what is wrong with it, of a call whose fields are wrong."""
        status, answer = await self.send(method, path, body, **how)
        assert (status, answer.pop("code")) in ((400, "invalid_fields"), (400, "invalid_patient"))
        assert answer.pop("detail")
        return {field: why for field, (why,) in answer.items()}

    async def register(self, **fields: Any) -> dict[str, Any]:
        """A person; the fields that are not given are Ayesha's."""
        answer: dict[str, Any] = await self.call("POST", "/api/patients/", AYESHA | fields)
        return answer
