"""Refusals: what survives a way between processes, and what is left out of them."""

from __future__ import annotations

import pickle

import pytest

from kaohe.base.errors import BusyError, InputRefused, KaoheError, without_paths
from kaohe.publish.seal import failed


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputRefused("K100", "No", where="here", got="1", expected="2", remedy="mend"), 2),
        (BusyError("K501", "Busy"), 5),
        (failed("K830", "A cell failed", None, where="40_city"), 3),
    ],
)
def test_a_refusal_keeps_its_parts_and_exit_code_between_processes(error: KaoheError, code: int) -> None:
    error_of_ours = InputRefused("K100", "A fault of the suite")
    error_of_ours.exit_code = 1
    for sent, wanted in ((error, code), (error_of_ours, 1)):
        came = pickle.loads(pickle.dumps(sent))
        assert (type(came), came.message(), came.exit_code) == (type(sent), sent.message(), wanted)


def test_folders_of_this_machine_are_left_out() -> None:
    assert without_paths("in /home/a/b.py and data/raw/c.csv, 1/2") == "in …/b.py and data/raw/c.csv, 1/2"
