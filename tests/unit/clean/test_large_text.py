"""Large text files read by column hold what the careful reader gives, or are left to it."""

from __future__ import annotations

import pytest

from kaohe.clean.encodings import has_utf8_line
from kaohe.clean.intake import LIMITS, decode, find_separator, split_rows
from kaohe.clean.large_text import read_large

HEAD = "户样本编号,市,人数,备注"
ROWS = "H1,韶关市,3,好\nH2,清远市,４,\nH3,,5,梅州\n"
SAME = {
    "plain": f"{HEAD}\n{ROWS}",
    "carriage returns": f"{HEAD}\n{ROWS}".replace("\n", "\r\n"),
    "no line end at the end": f"{HEAD}\n{ROWS}".rstrip("\n"),
    "carriage return at the end": f"{HEAD}\n{ROWS}".rstrip("\n") + "\r",
    "blank lines": f"\n{HEAD}\n\n\n{ROWS}\n\n",
    "blank lines with carriage returns": f"{HEAD}\n\n{ROWS}\n".replace("\n", "\r\n"),
    "title and note": f"2020年样本户调查表\n{HEAD}\n{ROWS}注：见附表\n",
    "total row": f"{HEAD}\n{ROWS}合计,,12,\n",
    "ragged": f"{HEAD}\n{ROWS}H4,韶关市\nH5,韶关市,1,甲,乙,丙\n{ROWS}",
    "wider title": f"一,二,三,四,五,六\n{HEAD}\n{ROWS}",
    "quoted separators": f'{HEAD}\n{ROWS}H4,韶关市,"1,200","甲,乙"\n',
    "quoted quotes": f'{HEAD}\n{ROWS}H4,"韶""关""市","""",""\n',
    "quoted line breaks": f'{HEAD}\n{ROWS}H4,韶关市,1,"甲\n\n乙"\nH5,"清\n远市",2,丙\n{ROWS}',
    "quoted in a short row": f'{HEAD}\n{ROWS}"H4,甲"\n{ROWS}',
    "everything quoted": '"编号","市","数"\n"H1","韶关市","1"\n"H2","清远市","2"\n',
    "blanks": f"{HEAD}\n{ROWS}   , ,\u3000,\n{ROWS}",
    "four-byte characters": f"{HEAD}\n{ROWS}H4,㐀市,𠮷,Ⅷ\n",
    "tabs": f"{HEAD}\n{ROWS}".replace(",", "\t"),
    "semicolons": f"{HEAD}\n{ROWS}".replace(",", ";"),
    "many distinct": HEAD + "\n" + "".join(f"H{k},市{k},{k},{'' if k % 7 else '甲'}\n" for k in range(3000)),
    "many distinct with a title": "题\n" + HEAD + "\n" + "".join(f"H{k},市{k},{k},\n" for k in range(3000)),
}
LEFT = {
    "a quote within a cell": f'{HEAD}\n{ROWS}H4,韶"关"市,1,\n'.encode("gb18030"),
    "text after a quote": f'{HEAD}\n{ROWS}H4,"韶关"市,1,\n'.encode("gb18030"),
    "an open quote": f'{HEAD}\n{ROWS}H4,"韶关,1,\n{ROWS}'.encode("gb18030"),
    "a bare carriage return": f"{HEAD}\n{ROWS}H4,韶\r关,1,\n".encode("gb18030"),
    "NUL": f"{HEAD}\n{ROWS}H4,韶\0关,1,\n".encode("gb18030"),
    "a broken character": f"{HEAD}\n{ROWS}".encode("gb18030") + b"H4,\xb9,1,\n",
    "a character that does not exist": f"{HEAD}\n{ROWS}".encode("gb18030") + b"H4,\xff\xff,1,\n",
    "two encodings": (f"{HEAD}\n{ROWS}" * 2).encode("gb18030") + "H9,韶关市武江区,1,\n".encode(),
    "two encodings the other way": f"{HEAD}\n{ROWS}".encode() + "H9,韶关市,1,\n".encode("gb18030"),
    "mojibake": f"{HEAD}\n{ROWS}H4,锟斤拷,1,\n".encode("gb18030"),
    "no separator": b"one\ntwo\nthree\n",
    "full-width separators": f"{HEAD}\n{ROWS}".replace(",", "，").encode("gb18030"),
}


def separator(text: str) -> str:
    return find_separator(text, ["户样本编号", "市", "人数", "备注", "编号", "数"])


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16", "gb18030-bom"])
@pytest.mark.parametrize("name", SAME)
def test_same_rows_numbers_and_encoding(name: str, encoding: str) -> None:
    text = SAME[name]
    data = ("\ufeff" + text).encode("gb18030") if encoding == "gb18030-bom" else text.encode(encoding)
    large = read_large(data, separator, 10**6, 1000)
    careful, label = decode(data)
    rows, numbers = split_rows(careful, separator(careful))
    assert large is not None
    assert (large.encoding, large.separator) == (label, separator(careful))
    assert list(large.rows) == rows
    assert [large.rows[k] for k in range(len(large.rows))] == rows
    assert large.rows[-2:] == rows[-2:]
    assert large.numbers.tolist() == numbers


@pytest.mark.parametrize("name", LEFT)
def test_the_unusual_is_left_to_the_careful_reader(name: str) -> None:
    def maybe(text: str) -> str:
        return "" if name == "no separator" else separator(text)

    assert read_large(LEFT[name], maybe, 10**6, 1000) is None


def test_limits_are_left_to_the_careful_reader() -> None:
    data = SAME["plain"].encode()
    assert read_large(data, separator, 3, 1000) is None
    assert read_large(data, separator, 4, 3) is None
    assert read_large(data, separator, 4, 4) is not None
    assert LIMITS.rows > 4


def plain_has_utf8_line(data: bytes) -> bool:
    """The rule itself, line by line."""
    for line in data.splitlines():
        if line.isascii():
            continue
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            continue
        if sum("\u4e00" <= c <= "\u9fff" for c in text) >= 4:
            return True
    return False


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("words", ["韶关市", "梅州市云浮市", "é", "甲乙丙丁戊", "茂名", "𠮷𠮷𠮷𠮷", "abc"])
def test_lines_in_utf8_are_found_among_gb18030(words: str, ends: str) -> None:
    chinese = "".join(f"H{k},{c},{c}{words}{ends}" for k, c in enumerate("湛江潮汕揭阳惠梅云清远肇庆韶关"))
    for data in (
        chinese.encode("gb18030"), chinese.encode(), chinese.encode("gb18030") + f"H,{words}".encode(),
        f"{words}{ends}".encode() + chinese.encode("gb18030"), chinese.encode("gb18030") + f"{words}{ends}x{ends}".encode(),
    ):  # fmt: skip
        assert has_utf8_line(data) == plain_has_utf8_line(data)
