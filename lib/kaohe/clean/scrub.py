"""Persons: identity numbers are checked and then dropped, messages masked, free text scanned.

Nothing that names a person is stored. Identity numbers follow GB 11643-1999: six digits of
area, eight of birth, three in sequence, one check character (ISO 7064 MOD 11-2).
"""

from __future__ import annotations

import re
from datetime import date

from kaohe.clean.cells import header_key, tidy
from kaohe.clean.recognise import PROVINCES, find_personal, id_check, luhn

DEMO_AREA = "4499"
_ID = re.compile(r"\d{17}[\dX]", re.ASCII)
_NAME = re.compile(r"[\u4e00-\u9fff\U00020000-\U0002ffff·]{2,6}")
_NO_WORDS = {"int", "number", "money", "share", "date", "code", "item"}
_KNOWN_WORDS = {"不知道", "不详", "拒答", "不适用", "没有", "未知", "合计", "若干", "很多", "暂无"}
_PERSONAL_HEADER = re.compile(
    "姓名|户主$|身份证|证件号|证件号码|电话|手机|联系方式|住址|地址|银行|账号|账户|卡号|填表人|签名"
)


def id_fault(text: str, *, latest: date, synthetic: bool = False) -> str:
    """The code of the rule an identity number breaks; empty when it is sound.

    Parameters
    ----------
    text : str
        As found; full-width and lower-case letters are narrowed first.
    latest : date
        No birth after this day (the day of the survey).
    synthetic : bool
        Accept the unallocated area 4499, which demonstration data uses.

    Examples
    --------
    >>> id_fault("11010519491231002X", latest=date(2020, 9, 30))
    ''
    >>> id_fault("440524188001010015", latest=date(2020, 9, 30))
    'K203'
    >>> id_fault("440524203002300010", latest=date(2020, 9, 30))
    'K205'
    """
    number = tidy(text).upper()
    if not _ID.fullmatch(number):
        return "K204"
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return "K205"
    if born > latest or born.year < 1800:
        return "K205"
    if number[:4] == DEMO_AREA:
        if not synthetic:
            return "K206"
    elif int(number[:2]) not in PROVINCES or number[2:4] == "00":
        return "K206"
    return "" if id_check(number) else "K203"


def phone_fault(text: str) -> str:
    """K207 when a telephone number has no known form; empty when it does."""
    plain = tidy(text).replace("-", "").removeprefix("+86")
    ok = re.fullmatch(r"1[3-9]\d{9}|0\d{9,11}|[2-9]\d{6,7}", plain, re.ASCII)
    return "" if ok else "K207"


def account_fault(text: str) -> str:
    """K207 when a bank account is not 12 to 19 digits, or a bank card (62…) whose check digit is wrong; empty when it is.

    Examples
    --------
    >>> account_fault("6200001234567890128"), account_fault("6200001234567890123")
    ('', 'K207')
    """
    plain = tidy(text).replace("-", "")
    if not re.fullmatch(r"\d{12,19}", plain, re.ASCII):
        return "K207"
    return "K207" if len(plain) >= 16 and plain.startswith("62") and not luhn(plain) else ""


def mask(text: str) -> str:
    """A personal value as messages show it: nothing of it but its length."""
    return f"（个人信息已遮盖，{len(text.strip())} 位）"


def shown(text: str, kind: str) -> str:
    """A cell's value as findings show it, by the kind of its column.

    Personal columns show nothing. A short word in a column of numbers, dates or codes may be a
    name out of place, so it is not shown either.
    """
    if kind == "personal":
        return mask(text)
    if kind in _NO_WORDS and _NAME.fullmatch(text.strip()) and text.strip() not in _KNOWN_WORDS:
        return f"（文字，{len(text.strip())} 字）"
    return mask_text(text)[0]


def mask_text(text: str) -> tuple[str, int]:
    """Free `text` with what `find_personal` finds masked, and the number of places masked.

    Examples
    --------
    >>> mask_text("联系电话 13800138000，已整改")
    ('联系电话 〔电话〕，已整改', 1)
    """
    hits = find_personal(text)
    for start, end, label in reversed(hits):
        text = f"{text[:start]}〔{label}〕{text[end:]}"
    return text, len(hits)


def is_personal_header(text: str) -> bool:
    """True when the header `text` of a column says that it holds personal data."""
    return bool(_PERSONAL_HEADER.search(header_key(text)))


def looks_personal(values: list[str]) -> bool:
    """True when any of the `values` holds an identity number, account, telephone, address or e-mail."""
    return any(find_personal(v) for v in values if len(v) >= 8)
