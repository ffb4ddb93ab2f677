"""Contracts of the tables that come in: columns, kinds, keys, headers as the office writes them.

`RAW` describes what stands in data/raw (headers are the Chinese labels or one of their aliases)
and what it becomes in data/processed/clean (columns are the English names, followed by
`LINEAGE`). Survey questions are appended from the codebook by `contract`; kinds: `kaohe.base.columns`.
"""

from __future__ import annotations

from dataclasses import replace

from kaohe.base.codebook import Question
from kaohe.base.columns import Column as Column
from kaohe.base.columns import Contract as Contract
from kaohe.base.plan import Plan

LINEAGE = ("src_file", "src_sheet", "src_row", "src_sha256")
# Clean columns that hold keyed pseudonyms of personal ones: name, personal column, label.
PSEUDONYMS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "households": (
        ("head_key", "head_name", "户主假名"), ("person_key", "id_number", "人员假名"),
        ("phone_key", "phone", "电话假名"), ("account_key", "account", "账号假名"),
    ),
}  # fmt: skip
SELECTIONS = RANDOM, PURPOSIVE = ("抽样", "重点调查")
OUTCOMES = ("完成", "拒访", "无法联系", "空户")
HH_KINDS = ("已退出相对贫困户", "未退出相对贫困户", "一般农户")
SIZE_GROUPS = ("1-2人", "3-4人", "5人及以上")
FACT_VALUES = ("是", "否", "待核")
FACT_FIELDS = {
    "major_violation": "重大违纪违规问题",
    "annual_task_completed": "完成年度减贫任务",
    "prominent_problem_with_social_impact": "突出问题且社会影响不良",
    "many_prominent_problems_vile_impact": "问题多且突出、社会影响恶劣",
    "prominent_problem": "存在突出问题",
}
SEVERITIES = ("轻微", "一般", "严重")
DAILY_KINDS = ("扣分事项", "定量指标")
STATES = ("未整改", "整改中", "已完成")


def _c(name: str, label: str, kind: str, required: bool = True, **more: object) -> Column:
    return Column(name, label, kind, required, **more)  # type: ignore[arg-type]


_PLACE_NAMES = (
    _c("city", "市", "place", level="city", aliases=("所在市", "地市")),
    _c("county", "县（市、区）", "place", level="county", aliases=("县", "县区", "抽查县")),
)

RAW: dict[str, Contract] = {
    t.name: t
    for t in (
        Contract("objects", "考核对象名册", "registry/objects.*", (
            _c("object", "对象编码", "code"),
            _c("name", "对象名称", "text"),
            _c("class_id", "考核类别", "choice", allowed=("任务市", "帮扶市", "帮扶单位")),
        ), ("object",), True),
        Contract("places", "区划名册", "registry/places.*", (
            _c("place", "区划代码", "code"),
            _c("name", "名称", "text"),
            _c("level", "级别", "choice", allowed=("市", "县", "镇", "村")),
            _c("parent", "上级代码", "code"),
            _c("designated", "省定贫困村", "flag", False),
        ), ("place",), True),
        Contract("pairing", "结对帮扶关系", "registry/pairing.*", (
            _c("village", "村代码", "code"),
            _c("helper_city", "对口帮扶市", "object", False),
            _c("unit", "定点帮扶单位", "object", False),
        ), ("village",)),
        Contract("totals", "登记户数", "registry/totals.*", (
            _c("city", "市", "place", level="city"),
            _c("margin", "分组变量", "choice", allowed=("县", "户类型", "家庭规模")),
            _c("level", "分组", "text"),
            _c("households", "户数", "int", unit="户", min=0),
            _c("persons", "人数", "int", unit="人", min=0),
        ), ("city", "margin", "level")),
        Contract("sample_villages", "样本村名单", "survey/sample_villages.*", (
            _c("village", "村代码", "code"),
            _c("selection", "抽选方式", "choice", allowed=SELECTIONS),
            _c("n_counties", "市内县数", "int", min=1), _c("m_counties", "抽中县数", "int", min=1),
            _c("n_towns", "县内镇数", "int", min=1), _c("m_towns", "抽中镇数", "int", min=1),
            _c("n_villages", "镇内村数", "int", min=1), _c("m_villages", "抽中村数", "int", min=1),
            _c("n_households", "村内登记户数", "int", min=1), _c("m_households", "抽中户数", "int", min=1),
            _c("p_town", "镇入样概率", "number", False, min=0, max=1),
            _c("p_village", "村入样概率", "number", False, min=0, max=1),
        ), ("village",)),
        Contract("sample_households", "样本户名单", "survey/sample_households.*", (
            _c("household", "户样本编号", "code"),
            _c("village", "村代码", "code"),
            _c("selection", "抽选方式", "choice", allowed=SELECTIONS),
            _c("hh_kind", "登记户类型", "choice", allowed=HH_KINDS),
            _c("register_size", "登记人口", "int", min=1, max=20),
            _c("outcome", "调查结果", "choice", allowed=OUTCOMES),
            _c("n_kind", "村内同类户数", "int", False, min=1),
        ), ("household",)),
        Contract("households", "样本户调查表", "survey/households/*.*", (
            _c("household", "户样本编号", "code"),
            *_PLACE_NAMES,
            _c("village", "村代码", "code"),
            _c("visit_date", "调查日期", "date"),
            _c("enumerator", "调查员编号", "code", False),
            _c("head_name", "户主姓名", "personal", False), _c("id_number", "身份证号", "personal", False),
            _c("phone", "联系电话", "personal", False), _c("account", "银行账号", "personal", False),
        ), ("household",)),
        Contract("villages", "样本村调查表", "survey/villages/*.*", (
            _c("village", "村代码", "code"),
            *_PLACE_NAMES,
            _c("village_name", "村名", "text", False),
            _c("visit_date", "调查日期", "date"),
            _c("respondent", "填表人", "personal", False),
        ), ("village",)),
        Contract("teams", "交叉考核组", "cross/teams.*", (
            _c("team", "组号", "code"),
            _c("leader_city", "组长单位", "place", level="city"),
            _c("city", "考核市", "place", level="city"),
            _c("visit_from", "进点日期", "date", False), _c("visit_to", "离点日期", "date", False),
        ), ("team",)),
        Contract("daily", "日常工作记录", "daily/*.*", (
            _c("record", "记录编号", "code"),
            _c("object", "对象", "object"),
            _c("source", "来源", "choice"),
            _c("date", "日期", "date"),
            _c("kind", "性质", "choice", allowed=DAILY_KINDS),
            _c("severity", "严重程度", "choice", False, allowed=SEVERITIES),
            _c("measure", "指标", "choice", False),
            _c("value", "数值", "share", False, min=0, max=1),
            _c("note", "摘要", "text", False),
        ), ("record",)),
        Contract("facts", "事实认定", "office/facts.*", (
            _c("object", "对象", "object"),
            _c("field", "事项", "choice", allowed=tuple(FACT_FIELDS.values())),
            _c("value", "认定", "choice", allowed=FACT_VALUES),
            _c("evidence", "依据", "text", False),
            _c("date", "日期", "date", False),
        ), ("object", "field")),
        Contract("decisions", "人工决定", "office/decisions.*", (
            _c("decision", "编号", "code"),
            _c("object", "对象", "object"),
            _c("kind", "类型", "choice", allowed=("等次调整", "缺项处理")),
            _c("from_grade", "原等次", "grade", False), _c("to_grade", "调整为", "grade", False),
            _c("stream", "涉及来源", "choice", False, allowed=("专项调查", "交叉考核", "日常工作")),
            _c("reason", "理由", "text"), _c("by_role", "决定机构", "text"), _c("date", "日期", "date"),
        ), ("decision",)),
        Contract("self_reports", "自评报告", "office/self_reports.*", (
            _c("object", "对象", "object"),
            _c("date", "提交日期", "date", False),
            _c("grade", "自评等次", "grade", False),
        ), ("object",)),
        Contract("self_grades", "自评指标等次", "office/self_grades.*", (
            _c("object", "对象", "object"),
            _c("item", "指标序号", "item"),
            _c("grade", "自评等次", "grade"),
        ), ("object", "item")),
        Contract("problems", "问题与整改", "office/problems.*", (
            _c("problem", "问题编号", "code"),
            _c("object", "对象", "object"),
            _c("place", "地点代码", "code", False),
            _c("source", "发现渠道", "text"), _c("date", "发现日期", "date"),
            _c("item", "涉及指标序号", "item", False),
            _c("prominent", "突出问题", "flag"), _c("note", "问题描述", "text"),
            _c("state", "整改状态", "choice", allowed=STATES),
            _c("done_date", "整改完成日期", "date", False),
        ), ("problem",)),
    )
}  # fmt: skip

FORM_COLUMNS = (
    "form_key", "form", "object", "place", "city", "county", "town", "village", "team", "visit_date",
    "signed", *LINEAGE,
)  # fmt: skip
GRADE_COLUMNS = ("form_key", "form", "object", "place", "item", "concept", "grade", "remark", *LINEAGE)


def question_column(question: Question) -> Column:
    """The raw column of a survey question."""
    kind = {"yesno": "flag", "scale": "choice"}.get(question.type, question.type)
    return Column(
        name=question.id, label=question.label, kind=kind, required=True, unit=question.unit,
        allowed=question.levels, min=question.min, max=question.max,
    )  # fmt: skip


def contract(name: str, plan: Plan) -> Contract:
    """The contract of a raw table with what the plan adds: questions, sources, measures, conversions of units.

    Parameters
    ----------
    name : str
        Key of `RAW`.
    plan : Plan
        Its codebook, sources, measures and conversions are added.

    Returns
    -------
    Contract
        Columns in the order of the clean table.

    Raises
    ------
    KeyError
        For a name that is no raw table.
    """
    table = _with_plan(name, plan)
    if not plan.conversions:
        return table
    columns = tuple(
        replace(c, conversions=tuple((v.unit, v.factor) for v in plan.conversions if v.fits(name, c.name, c.unit)))
        for c in table.columns
    )
    return replace(table, columns=columns)


def _with_plan(name: str, plan: Plan) -> Contract:
    table = RAW[name]
    if name in {"households", "villages"}:
        asked = plan.table_questions("household" if name == "households" else "village", asked=True)
        return replace(table, columns=(*table.columns, *(question_column(q) for q in asked)))
    if name == "daily":
        extra = {
            "source": tuple(plan.daily_sources.values()),
            "measure": tuple(m["name"] for m in plan.choices["daily"]["measures"]),
        }
        columns = tuple(replace(c, allowed=extra[c.name]) if c.name in extra else c for c in table.columns)
        return replace(table, columns=columns)
    return table


def size_group(persons: float) -> str:
    """Household size group of a number of `persons`, one of `SIZE_GROUPS`.

    Examples
    --------
    >>> size_group(3)
    '3-4人'
    """
    return SIZE_GROUPS[0] if persons <= 2 else SIZE_GROUPS[1] if persons <= 4 else SIZE_GROUPS[2]
