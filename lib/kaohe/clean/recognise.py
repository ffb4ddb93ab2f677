"""Personal data in free text: identity numbers, accounts, telephones, addresses, e-mail, names by their context.

Numbers are looked for after full-width digits are narrowed and across spaces, hyphens and dots.
What has no form of its own (a name without 户主, 联系人, 同志 … beside it) is not recognised; where
this stops is said in docs/privacy.md.
"""

from __future__ import annotations

import re
from datetime import date

ID, ACCOUNT, PHONE, MAIL, ADDRESS, NAME = "证件号", "账号", "电话", "邮箱", "地址", "姓名"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
PROVINCES = {
    *range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83,
}  # fmt: skip
URBAN_RURAL = {"111", "112", "121", "122", "123", "210", "220"}  # ends of 15-digit statistical codes
NARROW = str.maketrans("０１２３４５６７８９Ｘｘ－．＠", "0123456789Xx-.@")

COMPOUND = re.findall(
    r"\S+",
    "欧阳 上官 司马 司徒 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 夏侯 端木 百里 南宫 西门 轩辕 长孙 宇文 独孤 澹台 公冶 申屠 太史 "
    "仲孙 钟离 闻人 赫连 闾丘 淳于 单于 呼延 拓跋 万俟 第五",
)
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁沈任姚卢姜崔钟谭陆汪"
    "范石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔汤庞温康施牛樊葛邢齐庄伍翁聂岑"
    "植麦区利凌欧关冼招古赖容詹丘卓游甘练饶骆刁蓝巫罗佘柯连纪阮幸涂鄞揭缪车殷倪简霍童颜骆易巢冉房䶮金"
)
# Surnames that are words of their own: believed only after a colon.
WORDS = set("于应和单包都从向时成全党安常左相年干任万方连利关区招易房简石高马金白江龙游甘容古夏康温车幸武史莫")
_CHAR = r"[\u3400-\u9fff\U00020000-\U0002ffff]"
_FUNCTION = "代已不未在因有是的了没无还很都时说称为和与及等被将会要到从向对把让给可能其该此本各每某"
_GIVEN = rf"(?:(?![{_FUNCTION}]){_CHAR})"
_LATER = (
    r"(?=[，,。；;、\s（）()：:！!？?…〔\[\]】【“”\"'/]|$|家|户|反映|同志|先生|女士|等|的|说|称|已|不|未|在|因|有|外出|负责|电话|身份证|"
    r"手机|为|和|与|之|夫|一家|被|于|是|患|属|没|本人|自述|表示|签|住|欠|领|收|到|从|向|\d)"
)
_SURE = "".join(c for c in SURNAMES if c not in WORDS)
_PERSON = rf"(?:(?:{'|'.join(COMPOUND)}){_GIVEN}{{1,3}}?|[{_SURE}]{_GIVEN}{{1,2}}?)"
_ROLES = (
    "户主姓名|户主|姓名|联系人|负责人|经办人|填表人|填报人|村民|贫困户|农户|脱贫户|低保户|五保户|受访人|受访者|组长|成员|书记|支书|村主任|主任|"
    "队长|村长|干部|队员|会计|医生|老师|校长|配偶|丈夫|妻子|儿子|女儿|父亲|母亲|签名|签字|申请人|举报人|投诉人|当事人|收款人|开户名|户名|来访人|群众"
)
_NAMES = (
    re.compile(rf"(?:{_ROLES})\s*[:：]\s*((?![{_FUNCTION}]){_CHAR}{{2,7}}?){_LATER}"),
    re.compile(rf"(?:{_ROLES})\s*({_PERSON}){_LATER}"),
    re.compile(rf"(?:{_ROLES})\s*[:：]?\s*({_CHAR}{{1,6}}(?:·{_CHAR}{{1,8}})+)"),
    re.compile(rf"由\s*({_PERSON})(?=同志|负责|牵头|签|办理|经手|联系|跟进|代领|代签)"),
    re.compile(rf"(?<!{_CHAR})({_PERSON})(?=同志|先生|女士|大爷|大妈|大叔|大婶|阿姨|夫妇|夫妻|一家)"),
    re.compile(rf"(?:叫|名为|名叫)\s*({_PERSON}){_LATER}"),
)
_NEXT = re.compile(rf"[、和与及]\s*({_PERSON}){_LATER}")
_NO_NAMES = {
    "不详",
    "未知",
    "空白",
    "没有",
    "无",
    "同上",
    "暂无",
    "村委会",
    "待定",
    "单位",
    "本人",
    "各市",
    "若干",
    "多人",
}
_MAIL = re.compile(r"[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_PLACE = r"村|组|队|路|街|巷|道|里|坊|屯|寨|围|小区|社区|花园|新村|大道|苑|园|庄|圩"
_COUNT = r"[\d一二三四五六七八九十百]"
_ADDRESS = re.compile(
    rf"{_CHAR}{{1,24}}(?:{_PLACE})(?:第?{_COUNT}{{1,4}}(?:组|队|巷|栋|幢|座|街|弄|单元))*第?{_COUNT}{{1,4}}(?:之{_COUNT}{{1,2}})?"
    r"(?:号楼|号|室|房|栋|幢|单元)(?:第?[A-Z]?\d{1,4}(?:号楼|号|室|房|栋|幢|单元|座|楼|层))*"
    r"(?!文|令|公告|项目|线|机|井|泵|桥|示范|标准|通知|工程|路|公路)"
)
_RUN = re.compile(
    r"(?<![\d.A-Za-z])(?:\(0\d{2,3}\)|\+?\d)(?:[ \-.·_—/]?\d)*(?:[ \-.·_—/]?[Xx](?![A-Za-z]))?(?![\dA-Za-z])", re.ASCII
)
_FOURS = re.compile(r"\d{4}(?:([ \-.])\d{4}(?:\1\d{4}){2}|([ \-.])\d{4}\2\d{4}\2\d{4})(?:[ \-.]\d{1,3})?", re.ASCII)
_DATES = re.compile(r"(?:19|20)\d{2}[-./ ]\d{1,2}[-./ ]\d{1,2}", re.ASCII)
_COMPUTED = re.compile(r"\+?\d+\.\d{9,}", re.ASCII)  # a computed fraction, written in full
UNITS = set("元万亿亩")
# What no finished page may hold, whatever it means: any number as long as one of a person, however it is split.
LONG_NUMBER = re.compile(
    r"(?<![0-9A-Za-z.,])\d{14}\d{0,4}[\dXx](?![0-9A-Za-z])|(?<![0-9A-Za-z.,])(?:\d{4}[ -]){3,4}\d{3,4}(?![0-9A-Za-z])"
)
MOBILE = re.compile(r"(?<![0-9A-Za-z.,])1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?![0-9A-Za-z])")
MAIL_FORM = re.compile(r"[\w.+-]+@[\w-]+\.[A-Za-z]{2,}")
_TRIGGER = re.compile(
    rf"\d|@|[０-９]|{_ROLES}|同志|先生|女士|大爷|大妈|大叔|大婶|阿姨|夫妇|夫妻|一家|由|叫|名为|号|室|房"
)

Hit = tuple[int, int, str]


def find_personal(text: str) -> list[Hit]:
    """Where `text` holds personal data: (start, end, label) in order, not overlapping.

    Examples
    --------
    >>> find_personal("户主陈示范，住大塘村12号")
    [(2, 5, '姓名'), (6, 13, '地址')]
    >>> find_personal("440203100201共12300元，2020年9月30日，均值77.08333333333333")
    []
    """
    if not _TRIGGER.search(text):
        return []
    plain = text.translate(NARROW)
    hits: list[Hit] = [(m.start(), m.end(), MAIL) for m in _MAIL.finditer(plain)]
    hits += [
        h
        for m in _RUN.finditer(plain)
        if plain[m.end() : m.end() + 1] not in UNITS and not _COMPUTED.fullmatch(m[0])
        for h in _numbers(m[0], m.start())
    ]
    hits += [(m.start(), m.end(), ADDRESS) for m in _ADDRESS.finditer(plain)]
    for pattern in _NAMES:
        hits += [(m.start(1), m.end(1), NAME) for m in pattern.finditer(plain) if m[1] not in _NO_NAMES]
    found = _apart(hits)
    return _apart([*found, *(h for hit in found if hit[2] == NAME for h in _listed(plain, hit[1]))])


def _listed(text: str, at: int) -> list[Hit]:
    """Further names in a list that begins with one: 李四、王五和赵六."""
    hits: list[Hit] = []
    while m := _NEXT.match(text, at):
        hits.append((m.start(1), m.end(1), NAME))
        at = m.end(1)
    return hits


def _apart(hits: list[Hit]) -> list[Hit]:
    """Earlier kinds win where two overlap."""
    kept: list[Hit] = []
    for hit in hits:
        if all(hit[1] <= k[0] or hit[0] >= k[1] for k in kept):
            kept.append(hit)
    return sorted(kept)


def _numbers(run: str, at: int) -> list[Hit]:
    """What a run of digits with single separators is: one number, or several beside each other."""
    label = number_kind(run)
    if label:
        return [(at, at + len(run), label)]
    hits = []
    for part in re.finditer(r"[^/]+", run) if "/" in run else re.finditer(r"[\dXx+()\-]+", run) if " " in run else ():
        if part[0] != run and (label := number_kind(part[0])):
            hits.append((at + part.start(), at + part.end(), label))
    return hits


def number_kind(run: str) -> str:
    """The kind of personal number that digits, perhaps split by single separators, make; empty for none.

    Examples
    --------
    >>> [number_kind(t) for t in ("11010519491231002X", "110105 19491231 002X", "138-0013-8000", "(0751)8881234")]
    ['证件号', '证件号', '电话', '电话']
    >>> [number_kind(t) for t in ("440203100201", "2020-09-30", "440203100201220")]
    ['', '', '']
    """
    digits = re.sub(r"[ \-.·_—/()+]", "", run).upper()
    whole = digits == run.upper()
    if len(digits) == 18 and _birth(digits[6:14]) and (whole or id_check(digits)):
        return ID
    if len(digits) == 15 and whole and old_id(digits):
        return ID
    bare = (
        digits.removeprefix("0086") if len(digits) == 15 else digits.removeprefix("86") if len(digits) == 13 else digits
    )
    if len(bare) == 11 and re.fullmatch(r"1[3-9]\d{9}", bare) and not _DATES.search(run):
        return PHONE
    if re.fullmatch(r"(?:\(0[1-9]\d{1,2}\)[ -]?|0(?:10|2\d|[3-9]\d{2})[ -]?)[2-9]\d{6,7}", run):
        return PHONE
    if "X" in digits or _DATES.search(run):
        return ""
    if 16 <= len(digits) <= 19 and (whole or _FOURS.fullmatch(run) or luhn(digits)):
        return ACCOUNT
    return ""


def _birth(text: str) -> bool:
    try:
        return 1850 <= date(int(text[:4]), int(text[4:6]), int(text[6:])).year <= 2100
    except ValueError:
        return False


def id_check(number: str) -> bool:
    """True when an 18-character number has the check character of GB 11643-1999."""
    if not re.fullmatch(r"\d{17}[\dX]", number, re.ASCII):
        return False
    total = sum(int(d) * w for d, w in zip(number, WEIGHTS, strict=False))
    return CHECKS[total % 11] == number[17]


def old_id(number: str) -> bool:
    """True when 15 digits can be an identity number of before 1999: area, birth of the 20th century, sequence."""
    if int(number[:2]) not in PROVINCES and number[:4] != "4499":
        return False
    return _birth("19" + number[6:12]) and number[12:] not in URBAN_RURAL


def luhn(number: str) -> bool:
    """True when the last digit is the check digit of a bank card (ISO/IEC 7812).

    Examples
    --------
    >>> luhn("79927398713"), luhn("79927398710")
    (True, False)
    """
    if not number.isascii() or not number.isdigit():
        return False
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
