"""The folder of wheels: complete for the computer that it is for, not for the one that made it."""

import zipfile

import pytest

from scripts import wheels
from scripts.wheels import Target

WINDOWS = Target("win_amd64", "3.11").environment()
LINUX = Target("manylinux_2_28_x86_64", "3.13").environment()


@pytest.fixture
def add(tmp_path):
    def run(name, *requires):
        with zipfile.ZipFile(tmp_path / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
            lines = ["Metadata-Version: 2.1", f"Name: {name}"]
            lines += [f"Requires-Dist: {one}" for one in requires]
            wheel.writestr(f"{name}-1.0.dist-info/METADATA", "\n".join(lines) + "\n")

    return run


@pytest.mark.parametrize(
    ("environment", "lacking"),
    [(WINDOWS, ["aiohttp<4,>=3", "old-thing", "tzdata"]), (LINUX, ["aiohttp<4,>=3"])],
)
def test_what_is_missing_depends_on_the_target(tmp_path, add, environment, lacking):
    add(
        "mrnmesh",
        "aiohttp>=3,<4",
        "msgpack",
        'tzdata; sys_platform == "win32"',
        'old-thing; python_version < "3.13"',
        'pytest; extra == "dev"',
    )
    add("msgpack")
    assert wheels.missing(tmp_path, environment) == lacking


def test_fetching_goes_on_until_nothing_is_missing(tmp_path, add):
    add("mrnmesh", "Some.Thing", 'tzdata; sys_platform == "win32"')
    fetched = []

    def fetch(requirements):
        fetched.append(requirements)
        for requirement in requirements:
            more = ["colorama"] if requirement == "Some.Thing" else []
            add(requirement.replace(".", "_"), *more)

    wheels.close(tmp_path, WINDOWS, fetch)
    assert fetched == [["Some.Thing", "tzdata"], ["colorama"]]


def test_it_gives_up_when_pip_brings_nothing(tmp_path, add):
    add("mrnmesh", "nowhere")
    with pytest.raises(SystemExit, match="still missing: nowhere"):
        wheels.close(tmp_path, WINDOWS, lambda _: None)


def test_the_note_and_the_hashes_are_written(tmp_path, add):
    add("mrnmesh")
    wheels.describe(tmp_path, Target("win_amd64", "3.11"))
    note = (tmp_path / wheels.NOTE).read_text(encoding="utf-8")
    assert "win_amd64 with Python 3.11" in note
    assert "pip install --no-index --find-links . mrnmesh" in note
    sums = (tmp_path / wheels.SUMS).read_text(encoding="utf-8")
    assert sums.endswith("  mrnmesh-1.0-py3-none-any.whl\n")


def test_what_cannot_be_meant_is_refused(tmp_path, capsys):
    (tmp_path / "something").touch()
    assert wheels.main(["--folder", str(tmp_path)]) == 1
    assert "is not empty" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="unknown platform beos"):
        wheels.main(["--platform", "beos_x86_64", "--folder", str(tmp_path / "new")])
    with pytest.raises(SystemExit):
        wheels.main(["--python", "3.9"])
