"""The last look at a page: what it finds, what it lets pass, and that its messages give nothing away."""

from __future__ import annotations

import pytest

from kaohe.base.errors import DisclosureError
from kaohe.publish.audit import refuse_leaks, scan
from kaohe.publish.html import KaoheExporter
from support.publishing import executed, figure, table

# 449901 is allotted to no place, so no number with it is anybody's.
IDENTITY = "449901199001011234"
PLAIN = "此处为说明文字"


@pytest.fixture(scope="module")
def page() -> str:
    return KaoheExporter().from_notebook_node(executed(f"## 甲\n\n{PLAIN}", figure(), table()))[0]


def test_a_good_page_passes_with_its_embedded_font(page: str) -> None:
    assert len(page) > 40_000
    assert scan(page) == []


@pytest.mark.case("X24")
@pytest.mark.parametrize(
    ("text", "what"),
    [
        (IDENTITY, "an identity or card number"),
        ("身份证４４９９０１１９９００１０１１２３４。", "an identity or card number"),
        ("44990119900101123X", "an identity or card number"),
        ("449901900101123", "an identity or card number"),
        ("卡号6222 0212 3456 7890 123", "an identity or card number"),
        ("联系电话13812345678", "a telephone number"),
        ("138-1234-5678", "a telephone number"),
        ("x@example.org", "an e-mail address"),
        ("/home/someone/data", "an absolute path"),
        ("见C:\\Users\\x", "an absolute path"),
        ("Traceback (most recent call last)", "a traceback"),
        ("出现ValueError：", "a traceback"),
        ("\\u6c55\\u5c3e", "an escape sequence"),
        ("得分NaN分", "an unformatted missing value"),
        ("nan%", "an unformatted missing value"),
        ("None", "an unformatted missing value"),
    ],
)
def test_texts_that_must_not_be_there(page: str, text: str, what: str) -> None:
    assert {f.what for f in scan(page.replace(PLAIN, text))} == {what}


@pytest.mark.parametrize(
    "text",
    [
        "440200000000",
        "合计13,812,345,678元",
        "0.13812345678",
        "县/户类型/家庭规模",
        "2020/12/28",
        "1. 3–9（95%区间）",
        "粤农扶组〔2020〕34号",
        "信息",
        "指纹 9f2c1381234567871ab",
        "第3、4项；12.5/13.0",
    ],
)
def test_ordinary_texts_pass(page: str, text: str) -> None:
    assert scan(page.replace(PLAIN, text)) == []


@pytest.mark.case("X24")
@pytest.mark.parametrize(
    "markup",
    [
        "<script>1</script>",
        "<SCRIPT src=x></SCRIPT>",
        '<img src="x.png">',
        "<iframe></iframe>",
        '<a href="https://example.org">x</a>',
        '<a href="javascript:alert(1)">x</a>',
        '<p onclick="x()">x</p>',
        '<p style="background:url(http://example.org/x)">x</p>',
        "<style>@import url(http://example.org/x.css);</style>",
        "<style>p{background:url(http://example.org/x)}</style>",
        "a < b",
    ],
)
def test_markup_that_must_not_be_there(page: str, markup: str) -> None:
    assert scan(page.replace(PLAIN, markup))


def test_labels_for_screen_readers_are_read_too(page: str) -> None:
    assert scan(page.replace('aria-label="目录"', f'aria-label="{IDENTITY}"'))


def test_policy_and_language_are_needed(page: str) -> None:
    assert [f.what for f in scan(page.replace("Content-Security-Policy", "X"))] == ["no content policy"]
    assert [f.what for f in scan(page.replace('lang="zh-CN"', 'lang="en"'))] == ["no language"]


def test_known_personal_values_are_found_even_when_short(page: str) -> None:
    assert [f.what for f in scan(page.replace(PLAIN, "户主张某丁"), canaries=["张某丁", ""])] == [
        "a value known to be personal"
    ]


def test_the_refusal_names_the_page_and_masks_the_value(page: str) -> None:
    with pytest.raises(DisclosureError) as caught:
        refuse_leaks(page.replace(PLAIN, IDENTITY), "city-440200")
    said = str(caught.value)
    assert caught.value.exit_code == 4
    assert said.splitlines()[0] == "K850 A page holds what must not leave the office"
    assert "city-440200" in said
    assert IDENTITY not in said
    assert "1990" not in said


def test_code_in_the_statisticians_edition_may_say_none() -> None:
    made = executed(figure())
    made.cells[2].source = "x = None  # NaN"
    text = KaoheExporter(edition="statistician").from_notebook_node(made)[0]
    assert scan(text) == []
