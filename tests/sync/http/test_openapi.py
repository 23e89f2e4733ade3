"""How operations and their types become a description."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any, Literal, NoReturn, TypedDict

import msgspec
import pytest
from msgspec import Meta
from openapi_schema_validator import OAS31Validator, oas31_format_checker

from sync.errors import Busy, InvalidFields, NotFound, TerminalNotFound
from sync.http.openapi import describe
from sync.http.operations import HtmlPage, Made, Needs, Operation
from sync.http.paging import Listed
from sync.http.people import PatientChange
from sync.http.registration import NewPatient
from sync.model.facts import State
from sync.model.formats import Day, Time, Uuid
from sync.model.validation import checked, sort_out
from sync.reading.pages import Page

Size = Annotated[Literal["small", "large"], Meta(title="CardSize")]


class Paper(StrEnum):
    """What a card is made of."""

    PLAIN = "plain"
    PLASTIC = "plastic"


class NewCard(msgspec.Struct, kw_only=True):
    """A card to be printed."""

    mrn: Annotated[str, Meta(max_length=32, description="the number on it")]
    size: Size = "small"
    paper: Paper | None = None


class CardQuery(Page, kw_only=True, frozen=True):
    """Which cards."""

    mrn: str
    state: Annotated[State | None, Meta(description="of the terminal")] = None
    size: Size | None = None


class CardAnswer(TypedDict):
    """A card that was printed."""

    record_id: Uuid
    at: Time
    birthday: Day | None
    size: Size
    paper: Paper


async def some_cards(_request) -> Listed[CardAnswer]: ...
async def new_card(_request) -> Made[CardAnswer]: ...
async def one_card(_request) -> CardAnswer: ...
async def send_picture(_request) -> None: ...
async def never(_request) -> NoReturn: ...
async def page(_request) -> HtmlPage: ...


CARD = r"/api/cards/{id:\d{1,15}|[0-9a-f]{4}}/"
OPERATIONS = [
    Operation(
        "GET", "/api/cards/", some_cards, "List cards", needs=Needs.KNOWN_CALLER, query=CardQuery
    ),
    Operation(
        "POST",
        "/api/cards/",
        new_card,
        "Print a card",
        needs=Needs.ADMINISTER,
        body=NewCard,
        status=201,
        errors=(NotFound, Busy, TerminalNotFound, InvalidFields),
        about="cards",
    ),
    Operation("GET", CARD, one_card, "Show a card", needs=Needs.OWN_TERMINAL),
    Operation(
        "PUT", CARD + "picture/", send_picture, "Send", needs=Needs.THIS_COMPUTER, body=bytes
    ),
    Operation("POST", CARD, never, "Fail", needs=Needs.THIS_COMPUTER, errors=(Busy,)),
    Operation("GET", "/page/", page, "Show", needs=Needs.THIS_COMPUTER),
]
DOCUMENT: dict[str, Any] = dict(describe(OPERATIONS, "cards"))
PATHS = DOCUMENT["paths"]
SCHEMAS = DOCUMENT["components"]["schemas"]


def reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def json_of(content: dict[str, Any]) -> Any:
    return content["content"]["application/json"]["schema"]


def test_a_body_and_an_answer_are_components_with_plain_names():
    post = PATHS["/api/cards/"]["post"]
    assert json_of(post["requestBody"]) == reference("NewCard")
    assert json_of(post["responses"]["201"]) == reference("CardAnswer")
    assert json_of(PATHS["/api/cards/"]["get"]["responses"]["200"]) == reference("CardList")
    assert SCHEMAS["CardList"]["properties"]["results"]["items"] == reference("CardAnswer")
    assert SCHEMAS["NewCard"]["required"] == ["mrn"]
    assert all(schema["title"] == name for name, schema in SCHEMAS.items())


def test_an_enumeration_is_one_component_wherever_it_stands():
    assert SCHEMAS["CardSize"] == {
        "title": "CardSize",
        "type": "string",
        "enum": ["large", "small"],
    }
    assert SCHEMAS["TerminalState"]["enum"] == sorted(State)
    assert SCHEMAS["CardAnswer"]["properties"]["size"] == reference("CardSize")
    assert SCHEMAS["CardAnswer"]["properties"]["paper"] == reference("Paper")
    assert SCHEMAS["NewCard"]["properties"]["size"] == reference("CardSize") | {"default": "small"}
    sizes = [one["schema"] for one in PATHS["/api/cards/"]["get"]["parameters"]]
    assert {"anyOf": [reference("CardSize"), {"type": "null"}], "default": None} in sizes


def test_texts_have_their_formats():
    fields = SCHEMAS["CardAnswer"]["properties"]
    assert fields["record_id"] == {"type": "string", "format": "uuid"}
    assert fields["at"] == {"type": "string", "format": "date-time"}
    assert {"type": "string", "format": "date"} in fields["birthday"]["anyOf"]


def test_each_name_of_a_query_is_a_parameter_and_the_query_no_component():
    parameters = {one["name"]: one for one in PATHS["/api/cards/"]["get"]["parameters"]}
    assert parameters.keys() == {"mrn", "state", "size", "page", "page_size"}
    assert [name for name, one in parameters.items() if one["required"]] == ["mrn"]
    assert parameters["state"]["description"] == "of the terminal"
    assert "CardQuery" not in SCHEMAS


def test_a_path_loses_its_expressions_and_its_parameters_keep_them():
    (parameter,) = PATHS["/api/cards/{id}/"]["get"]["parameters"]
    assert (parameter["in"], parameter["required"]) == ("path", True)
    pattern = re.compile(parameter["schema"]["pattern"])
    assert pattern.search("123")
    assert pattern.search("00ff")
    assert not pattern.search("12x")


def test_who_may_call_is_said_in_words_and_for_programs():
    described = [one for methods in PATHS.values() for one in methods.values()]
    assert [one["description"] for one in described] == [one.needs.value for one in OPERATIONS]
    cookie = {"session": []}
    some = [{"key": [one]} for one in ("read", "register", "conflicts", "metrics", "administer")]
    known, administer = [*some, cookie], [{"key": ["administer"]}, cookie]
    assert [one["security"] for one in described] == [known, administer, known, [], [], []]
    assert DOCUMENT["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert "securitySchemes" not in describe(OPERATIONS[3:], "cards")["components"]


def test_errors_are_listed_by_status_with_their_codes():
    responses = PATHS["/api/cards/"]["post"]["responses"]
    assert list(responses) == ["201", "200", "400", "404", "429", "default"]
    assert responses["400"]["description"] == "Codes: `terminal_not_found`, `invalid_fields`"
    assert json_of(responses["default"]) == reference("ErrorAnswer")


def test_a_repeatable_operation_takes_a_key_and_answers_200_the_second_time():
    post = PATHS["/api/cards/"]["post"]
    assert [one["name"] for one in post["parameters"]] == ["Idempotency-Key"]
    assert json_of(post["responses"]["200"]) == reference("CardAnswer")


def test_what_is_not_json_is_described_as_what_it_is():
    put = PATHS["/api/cards/{id}/picture/"]["put"]
    binary = {"schema": {"type": "string", "format": "binary"}}
    assert put["requestBody"]["content"] == {"application/octet-stream": binary}
    assert list(put["responses"]) == ["204", "default"]
    assert list(PATHS["/api/cards/{id}/"]["post"]["responses"]) == ["429", "default"]
    assert list(PATHS["/page/"]["get"]["responses"]["200"]["content"]) == ["text/html"]


def test_each_operation_has_an_id_of_its_own():
    idents = [one["operationId"] for methods in PATHS.values() for one in methods.values()]
    assert idents[:3] == ["get_cards", "post_cards", "get_cards_by_id"]
    assert len(set(idents)) == len(OPERATIONS)


# what the types allow is what the schemas say

VALUES = [
    *("Ayesha", "x" * 31, "x" * 201, "x" * 501, "a\u0001b", "M", "X", "1990-01-01", "1990-1-1"),
    *("03001234567", "+92 (300) 123-4567", "phone", "12345-1234567-1", "1234512345671", "123-1"),
    *(0, -1, 150, 151, 1800, 1801, 99_999, True, False),
]


@pytest.mark.parametrize("kind", [NewPatient, PatientChange])
def test_a_body_is_refused_where_its_schema_does_not_permit_it(kind):
    operation = Operation("POST", "/", one_card, "Do", needs=Needs.THIS_COMPUTER, body=kind)
    components = dict(describe([operation], "people"))["components"]
    described = components["schemas"][kind.__name__]["properties"]
    assert described.keys() == {one.encode_name for one in msgspec.structs.fields(kind)}
    compared = 0
    for name, schema in described.items():
        validator = OAS31Validator(
            schema | {"components": components}, format_checker=oas31_format_checker
        )
        types = {one.get("type") for one in schema.get("anyOf", [schema])}
        for value in VALUES:
            _, wrong = sort_out({name: value}, kind)
            # "1", 1 and true are taken for one another, as the earlier system did it.
            lenient = "boolean" in types and not isinstance(value, str)
            lenient |= "integer" in types and isinstance(value, bool)
            if validator.is_valid(value):
                assert wrong == {}, (name, value)
            elif not lenient:
                assert wrong.keys() == {name}, (name, value)
            compared += 1
    assert compared == len(VALUES) * len(described)


def test_what_must_be_sent_is_called_required():
    with pytest.raises(InvalidFields) as caught:
        checked({}, NewCard)
    assert list(caught.value.fields) == SCHEMAS["NewCard"]["required"]
