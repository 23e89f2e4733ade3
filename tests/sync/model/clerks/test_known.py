"""How names are known: the words stand in facts, and are for good."""

from sync.model.clerks.known import NOBODY, Doer, KnownBy


def test_the_words_that_stand_in_facts_stay_as_they_are():
    assert [str(one) for one in KnownBy] == ["typed", "chosen", "pin", "signed_in", "key"]


def test_nobody_is_named_by_nothing():
    assert Doer() == NOBODY == (None, None)
