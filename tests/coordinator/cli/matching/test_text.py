"""Estimated weights beside those of this version, as people and programs read them."""

from coordinator.cli.matching import text
from sync.matching import weights
from sync.matching.estimating import Estimate

PHONE = weights.FIELDS["phone", "same"]
FOUND = Estimate(
    {**weights.FIELDS, ("phone", "same"): PHONE._replace(same=0.4)}, 5000, 249.6, 900.2, 7
)


def line(shown, finding):
    return next(one for one in shown.splitlines() if finding in one)


def test_each_finding_has_both_weights_and_what_differs_much_is_marked():
    shown = text.as_text(FOUND)
    assert shown.startswith(
        "5,000 people compared; of the pairs found some 250 are one person and 900"
    )
    phone = line(shown, "phone: same telephone")
    assert phone.startswith("*")
    assert phone.split("telephone")[1].split() == [
        *("80", "40", "75", "75", "0.001", "0.001", "16.3", "15.3")
    ]
    assert line(shown, "sex: same sex").startswith(" ")
    assert "Nothing was changed" in shown


def test_programs_get_all_weights_as_shares():
    found = text.as_json(FOUND)
    assert (found["people"], found["one_person"], found["relatives"]) == (5000, 249.6, 900.2)
    assert (found["rounds"], found["version"]) == (7, weights.VERSION)
    assert len(found["weights"]) == len(weights.FIELDS)
    phone = next(
        one for one in found["weights"] if (one["field"], one["level"]) == ("phone", "same")
    )
    assert phone["fixed"] == {"same": 0.8, "relative": 0.75, "stranger": 1e-5}
    assert phone["estimated"]["same"] == 0.4
