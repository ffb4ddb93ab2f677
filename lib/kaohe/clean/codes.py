"""The rules of this room: what each code says to the sender, in one place.

Messages that stop a run are raised as `InputRefused`; everything else becomes a `Finding` whose
rule, expected value and remedy come from `RULES`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kaohe.base.ledger import Finding
from kaohe.clean.cells import INVISIBLE

QUARANTINE = "quarantine"
NORMALISE = "normalise"
NOTE = "note"
REFUSE = "refuse"


@dataclass(frozen=True)
class Rule:
    """What a code means to the sender: the rule, what would be right, what to do."""

    rule: str
    expected: str = ""
    remedy: str = ""


_FIX = "请核对原始资料后改正重报"
_RESAVE = "请另存为 xlsx 或 UTF-8 编码的 csv 后重报"

RULES: dict[str, Rule] = {
    # persons
    "K203": Rule("身份证号校验位不符", "18 位，末位按 GB 11643 校验", _FIX),
    "K204": Rule("身份证号长度或字符不符", "18 位数字，末位可为 X", _FIX),
    "K205": Rule("身份证号中的出生日期不成立", "实有的日期，且不晚于调查日期", _FIX),
    "K206": Rule("身份证号的地区码不存在", "公安机关颁发时的行政区划代码", _FIX),
    "K207": Rule("联系电话或账号格式不符", "手机 11 位或带区号的座机；账号 12 至 19 位", "个人信息不入库，仅提示"),
    "K208": Rule("文字中含个人信息，已遮盖", "摘要、备注中不写证件号、电话、账号", "请勿在文字栏填写个人信息"),
    "K209": Rule("文字中含不可见或控制字符，已去除"),
    "K863": Rule("同一身份证号出现在不止一户", "一人只在一户", "请核对是否同一人或录入错误"),
    "K864": Rule("同一银行账号出现在不止一户", "各户自己的账号", "请核对账号归属"),
    # files
    "K211": Rule("空文件 0 字节", "有内容的文件", "请重新导出后重报"),
    "K212": Rule("文件正在被打开（锁文件）", "", "请关闭该文件后再收件"),
    "K213": Rule("文件内容与扩展名不符", "扩展名与内容一致", "请按实际类型改扩展名，或" + _RESAVE.removeprefix("请")),
    "K214": Rule("文件已加密", "不带密码的文件", "已加密，请去密码后重交"),
    "K215": Rule("压缩包损坏，工作簿打不开", "完整的 xlsx 文件", "请用原文件重新传送"),
    "K216": Rule("文件展开后过大", "不超过收件限额", "请删去多余格式和空白区域后另存重报"),
    "K217": Rule("编码无法识别", "UTF-8、GB18030 或 UTF-16", _RESAVE),
    "K218": Rule("文字已成乱码", "可读的中文", "请从原系统重新导出，勿用乱码文件另存"),
    "K219": Rule("文件含空字符（NUL）", "纯文本", _RESAVE),
    "K220": Rule("行的列数与表头不一致", "每行列数与表头相同", "请检查该行是否多了分隔符或缺少引号"),
    "K221": Rule("分隔符无法确定", "逗号、分号或制表符", _RESAVE),
    "K222": Rule("文件类型不接收", "csv、txt、xlsx、xls", _RESAVE),
    "K223": Rule("读取过程中文件发生变化", "读取前后一致", "请待文件写完后重新收件"),
    "K224": Rule("与另一文件内容完全相同，只用一份"),
    "K225": Rule("链接指向原始数据文件夹之外", "文件放在原始数据文件夹之内", "请把文件复制进来"),
    "K226": Rule("工作簿含外部实体定义", "普通 xlsx 文件", "请用 Excel 或 WPS 打开另存后重报"),
    "K227": Rule("工作簿含宏", "不含宏的 xlsx", "请另存为 xlsx（不含宏）后重报"),
    "K228": Rule("引号未闭合", "引号成对", "请检查该行的引号"),
    "K229": Rule("文件过大", "不超过收件限额", "请拆分后重报"),
    "K230": Rule("编码或分隔符已识别"),
    "K231": Rule("工作簿含外部链接，采用已存的数值"),
    "K232": Rule("含隐藏的工作表或行列，照常读取"),
    "K233": Rule("公式没有已计算的值", "打开后保存过的工作簿", "请打开并另存一次后重报"),
    "K234": Rule("缺少该项资料", "", "报告中将注明缺少该项资料；如有请补报"),
    "K235": Rule("文件不属于任何一张表", "", "如应采用，请放入对应文件夹并按规定命名"),
    # tables
    "K238": Rule("收件登记上的文件没有收到", "收件登记列出的文件", "请向发送单位催要，或更正收件登记"),
    "K239": Rule("文件与收件登记不符", "与收件登记一致", "请核对是否收到了完整的、正确的文件"),
    "K240": Rule("找不到表头", "含规定列名的一行表头", "请使用规定的列名"),
    "K241": Rule("缺少必需的列", "规定的全部列", "请补上该列后重报"),
    "K242": Rule("列名重复", "每个列名只出现一次", "请删去或改名重复的列"),
    "K243": Rule("多出的列，未采用"),
    "K244": Rule("多出的列疑含个人信息，未读入", "", "请勿报送不需要的个人信息"),
    "K245": Rule("无数据行", "表头以下至少一行数据", "请补充数据后重报"),
    "K246": Rule(
        "长编号被存为数值，末几位已丢失", "以文本格式保存的编号", "末几位已被 Excel 抹掉，请以文本格式重新导出"
    ),
    "K247": Rule("百分数口径不一", "整列用同一种写法：0.85 或 85% 或 85", "请统一后重报"),
    "K248": Rule("表头单位与规定不符", "规定的单位", "请按规定单位填报"),
    "K249": Rule("合计行与各行之和不等", "合计等于各行之和", _FIX),
    "K250": Rule("表头以上的标题行，不作数据"),
    "K251": Rule("合计、小计行，不作数据"),
    "K252": Rule("表尾说明行，不作数据"),
    "K253": Rule("大段空行之后还有数据", "数据连续", "请删去空行或多余内容后重报"),
    "K254": Rule("工作表不是本表，未采用"),
    "K255": Rule("与前面的行完全相同", "每条记录只报一次", "请删去重复的行"),
    "K256": Rule("同一编号有不同内容", "每个编号只有一条记录", "请核对哪一条正确"),
    "K257": Rule("合并单元格内的值按合并范围补齐"),
    "K258": Rule("编号栏疑似填了姓名，未采用", "字母和数字组成的编号", "请填编号，不填姓名"),
    "K259": Rule("文件名与内容的市不一致", "文件名所指的市", "请核对文件是否放错"),
    # cells
    "K260": Rule("必填项为空", "填写", _FIX),
    "K261": Rule("不是数", "数字", _FIX),
    "K262": Rule("不是确定的数", "一个确定的阿拉伯数字", "请填确定的数，不写约数、范围或带“万”的写法"),
    "K263": Rule("单位与本列不同", "按本列单位填数字", "请换算成本列单位后填报"),
    "K264": Rule("Excel 公式错误", "数值", "请改正公式后重报"),
    "K265": Rule("超出允许范围", "", _FIX),
    "K266": Rule("应为整数", "整数", _FIX),
    "K267": Rule("日期无法识别", "如 2020-09-30", "请写明年月日"),
    "K268": Rule("日期不存在", "实有的日期", _FIX),
    "K269": Rule("日期有歧义", "年在前，如 2020-04-03", "请按年-月-日填写"),
    "K270": Rule("日期不在合理范围", "", _FIX),
    "K271": Rule("日期写成了序号", "如 2020-09-30", "请把单元格设为日期格式，或按年-月-日填写"),
    "K272": Rule("不是规定的选项", "", "请从规定选项中选填"),
    "K273": Rule("是否项的写法不认识", "是 或 否", "请填是或否"),
    "K274": Rule("不是规定的等次", "好、较好、一般、较差", "请从四个等次中选填"),
    "K275": Rule("名册中没有这个名称", "名册中的名称或代码", "请按名册填写"),
    "K276": Rule("名称对应多个地方", "写明上级或代码", "请填 12 位代码或写明所在市县"),
    "K277": Rule("上级不符", "与名册一致", _FIX),
    "K278": Rule("代码与名称不一致", "代码与名称指同一处", _FIX),
    "K279": Rule("编码格式不符", "", "请按名册填写编码，注意首位的 0"),
    "K280": Rule("超过另一项的数", "", _FIX),
    "K281": Rule("编号不在对应的名单中", "名单中的编号", "请核对编号"),
    "K282": Rule("全角、空白或不可见字符已规范"),
    "K283": Rule("数字写法已规范"),
    "K284": Rule("日期写法已规范"),
    "K285": Rule("名称已按名册规范"),
    "K286": Rule("选项写法已规范"),
    "K287": Rule("百分数已换算为比例"),
    "K288": Rule("对象不在本方案之内", "", "请核对考核对象"),
    "K289": Rule("名册缺少方案中的对象", "方案列出的全部对象", "请核对考核对象名册"),
    # the office's own configuration
    "K350": Rule("单位已按配置换算", "本列规定的单位"),
    "K351": Rule("功能区没有国家统一的县级代码，按配置归入所在县", "名册中的县（市、区）"),
    "K352": Rule("已按更正表更正"),
    "K356": Rule("两行表头的组名与列名对不上", "规定的列名", "请使用规定的列名，或只保留一行表头"),
    "K357": Rule("工作簿中有只在显示上起作用的内容，不作数据"),
    "K358": Rule("与本列中位数相差千倍以上，疑为单位填错", "", "请核对单位是元还是万元"),
    "K359": Rule("配置中的这一行没有用上", "", "请核对是否写错，或已不需要"),
    # forms
    "K290": Rule("不是本方案的考评表或指标表", "附件2、附件3 的表式", "请使用规定的表式"),
    "K291": Rule("指标序号与文字不符", "序号与指标文字一致", "请核对该行指标"),
    "K292": Rule("没有选等次", "应恰选一项", "请在四个等次中选一项"),
    "K293": Rule("选了两个以上等次", "应恰选一项", "请在四个等次中只选一项"),
    "K294": Rule("表头的地点或对象无法确定", "市、抽查县、抽查镇、抽查村齐全且与名册一致", "请补全表头"),
    "K295": Rule("同一地点的表交了两次且等次不同", "每处一张表", "请确认哪一张有效"),
    "K296": Rule("表中缺少指标", "该表的全部指标", "请补全后重报"),
    "K297": Rule("缺少签名或核查时间", "组长签名和核查时间", "请补签"),
    "K298": Rule("等次栏的符号不认识", "√", "请只用√"),
    "K299": Rule("日期不在规定期间", "", "保留并标明"),
    "K340": Rule("指标表与考核对象的类别不符", "考核对象所属类别的指标表", "请改用该类别的指标表"),
    "K341": Rule("表式与地点的级别不符", "县、镇、村各用本级的考评表", "请改用该级的考评表，或改正表头"),
    "K342": Rule("选了等次，但认不出是哪一项指标", "指标序号和指标文字", "请补写指标的序号和文字"),
    "K343": Rule("抽查地点不在样本名单", "样本名单中的县、镇、村", "如为另行选定的重点地点，无需改动"),
    "K344": Rule("注明不适用，不计入应评指标", "", "如应评等次，请补选"),
    "K345": Rule("既选了等次又注明不适用，以等次为准", "只选等次，或只注明不适用", "请确认"),
    "K347": Rule("该行整体错开，已按错开后的列读取"),
}


def readable(value: str) -> str:
    """A value as messages show it: one line, nothing invisible, nothing that turns the text around."""
    return INVISIBLE.sub("", re.sub(r"\r\n?|\n", "⏎", value))


def finding(
    action: str,
    code: str,
    table: str,
    file: str,
    *,
    sheet: str = "",
    row: int = 0,
    column: str = "",
    cell: str = "",
    value: str = "",
    expected: str = "",
) -> Finding:
    """A finding whose words come from `RULES`; `expected` overrides the rule's own."""
    rule = RULES[code]
    return Finding(
        action=action, code=code, table=table, file=file, sheet=sheet, row=row, column=column, cell=cell,
        value=readable(value)[:200], rule=rule.rule, expected=expected or rule.expected, remedy=rule.remedy,
    )  # fmt: skip


_DONE = {
    QUARANTINE: "row set aside (see quarantine.parquet)",
    NORMALISE: "repaired by rule",
    NOTE: "noted",
    REFUSE: "file not used; the others are",
}


def describe(found: Finding) -> str:
    """A finding as a message of the same parts each time: rule, where, got, expected, done, remedy.

    Parameters
    ----------
    found : Finding
        A row of the table `findings`; personal values are masked in it already.

    Returns
    -------
    str
        Lines: code and rule, where, got, expected, done, remedy.
    """
    where = found.file + (f" › {found.sheet}" if found.sheet else "")
    if found.cell:
        where += f" › {found.cell}"
    elif found.row:
        where += f" › row {found.row}"
    if found.column:
        where += f" › column {found.column}"
    parts = (
        ("where", where), ("got", found.value), ("expected", found.expected), ("done", _DONE[found.action]),
        ("remedy", found.remedy),
    )  # fmt: skip
    return "\n".join([f"{found.code} {found.rule}", *(f"  {label:<9} {text}" for label, text in parts if text)])
