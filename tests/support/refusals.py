"""Calls that must be refused: by which code, and that the message says what came and what would be right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kaohe.base.errors import InputRefused

Refused = dict[str, tuple[str, Callable[[], Any]]]


def assert_refused(code: str, call: Callable[[], Any]) -> None:
    """The call is refused by this code, with what was got and what is expected."""
    with pytest.raises(InputRefused) as caught:
        call()
    assert caught.value.code == code
    assert caught.value.got
    assert caught.value.expected
