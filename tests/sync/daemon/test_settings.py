"""Settings in layers: which one holds, and what is said of one that is wrong."""

import argparse

import pytest

from sync.daemon import settings
from sync.daemon.daemons import Daemon
from sync.daemon.settings import Origin, Setting, SettingKind, SettingsTable, require_kind
from sync.errors import BadConfig, BadOption, UnknownSetting


def word(value):
    if value == "bad":
        raise ValueError("'bad' is not a word")
    return value.upper()


WORD = Setting("word", SettingKind.TEXT, word, "one", "a word")
WORDS = Setting("words", SettingKind.TEXTS, tuple, (), "many words")
SWITCH = Setting("switch", SettingKind.SWITCH, bool, True, "on or off")
GIVEN = Setting("given", SettingKind.TEXT, word, None, "must be given", fixed=True)
TABLE = SettingsTable(
    Daemon("x", "127.0.0.1:1", "127.0.0.1:2", "init"), (WORD, WORDS, SWITCH, GIVEN)
)


def load(tmp_path, written=None, environment=None, flags=None):
    written = {"given": "x"} | (written or {})
    return TABLE.load(tmp_path / "x.toml", written, environment or {}, flags or {})


@pytest.mark.parametrize(
    ("written", "environment", "flags", "value", "origin"),
    [
        ({}, {}, {}, "ONE", Origin.DEFAULT),
        ({"word": "two"}, {}, {}, "TWO", Origin.FILE),
        ({"word": "two"}, {"MRNMESH_X_WORD": "three"}, {}, "THREE", Origin.ENVIRONMENT),
        ({"word": "two"}, {"MRNMESH_X_WORD": "three"}, {"word": "four"}, "FOUR", Origin.FLAG),
        ({"word": "two"}, {}, {"word": None}, "TWO", Origin.FILE),
    ],
)
def test_the_last_layer_that_has_a_value_holds(
    tmp_path, written, environment, flags, value, origin
):
    found = load(tmp_path, written, environment, flags)
    assert found[WORD] == value
    assert found.found["word"].origin is origin


@pytest.mark.parametrize(
    ("text", "value"), [("yes", True), ("0", False), (" OFF ", False), ("True", True)]
)
def test_a_switch_and_a_list_may_come_from_variables(tmp_path, text, value):
    environment = {"MRNMESH_X_SWITCH": text, "MRNMESH_X_WORDS": "a, b,,c"}
    found = load(tmp_path, environment=environment)
    assert found[SWITCH] is value
    assert found[WORDS] == ("a", "b", "c")


@pytest.mark.parametrize(
    ("written", "environment", "said"),
    [
        ({"wrod": 1}, {}, "'wrod' in .*x.toml is not a setting; did you mean 'word'"),
        (
            {"nothing_like_it": 1},
            {},
            "is not a setting. Run `mrnmesh-x config --help`, which lists them all",
        ),
        ({}, {"MRNMESH_X_WRODS": "a"}, "MRNMESH_X_WRODS is not .* 'MRNMESH_X_WORDS'"),
        ({}, {"mrnmesh_x_word": "a"}, "mrnmesh_x_word is not .* 'MRNMESH_X_WORD'"),
        ({}, {"MRNMESH_X_GIVEN": "y"}, "MRNMESH_X_GIVEN is not a setting"),
    ],
)
def test_what_is_no_setting_is_an_error_with_a_suggestion(tmp_path, written, environment, said):
    with pytest.raises(UnknownSetting, match=said):
        load(tmp_path, written, environment)


def test_variables_of_others_and_the_data_folder_are_none_of_our_settings(tmp_path):
    load(tmp_path, environment={"MRNMESH_TOKEN": "t", "MRNMESH_X_DATA": "/x", "PATH": "/bin"})


@pytest.mark.parametrize(
    ("written", "environment", "said"),
    [
        ({"word": "bad"}, {}, r"x.toml cannot be used: 'word': 'bad' is not a word"),
        ({}, {"MRNMESH_X_WORD": "bad"}, r"MRNMESH_X_WORD cannot be used: 'word': 'bad' is"),
        ({"word": 5}, {}, "'word': must be a text"),
        ({"words": "a"}, {}, "'words': must be a list of texts"),
        ({"switch": "true"}, {}, "'switch': must be true or false"),
        ({}, {"MRNMESH_X_SWITCH": "maybe"}, "'maybe' is neither true nor false"),
        ({"given": None}, {}, "'given'"),
    ],
)
def test_a_wrong_value_is_reported_with_its_place(tmp_path, written, environment, said):
    with pytest.raises(BadConfig, match=said):
        load(tmp_path, written, environment)


def test_a_wrong_flag_is_reported_as_a_flag(tmp_path):
    with pytest.raises(BadOption, match="--word cannot be used: 'bad' is not a word"):
        load(tmp_path, flags={"word": "bad"})


def test_what_must_be_given_is_missed(tmp_path):
    with pytest.raises(BadConfig, match=r"'given' is missing \(must be given\)"):
        TABLE.load(tmp_path / "x.toml", {}, {}, {})


def test_every_setting_that_is_not_fixed_has_a_flag():
    parser = argparse.ArgumentParser()
    TABLE.add_flags(parser)
    assert TABLE.flags(parser.parse_args([])) == {}
    given = parser.parse_args(["--word", "w", "--words", "a,b", "--no-switch"])
    assert TABLE.flags(given) == {"word": "w", "words": "a,b", "switch": False}
    with pytest.raises(SystemExit):
        parser.parse_args(["--given", "x"])


def test_a_setting_is_described_with_value_and_origin(tmp_path):
    rows = settings.described(TABLE, load(tmp_path, {"words": ["a"]}))
    assert rows[1] == {
        "name": "words",
        "value": ["a"],
        "origin": "file",
        "where": str(tmp_path / "x.toml"),
        "help": "many words",
    }


@pytest.mark.parametrize(
    "given",
    [*(f"D:{chr(code)}ew" for code in (*range(32), *range(127, 160))), ["good", "D:\new"]],
)
def test_a_control_character_in_a_setting_is_refused(given):
    kind = SettingKind.TEXT if isinstance(given, str) else SettingKind.TEXTS
    with pytest.raises(ValueError, match=r"has a control character.*single quotes"):
        require_kind(kind, given)


@pytest.mark.parametrize("given", ["D:\\new", "/srv/کلینک", "a b", ""])
def test_any_other_character_may_be_in_a_setting(given):
    require_kind(SettingKind.TEXT, given)
