"""The account of rows: a lost row stops the run."""

from __future__ import annotations

import pytest

from kaohe.base.errors import KaoheError
from kaohe.base.ledger import Finding, Ledger


def test_lost_row_is_a_fault_of_the_suite() -> None:
    ledger = Ledger()
    account = ledger.open("daily", "daily/a.csv", "", "00")
    account.read, account.used, account.quarantined, account.declared, account.blank = 10, 6, 2, 1, 1
    ledger.check()
    account.used = 5
    with pytest.raises(KaoheError, match="K110") as caught:
        ledger.check()
    assert caught.value.exit_code == 1
    assert "1 of 10 rows" in str(caught.value)


def test_findings_keep_their_address_and_order() -> None:
    ledger = Ledger()
    ledger.add(Finding("quarantine", "K203", "households", "b.csv", row=9, column="身份证号"))
    ledger.add(Finding("normalise", "K210", "households", "a.csv", row=3, column="市"))
    frame = ledger.frame_findings()
    assert list(frame["file"]) == ["a.csv", "b.csv"]
    assert list(ledger.frame_findings("quarantine")["code"]) == ["K203"]
    with pytest.raises(ValueError, match="unknown action"):
        Finding("guess", "K203", "households", "a.csv")
