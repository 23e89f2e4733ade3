"""The secret of the first start: hashed, and however it is written."""

import re

from coordinator.users import first_start


def test_the_secret_is_kept_as_a_hash_and_an_earlier_one_is_good_no_longer(tmp_path):
    first = first_start.fresh(tmp_path)
    assert re.fullmatch(r"([0-9a-z]{4}-){4}[0-9a-z]{4}", first)
    assert first_start.is_right(tmp_path, first)
    second = first_start.fresh(tmp_path)
    assert not first_start.is_right(tmp_path, first)
    assert first_start.is_right(tmp_path, second)
    kept = (tmp_path / first_start.FILE).read_text()
    assert second not in kept
    assert second.replace("-", "") not in kept
    first_start.done(tmp_path)
    assert not first_start.is_right(tmp_path, second)


def test_it_is_taken_as_people_type_it(tmp_path):
    secret = first_start.fresh(tmp_path)
    typed = secret.replace("-", " ").upper().replace("1", "I").replace("0", "O")
    assert first_start.is_right(tmp_path, f"  {typed} ")
    for wrong in ("", "-", secret[:-1], secret + "0", "é"):
        assert not first_start.is_right(tmp_path, wrong)
