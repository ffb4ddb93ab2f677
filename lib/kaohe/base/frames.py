"""Contracts of the registers that a draw starts from; they are read where they lie, not from data/raw.

Numbers are checked by the draw itself (`kaohe.design.draw`), so that a size that is missing, zero or
negative is refused with its unit and not set aside.
"""

from __future__ import annotations

from kaohe.base.tables import HH_KINDS, Column, Contract

FRAMES: dict[str, Contract] = {
    t.name: t
    for t in (
        Contract("frame_villages", "村级抽样框", "", (
            Column("village", "村代码", "code"),
            Column("name", "村名", "text", False, aliases=("名称",)),
            Column("town_name", "镇名", "text", False),
            Column("n_households", "登记户数", "int", unit="户", aliases=("村内登记户数", "户籍户数")),
            Column("share", "预计比例", "number", False),
        ), ("village",)),
        Contract("frame_households", "户级抽样框", "", (
            Column("household", "户编号", "code", aliases=("登记户编号",)),
            Column("village", "村代码", "code"),
            Column("hh_kind", "登记户类型", "choice", allowed=HH_KINDS),
            Column("register_size", "登记人口", "int", min=1, max=20),
        ), ("household",)),
        Contract("risks", "风险清单", "", (
            Column("village", "村代码", "code"),
            Column("risk", "风险分", "number"),
            Column("reason", "选定理由", "text", False),
        ), ("village",)),
        Contract("exclusions", "回避清单", "", (
            Column("team", "组长单位", "text", aliases=("考核组",)),
            Column("city", "考核市", "text"),
            Column("reason", "回避理由", "text", False),
        ), ("team", "city")),
    )
}  # fmt: skip
