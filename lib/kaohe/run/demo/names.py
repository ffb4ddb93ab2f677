"""Invented names of towns, villages and people, in the manner of Guangdong."""

from __future__ import annotations

import numpy as np

_TOWN_FIRST = "云石龙凤梅桂松竹莲荷瑞祥安和平永丰泰福康宁清溪江河湖白金银玉翠青碧岭坪塘洲滘塱埗仙鹤鹿麟锦绣星月霞岚"
_TOWN_LAST = "溪水潭岗坑坪塘洲湾岭城山江源口桥井陂滘塱埗垌沙田围屋寨冲"
_VILLAGE_FIRST = "上下大小新旧东西南北中前后长高横竹松梅桂榕荔蕉茶禾稻麦石沙白黄红乌青龙凤马牛羊鹤仙福寿安"
_VILLAGE_LAST = "塘滘埗塱岭坑湖洞屋围寨岗坪陂坝涌沥朗漖氹墩埔厝楼桥井田洲湾背头尾"
_SURNAMES = "陈李黄张梁林刘吴罗杨邓郑钟叶谢何曾彭朱胡赖温蔡许潘邱卢冯苏江"
_GIVEN = "示范演练样本虚构假设模拟例测试云海山川星河松柏竹兰菊荷春夏秋冬晨曦雨雪风"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
SYNTHETIC_AREA = "449901"


def town_names(rng: np.random.Generator, n: int) -> list[str]:
    """`n` names of towns, each different from the others also in its short form."""
    return _pairs(rng, n, _TOWN_FIRST, _TOWN_LAST, "镇")


def village_names(rng: np.random.Generator, n: int) -> list[str]:
    """`n` names of villages, each different from the others also in its short form."""
    return _pairs(rng, n, _VILLAGE_FIRST, _VILLAGE_LAST, "村")


def _pairs(rng: np.random.Generator, n: int, first: str, last: str, suffix: str) -> list[str]:
    codes = rng.permutation(len(first) * len(last))
    pairs = ((first[c // len(last)], last[c % len(last)]) for c in codes)
    names = [a + b + suffix for a, b in pairs if a != b]
    return names[:n]


def person_name(rng: np.random.Generator) -> str:
    """A surname and a given name of two characters."""
    a, b, c = rng.integers(0, len(_SURNAMES)), *rng.integers(0, len(_GIVEN), 2)
    return _SURNAMES[a] + _GIVEN[b] + _GIVEN[c]


def check_digit(first17: str) -> str:
    """The last character of a citizen number, by GB 11643-1999 (ISO 7064 MOD 11-2).

    Examples
    --------
    >>> check_digit("11010519491231002")
    'X'
    >>> check_digit("44052418800101001")
    '4'
    """
    return _CHECKS[sum(w * int(d) for w, d in zip(_WEIGHTS, first17, strict=True)) % 11]


def id_number(rng: np.random.Generator) -> str:
    """A citizen number that nobody can hold: its area code was never allocated; its check digit is right."""
    year, month, day = rng.integers(1936, 1998), rng.integers(1, 13), rng.integers(1, 29)
    first = f"{SYNTHETIC_AREA}{year}{month:02d}{day:02d}{rng.integers(1, 999):03d}"
    return first + check_digit(first)


def phone(rng: np.random.Generator) -> str:
    """A phone number of the right shape, recognisably invented (1990000…)."""
    return f"1990000{rng.integers(0, 10000):04d}"


def luhn_digit(digits: str) -> str:
    """The check digit that makes `digits` followed by it pass the Luhn test.

    Examples
    --------
    >>> luhn_digit("7992739871")
    '3'
    """
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def account(rng: np.random.Generator) -> str:
    """A bank account of nineteen digits, recognisably invented (620000…), with a valid check digit."""
    first = f"620000{rng.integers(0, 10**12):012d}"
    return first + luhn_digit(first)
