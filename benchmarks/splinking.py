"""The same task for splink (https://moj-analytical-services.github.io/splink), in its usual form.

It links two whole tables after it has trained its weights on them, so what it needs for one answer
is not measured.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from typing import Any, Final

import splink.comparison_library as comparisons
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from benchmarks.households import Fields

ALARM: Final = 0.5
"""A probability from which it tells of somebody. Chosen."""

LEAST: Final = 0.001

_COLUMNS: Final = ("full_name", "father_name", "dob", "sex", "phone", "address")


def link(
    register: Sequence[Fields], questions: Sequence[Fields]
) -> dict[int, list[tuple[float, int]]]:
    """Place of a question -> (probability, place in the register) of those who may be the one."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[
            comparisons.JaroWinklerAtThresholds("full_name", [0.92, 0.8]),
            comparisons.JaroWinklerAtThresholds("father_name", [0.92, 0.8]),
            comparisons.DamerauLevenshteinAtThresholds("dob", [1, 2]),
            comparisons.ExactMatch("sex"),
            comparisons.LevenshteinAtThresholds("phone", 1),
            comparisons.LevenshteinAtThresholds("address", 3),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("full_name"),
            block_on("dob"),
            block_on("phone"),
            block_on("address", "sex"),
            block_on("substr(full_name, 1, 4)", "substr(dob, 1, 4)"),
        ],
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        database = DuckDBAPI()
        tables = [
            database.register(_table(people), dataset_display_name=name)
            for name, people in (("register", register), ("questions", questions))
        ]
        linker = Linker(tables, settings, log_level=logging.ERROR)
        training = linker.training
        training.estimate_probability_two_random_records_match([block_on("phone", "dob")], 0.6)
        training.estimate_u_using_random_sampling(max_pairs=1e6, num_chunks=1)
        training.estimate_parameters_using_expectation_maximisation(block_on("dob"))
        training.estimate_parameters_using_expectation_maximisation(block_on("phone"))
        rows = linker.inference.predict(threshold_match_probability=LEAST).as_record_list()
    return _by_question(rows)


def _table(people: Sequence[Fields]) -> list[dict[str, Any]]:
    return [
        {"unique_id": number} | {name: fields.get(name) for name in _COLUMNS}
        for number, fields in enumerate(people)
    ]


def _by_question(rows: Sequence[dict[str, Any]]) -> dict[int, list[tuple[float, int]]]:
    found: dict[int, list[tuple[float, int]]] = {}
    for row in rows:
        left, right = int(row["unique_id_l"]), int(row["unique_id_r"])
        question, person = (
            (left, right) if row["source_dataset_l"] == "questions" else (right, left)
        )
        found.setdefault(question, []).append((float(row["match_probability"]), person))
    return found
