"""The protocol of a drawn sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaohe.base.plan import Plan
from kaohe.base.tables import HH_KINDS
from kaohe.design.draw.expected import PROVINCE
from kaohe.run.draw import words
from kaohe.run.draw.registers import Registers

if TYPE_CHECKING:
    from kaohe.run.draw.sample import Result

_SCHEMES = {
    "entropy": (
        "条件泊松抽样（最大熵，固定样本量；Chen、Dempster 和 Liu 1994，Tillé 2006 第5章）：概率为 1 的单位必取；其余按代码顺序逐个决定。"
        "工作权 w 使每个单位的入样概率恰为其规定值；还要取 k 个时，单位 i 入样的条件概率是 w_i·e(k−1；i 以后)／e(k；i 起)，"
        "e(k；…) 是其后单位中任取 k 个的 w 乘积之和；单位的小数（按代码顺序每单位一个，必取单位也占一个）小于它则入样。任意两个单位同时入样的概率都大于 0。"
    ),
    "systematic": (
        "随机排列的系统抽样（Madow 1949，Hartley 和 Rao 1962）：先打乱单位，再取一个小数为起点，每隔 1 取一个落在累计概率区间的单位。"
        "已逐对验证任意两个单位同时入样的概率都大于 0。"
    ),
}  # fmt: skip


def sample_record(made: Result, registers: Registers, sums: dict[str, str], plan: Plan) -> str:
    """The protocol in Markdown."""
    sizes, asked, town = made.sizes, made.asked, made.drawn.towns
    rule = (
        "户类型之比 " + "：".join(f"{r:g}" for r in sizes.rule) + f"（{'、'.join(HH_KINDS)}；某类不足时全取，每类至少2户或全部，其余名额逐个给 r²／(n(n+1)) 最大的一类，r 为比值，n 为该类已有名额，相同时给顺序在前的一类）"
        if sizes.rule else "村内各户机会相等"
    )  # fmt: skip
    errors = [
        ("全省" if r.domain == PROVINCE else plan.gazetteer.name(str(r.domain)), r.n_towns, r.n_villages, r.n, f"{r.se:.4f}",
         f"{r.half_width:.4f}", f"{r.deff:.2f}")
        for r in made.errors.itertuples(index=False)
    ]  # fmt: skip
    sure = int((town["p_town"] >= 1).sum())
    return words.record("样本抽取记录", {
        "输入": [f"公开字符串：`{asked.seed}`", "", words.BEFOREHAND, "", *words.table(("抽样框", "文件", "SHA-256"), registers.sources), "",
                 f"{town['city'].nunique()} 个市、{town['county'].nunique()} 个县、{len(town)} 个镇、"
                 f"{int(town['n_villages'].sum())} 个村、{int(town['n_households'].sum())} 户。"],
        "抽取办法（考核办的选择，方案只规定抽样调查与重点调查相结合）": [
            "- 每个县是一层，全部县都在样本内；各县抽镇数见“抽样设计与概率.xlsx”。" + _allocation(made),
            f"- 每县内的镇、每镇内的村按登记户数成比例抽取；m·x／Σx 不小于 1 的单位必取，其余重新计算（必取镇 {sure} 个）。"
            "必取后只剩一个名额时多抽一个（镇和村都是），使标准误可估。",
            f"- 每镇 {sizes.villages} 村，每村 {sizes.households} 户（不足的全取）；{rule}。",
            f"- {_SCHEMES[sizes.scheme]}",
        ],
        "随机数": list(words.CHANCE),
        "步骤": [
            "用途字符串：抽镇为“towns 县代码”，抽村为“villages 镇代码”，抽户为“households 村代码”，按类型抽户为“households 村代码 户类型”。"
            "代码都是十二位，中间一个空格；单位按代码从小到大排列。",
            "", "抽户：把村内（或某类型）的户按户编号排列后打乱，取前若干户。",
        ],
        "预计标准误": [
            f"按比例 {made.planning.share:g}、镇间方差占 {made.planning.icc_town:g}、镇内村间占 {made.planning.icc_village:g} 预计：", "",
            *words.table(("范围", "镇", "村", "户", "标准误", made.half_width, "设计效应"), errors), "",
            "方差估计：设计权重是各级入样概率之积的倒数；以县（必取的镇自成一层）为层、镇（必取的镇内为村）为初级单元，"
            "按有放回的办法由初级单元合计估计方差，略偏大，不会偏小地误报精度。",
        ],
        "校验": words.checksums(sums),
    }, synthetic=registers.synthetic)  # fmt: skip


def _allocation(made: Result) -> str:
    asked = made.asked
    if asked.se is not None or asked.se_city:
        return "按各市要求的标准误（抽取前的预计值）取最少的镇数" + (
            f"，预算 {asked.budget:,.0f} 元。" if asked.budget else "。"
        )
    total, extra = (int(made.plan_by_county[c].sum()) for c in ("towns", "extra"))
    x = "户数与预计标准差之积（Neyman）" if asked.neyman else "户数"
    return (
        f"共 {total} 个镇，按{x}分配：每县先取 2 个（不足全取），其余逐个给 x²／(n(n+1)) 最大的县，x 为{x}，n 为该县已有镇数，"
        "相同时给代码在前的县。" + (f"其中 {extra} 个是必取后只剩一个名额时多取的。" if extra else "")
    )
