"""名词解释和方法说明: one page for readers who ask what a word in a report means and how a number was made.

Words are in four groups; what depends on the plan's choices is filled in from them, so that the
page never says another number than the reports use.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kaohe.base.plan import Plan
from kaohe.plot import numbers
from kaohe.plot.terms import KINDS
from kaohe.publish.look import FAMILY_STACK, FONT_HERE, MARGINS, RUNNING, page_environment, visible
from kaohe.publish.table_cells import WORDS
from kaohe.publish.webfont import data_uri

NAME = "glossary.html"


@dataclass(frozen=True)
class Entry:
    """One word: what it is called (other forms after 、), and what it means."""

    term: str
    text: str

    @property
    def forms(self) -> list[str]:
        """The ways it is written in reports."""
        return self.term.split("、")


@dataclass(frozen=True)
class Group:
    """Words on one matter."""

    id: str
    title: str
    entries: tuple[Entry, ...]


# (term, explanation); {names} are filled in from the plan.
_GRADES = (
    ("综合得分", "各类来源得分按方案规定的权重相加，满分100分。{formula}。"),
    ("综合等次", "综合得分先按分等界限定等，再按限制规则和有记录的人工决定调整后的等次：{grades}。"),
    ("按分等次", "只看综合得分和分等界限得到的等次，未经限制规则和人工决定调整。与综合等次不同的，报告中并列出来。"),
    ("一般及以下", "等次为“一般”或“较差”。方案对综合评价一般及以下的对象规定了谈话提醒。"),
    ("等次赋分、分等界限", "把等次折成分数的办法：{values}；综合得分达到{cuts}的分别定为相应等次，其余为{lowest}。由省考核办选定，方案未作规定。"),
    ("限制规则", "方案附件1列明的情形，如查实存在，等次最高只能定到某一等。只改变等次，不改变得分，逐条留有依据。"),
    ("人工决定", "有权机构对等次或缺数据作出的书面决定，编号、理由和日期都记录在报告中；没有记录的不采用。"),
    ("待核", "涉及限制规则的事实尚未查清，而查清后可能改变等次，因此暂不定等次；得分和名次照列。"),
    ("缺数据、上下界", "某类来源没有收到，或评分表有缺项。不推算、不用其他来源代替，只给出该缺的部分全取最低和全取最高时的得分，即上下界；不定等次、不排名次。"),
    ("来源", "综合得分的组成部分：{parts}{unsurveyed}。"),
    ("指标表、考评表", "交叉考核组对市、单位逐项打等次的为指标表；在抽查的县、镇、村打等次的为考评表，即实地核查。"),
    ("实地核查得分", "一个县（市、区）由县级考评表各项等次折算的得分。不是综合评价，也不定等次。"),
    ("靠后", "有实地核查得分的县（市、区）中得分居后{bottom}的。比例由省考核办选定，方案原文为“综合评价靠后”。"),
    ("突出问题", "问题登记表中列为“突出”的单个问题；市、单位是否“存在突出问题”另按事实认定，两者不是一回事。"),
    ("贡献分、失分", "贡献分是某一项得分乘以它的权重；失分是满分与得分之差乘以权重。各项贡献分相加即综合得分。"),
    ("一档", "相邻两个等次之间的差距，如“较好”到“一般”；折成分数为{step}分。"),
    ("日常工作", "省直部门掌握的督查、审计、信访、资金绩效等记录，按来源和严重程度扣分，定量指标按权重折算。"),
    ("起评分", "日常工作扣分部分起扣的{base}分。分解得分差距时，起评分与分界或同类之差单列一项，各来源的扣分另列；扣到0分为止、不再扣的部分也并入这一项。"),
    ("自评", "对象自己报送的等次，只用来与考核结果对照，不计分。"),
)  # fmt: skip
_RANKS = (
    ("名次、并列、位次", "在同一类对象中按综合得分由高到低排列。得分相同的并列，其后名次顺延；缺数据的不排。县（市、区）和单位称位次，只供参考。"),
    ("名次区间", "专项调查是抽样得来的，换一批样本，得分和名次会有些变动。名次区间是在{level}的把握下，这个对象的真实名次所在的范围。区间相互重叠的对象，不能据此分出先后。"),
    ("同时成立的{level}区间", "要求全部对象的名次区间同时都包住真实名次时的区间，比各自的区间宽。说“这几个市都在前列”时应看它。"),
    ("档", "单位没有抽样误差，但得分往往只差一项指标的一档；得分差距不超过一项指标一档所值分数的归入同一档。同档不分先后，看档不看位次。"),
    ("先后概率", "只考虑抽样误差，一个对象的真实得分高于另一个的概率。{level}及以上才说分得出先后。"),
    ("等次概率", "只考虑抽样误差，一个对象落在各等次的概率。"),
    ("方案权重、名义权重", "方案规定的各类来源占综合得分的比重。"),
    ("有效权重", "各类来源实际拉开综合得分差距的比重：权重×该来源得分与综合得分的协方差÷综合得分的方差，合计为100%。大家得分都差不多的来源，有效权重低；负数表示与综合得分反向变动。"),
    ("方法敏感性、备选赋分、随机赋分、固定做法", "方案没有规定的地方（如等次怎样赋分）换一种合理做法，看名次和等次变多少。备选赋分是另一套固定分值；随机赋分是在保持四个等次先后不变的前提下随机取分值，反复多次，居中的等次是各次等次由好到差排列居中的一个；其余逐一列出的情形（备选赋分、指标权重、来源权重、去掉一项指标、分等界限）称固定做法。"),
    ("换位权重", "某一来源的权重改到多少，相邻两名的得分会相等。权重由方案规定，这里只作假设。"),
    ("升等途径", "其他都不变，至少把哪几项指标各提高一档，综合得分才够上一等。"),
    ("中位等次、最低等次", "各项指标的等次由好到差排列，居中的一项和最差的一项。"),
    ("等级相关系数", "两种排序的一致程度：1为完全一致，0为没有关系，−1为完全相反。"),
)  # fmt: skip
_SURVEY = (
    ("专项调查、加权估计、登记户", "在抽中的村对抽中的登记户入户调查，按每户代表的户数加权，推算全部登记户的情况。登记户指登记名册上的住户，含一般农户。"),
    ("全省（专项调查中）", "指{task}的全部登记户{outside}。"),
    ("{confidence}区间、置信区间", "抽样估计总有误差；用同样的方法反复抽样，约{confidence}的区间会包含真实值。区间越宽，估计越不可靠。"),
    ("抽样误差、标准误", "只调查一部分户而不是全部户带来的误差；标准误是它的大小。不包括漏报、错报。"),
    ("明显差于全省、明显好于全省", "{confidence}区间全部落在全省估计值较差（或较好）的一侧。逐项比较，项目多了，偶然“明显”的会有几项（未作多重比较校正）。"),
    ("慎用", "有效样本不足{min_n}户、相对误差超过{max_cv}，或区间一侧超过{half}的估计：只列示，不据以下结论。"),
    ("已隐藏", "应答户太少，或列出来会暴露个别住户，按保密要求不列示。不是0，也不是缺报。"),
    ("不可估", "该范围内只有一个初级抽样单元（一个镇，必取的镇内为一个村），无法估计误差，因此不给区间。"),
    ("重点调查", "按存在问题较多有意选取的村和户，只描述所到各户，不加权、不推算全市，不进入得分和名次。"),
    ("三保障", "义务教育、基本医疗、住房安全有保障；“‘三保障’和饮水安全全部达标”指一户四项都达标。"),
    ("错退率、漏评率", "已退出户中实际未达标的比例；没有列入贫困户的一般农户中实际未达标的比例。按调查答卷判断，仅作提示。"),
    ("相对贫困线", "{line}。"),
    ("中位数、分位", "把各户由低到高排列，居中的一户为中位数；第25百分位表示有四分之一的户低于它。"),
    ("下限值、目标值", "调查指标折分的两端：估计值在下限值得0分，达到目标值得100分，中间按比例。由省考核办选定。"),
    ("应答率、空户", "完成调查的户占抽中合格户的比例；抽中但已无人居住的为空户，不算在内。"),
    ("权重、设计权重", "每个样本户代表的登记户数。由抽中概率的倒数（设计权重）经无应答调整和校准得到。"),
    ("无应答调整", "没有完成调查的户，由同类（{alike}相同）的完成户多代表一些。"),
    ("校准", "微调权重，使加权户数与名册中{margins}的登记户数一致。"),
    ("初级抽样单元、层", "先分层（每层单独抽），再从层中抽取的第一级单位。误差按它们之间的差别估计。"),
    ("设计效应、有效样本量", "分层、多阶段和不等权重使误差比简单随机抽样大（或小）多少倍；样本户数除以它，就是相当于多少户简单随机样本。"),
    ("变异系数", "标准误（或权重的标准差）与其平均数之比，用来比较相对的大小。"),
)  # fmt: skip
_DATA = (
    ("数据完整率", "应报、应评的材料中已收到并采用的比例。完整率低的，结论要慎用。"),
    ("隔离、未采用", "有错误、不能判断正确值的行单独存放，不进入任何计算，列出位置请报送单位改正重报；整件不能识别的文件为未采用。"),
    ("按规则改正", "不影响含义的写法问题（全角字符、日期写法、地名简称等）按固定规则统一，原值留在来件中，可以查对。"),
    ("记录备查", "照收照用，只记下来供核对，如抽查地点不在样本名单、日期在规定期间之外。多数不需要处理。"),
    ("差额", "读入行数减去采用、隔离、表头合计行和空行，应为0：没有一行数据无声丢失。"),
    ("缺失率、存疑率", "应答项中没有回答的比例；数值或前后关系可疑但仍采用的比例。"),
    ("真实性筛查、提示、界限", "用统计方法找出异常一致、异常偏高等值得核对的情况，超过界限的列为提示。提示只说明需要核对，不等于数据不实。"),
    ("加权κ", "两次评分的一致程度（扣除碰巧一致）：1为完全一致，0为相当于碰巧。相差两档比相差一档扣得多。"),
    ("数据指纹、数据版本", "由全部输入算出的一串字符，内容改动一处就会不同。两份报告指纹相同，所用数据就相同。"),
    ("演示数据（虚构）", "程序随附的、按固定种子生成的数据，用来演示和检验，不反映任何实际情况。"),
    ("代码K…", "问题的编号，报送单位和操作人员按它查找处理办法。"),
)  # fmt: skip


def groups(plan: Plan) -> list[Group]:
    """All words in their groups, with the plan's numbers in them."""
    fill = _numbers(plan)
    made = (("grades", "得分和等次", _GRADES), ("ranks", "名次和方法", _RANKS), ("survey", "专项调查", _SURVEY),
            ("data", "数据", _DATA))  # fmt: skip
    return [
        Group(i, title, tuple(Entry(t.format(**fill), text.format(**fill)) for t, text in found))
        for i, title, found in made
    ]


def method(plan: Plan) -> list[tuple[str, str]]:
    """How results come about, step by step, in plain words: (step, what is done)."""
    fill = _numbers(plan)
    steps = (
        ("收集和清理", "各地各部门报送的表格逐行读入，能确定改正的按规则改正，不能确定的隔离并退回；个人身份信息在清理时去掉，报告中不出现。"),
        ("专项调查", "分层多阶段抽样，按代表的户数加权，权重经无应答调整和校准；误差用泰勒线性化按抽样设计计算，比例的{confidence}区间不超出0至100%。"),
        ("打分", "指标表和考评表的等次折成分数（{values}），同一表内按选定的权重平均；调查指标按下限值和目标值折分；日常工作从{base}分起扣。"),
        ("合成", "{formula}。缺来源的不合成。"),
        ("定等次", "先按分等界限（{cuts}），再按限制规则，最后按有记录的人工决定；每一步都留痕。"),
        ("排名次", "同类之内按综合得分排；名次区间只反映专项调查的抽样误差（模拟{draws}次），交叉考核和日常工作不作误差假设；单位分档。"),
        ("看稳不稳", "方案没有规定的做法换一种，看名次和等次变不变，列为方法敏感性；它与抽样误差是两回事，不能相加。"),
        ("保密", "户数太少、少数几户就能决定数值、或能由其他数推算出来的，一律不列示；不逐户、逐村列示答卷。"),
        ("四舍五入", "计算保留全部小数，只在显示时四舍五入，因此分项之和与合计在末位可能相差1。"),
    )  # fmt: skip
    return [(name, text.format(**fill)) for name, text in steps]


def _numbers(plan: Plan) -> dict[str, str]:
    c, survey = plan.choices, plan.choices["survey"]
    streams = (
        f"{cls.label}：" + "＋".join(f"{plan.streams[s]}×{numbers.percent(w, 0)}" for s, w in cls.streams.items())
        for cls in plan.classes.values()
    )
    income = c["income"]
    margin = WORDS["margin"]
    kinds = dict.fromkeys(cls.kind for cls in plan.classes.values())
    surveyed = {cls.kind for cls in plan.classes.values() if "survey" in cls.streams}
    without = [KINDS[kind] for kind in kinds if kind not in surveyed]
    helpers = plan.classes.get("city6")
    outside = [f"对口帮扶的{helpers.n}个市"] if helpers else []
    outside += [plan.gazetteer.name(code) for code in plan.excluded]
    return {
        "formula": "；".join(streams),
        "values": "、".join(f"{g}{numbers.number(v, 0)}分" for g, v in plan.scale.values.items()),
        "cuts": "、".join(f"{g}{v:g}分" for g, v in plan.scale.cuts.items()),
        "bottom": numbers.percent(c["county"]["bottom_share"], 0),
        "step": numbers.number(c["levels"]["one_step"], 0),
        "level": numbers.level_said(c["uncertainty"]["level"]),
        "draws": numbers.integer(c["uncertainty"]["draws"]),
        "confidence": numbers.level_said(survey["confidence"]),
        "grades": "、".join(plan.scale.order),
        "lowest": plan.scale.order[-1],
        "parts": "、".join(plan.streams.values()),
        "unsurveyed": f"；{'、'.join(without)}没有{plan.streams['survey']}" if without else "",
        "alike": "、".join(margin.get(m, m) for m in c["nonresponse"]["classes"]),
        "margins": "、".join(f"各{margin.get(m, m)}" for m in c["calibration"]["margins"]),
        "outside": f"，不含{'和'.join(outside)}" if outside else "",
        "task": plan.classes["city14"].label,
        "min_n": str(survey["min_n"]),
        "max_cv": numbers.percent(survey["max_cv"], 0),
        "half": numbers.points(survey["max_half_width"], 0),
        "base": numbers.number(c["daily"]["base"], 0),
        "line": f"每人每年{numbers.number(plan.poverty_line, 0)}元，为上年全省农村居民人均可支配收入的"
        f"{numbers.percent(income['share'], 0)}（由省考核办选定）",
    }


def terms(plan: Plan) -> Iterator[str]:
    """Every form of every word that is explained."""
    for group in groups(plan):
        for entry in group.entries:
            yield from entry.forms


def render_glossary(plan: Plan, *, banner: str, choices: list[tuple[str, str, str]], stamp: str) -> str:
    """The page of terms, indicators, method and choices, as HTML.

    Parameters
    ----------
    plan : Plan
    banner : str
        Said on top for invented data.
    choices : list of (what, value, why)
        The office's choices in force.
    stamp : str
        In the printed footer.
    """
    text = page_environment().get_template("kaohe/glossary.html.j2").render(
        title="名词解释和方法说明", mark=str(plan.meta["mark"]), document_no=str(plan.meta["document_no"]), banner=banner,
        groups=groups(plan), steps=method(plan), choices=choices, stamp=stamp, font=FONT_HERE, family_stack=FAMILY_STACK,
        running=RUNNING,
    )  # fmt: skip
    return text.replace(FONT_HERE, data_uri(visible(text) + MARGINS), 1)
