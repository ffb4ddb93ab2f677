"""Chinese numerals: read where they are written in full, never where people round or cut them short.

A numeral is read leniently and written again by rule; it is taken only when both agree. So 三千五百
is 3500 and 二十 is 20, while 三千五 (which may mean 3500 or 3005), 三亿五千 (三亿零五千, or 五千万 cut short),
一千五十 and 二三十 stay unread.
"""

from __future__ import annotations

import re

DIGITS = "零一二三四五六七八九"
_UNITS = {"十": 10, "百": 100, "千": 1000}
_SECTIONS = {"万": 10**4, "亿": 10**8}
_PLAIN = str.maketrans("〇壹贰叁肆伍陆柒捌玖拾佰仟萬億", "零一二三四五六七八九十百千万亿")
_TWO = re.compile("两(?=[百千万亿])")
_SHAPE = re.compile("[零一二三四五六七八九十百千万亿]+")
_DATE = re.compile("([零一二三四五六七八九]{4})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})日")


def read_numeral(text: str) -> float | None:
    """The number a well-formed Chinese numeral names; None for anything else.

    Parameters
    ----------
    text : str
        Without blanks. Formal characters (壹, 拾) and 〇 are taken, 两 before 百, 千, 万, 亿, and
        decimals after 点.

    Examples
    --------
    >>> read_numeral("三千五百"), read_numeral("二十"), read_numeral("一万零五百"), read_numeral("三点五")
    (3500.0, 20.0, 10500.0, 3.5)
    >>> read_numeral("三千五"), read_numeral("约二十"), read_numeral("二三十"), read_numeral("1.2万")
    (None, None, None, None)
    """
    plain = _TWO.sub("二", text.translate(_PLAIN))
    whole, point, decimals = plain.partition("点")
    if point and not re.fullmatch(f"[{DIGITS}]+", decimals):
        return None
    number = _whole(whole)
    if number is None:
        return None
    if not point:
        return float(number)
    return float(f"{number}.{''.join(str(DIGITS.index(d)) for d in decimals)}")


def write_numeral(number: int) -> str:
    """A whole number from 0 below 10¹² as a Chinese numeral.

    Examples
    --------
    >>> write_numeral(3500), write_numeral(15), write_numeral(10500), write_numeral(300_005_000)
    ('三千五百', '十五', '一万零五百', '三亿零五千')
    """
    if number == 0:
        return DIGITS[0]
    parts: list[str] = []
    rest, skipped = number, False
    for name, size in (("亿", 10**8), ("万", 10**4), ("", 1)):
        section, rest = divmod(rest, size)
        if section:
            gap = bool(parts) and (section < 1000 or skipped)
            parts.append(("零" if gap else "") + _section(section) + name)
        skipped = not section
    text = "".join(parts)
    return text[1:] if text.startswith("一十") else text


def numeral_date(text: str) -> tuple[str, str, str] | None:
    """Year, month and day, in digits, of a date written in Chinese numerals; None for anything else.

    Examples
    --------
    >>> numeral_date("二〇二〇年九月三十日"), numeral_date("二〇二〇年九月")
    (('2020', '9', '30'), None)
    """
    match = _DATE.fullmatch(text.translate(_PLAIN))
    if not match:
        return None
    month, day = _whole(match[2]), _whole(match[3])
    if month is None or day is None:
        return None
    return "".join(str(DIGITS.index(d)) for d in match[1]), str(month), str(day)


def _whole(text: str) -> int | None:
    """A whole numeral, taken only when writing its number again gives the same characters."""
    if not _SHAPE.fullmatch(text):
        return None
    text = text[1:] if text.startswith("一十") else text
    number = _lenient(text)
    return number if number < 10**12 and write_numeral(number) == text else None


def _lenient(text: str) -> int:
    total, section, digit = 0, 0, 0
    for character in text:
        if character in DIGITS:
            digit = DIGITS.index(character)
        elif character in _UNITS:
            section += (digit or 1) * _UNITS[character]
            digit = 0
        else:
            total = (total + section + digit) * _SECTIONS[character] if character == "亿" else (
                total + (section + digit) * _SECTIONS[character]
            )  # fmt: skip
            section, digit = 0, 0
    return total + section + digit


def _section(number: int) -> str:
    """A number from 1 to 9999 with its inner zeros."""
    text, gap = "", False
    for name, size in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        digit, number = divmod(number, size)
        if digit:
            text += ("零" if gap and text else "") + DIGITS[digit] + name
            gap = False
        else:
            gap = True
    return text
