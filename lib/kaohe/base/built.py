"""Contracts of the tables that `kaohe build` writes to data/processed/build/ and reports read.

Each column is ``name: label`` with a dtype mark in front: ``s`` text, ``f`` float64, ``i``
int64, ``b`` bool, ``d`` date (datetime64). `key` columns identify a row; `target` is the column
by which a report reads its own rows.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Built:
    """One built table."""

    name: str
    label: str
    key: tuple[str, ...]
    columns: dict[str, tuple[str, str]]

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return list(self.columns)

    def labels(self) -> dict[str, str]:
        """Chinese label of each column."""
        return {name: label for name, (_, label) in self.columns.items()}


def _built(name: str, label: str, key: str, columns: str) -> Built:
    parsed: dict[str, tuple[str, str]] = {}
    for entry in columns.replace("\n", " ").split(","):
        mark, column, text = entry.strip().split(" ", 2)
        parsed[column] = (mark, text)
    return Built(name, label, tuple(key.split()), parsed)


BUILT: dict[str, Built] = {
    t.name: t
    for t in (
        _built("targets", "报告对象", "notebook object", """
            s kind 种类, s object 编码, s name 名称, s class_id 类别, s city 所在市, s notebook 报告模板, s slug 文件名"""),
        # the survey
        _built("weights", "样本户权重", "household", """
            s household 户样本编号, s village 村, s town 镇, s county 县, s city 市, s stratum 层, s psu 初级抽样单元,
            s hh_kind 登记户类型, s size_group 家庭规模, f n_towns 县内镇数, f m_towns 抽中镇数, f n_villages 镇内村数,
            f m_villages 抽中村数, f n_households 村内户数, f m_households 抽中户数, f f_county 县阶段因子,
            f f_town 镇阶段因子, f f_village 村阶段因子, f f_household 户阶段因子, f w_design 设计权重,
            s nr_class 无应答调整组, f f_nonresponse 无应答因子, f w_nonresponse 无应答调整后权重,
            f f_calibration 校准因子, f weight 最终权重"""),
        _built("response", "应答情况", "domain_type domain", """
            s domain_type 域类型, s domain 域, s name 名称, i selected 抽中户数, i completed 完成户数, i refused 拒访户数,
            i not_contacted 无法联系户数, i vacant 空户数, i set_aside 隔离户数, f response_rate 应答率"""),
        _built("nonresponse", "无应答调整组", "city nr_class", """
            s city 市, s nr_class 调整组, i n_selected 合格样本户, i n_respondents 有效户, f factor 调整因子, s merged 并组说明"""),
        _built("calibration", "校准结果", "city margin level", """
            s city 市, s margin 分组变量, s level 分组, s level_name 分组名称, i n 样本户数, f target 登记户数, f before 校准前,
            f after 校准后, f g_min 最小校准因子, f g_max 最大校准因子, i iterations 迭代次数"""),
        _built("weight_diagnostics", "权重诊断", "city", """
            s city 市, s name 名称, i n 样本户数, f sum_weights 权重合计, f register_households 登记户数, f cv 权重变异系数,
            f deff_kish 权重设计效应, f n_eff 有效样本量, f w_min 最小权重, f w_median 权重中位数, f w_max 最大权重"""),
        _built("estimates", "调查估计", "unit domain_type domain indicator", """
            s unit 单元, s domain_type 域类型, s domain 域, s name 名称, s indicator 指标, s topic 主题, s label 指标名称,
            s stat 统计量, s measure_unit 单位, b is_share 是否比例, s direction 方向, f estimate 估计值, f se 标准误, f ci_low 区间下限,
            f ci_high 区间上限, f df 自由度, i n 户数, i n_psu 初级抽样单元数, i n_missing 未答户数, f deff 设计效应,
            f cv 变异系数, s method 区间方法, s quality 质量"""),
        _built("estimate_cov", "计分指标的协方差", "domain_type domain a b", """
            s domain_type 域类型, s domain 域, s a 指标甲, s b 指标乙, f cov 协方差"""),
        _built("estimate_cov_between", "计分指标在域间的协方差", "domain_type domain other a b", """
            s domain_type 域类型, s domain 域, s other 另一域, s a 指标甲, s b 另一域的指标乙, f cov 协方差"""),
        _built("income", "收入分布", "domain_type domain", """
            s domain_type 域类型, s domain 域, s name 名称, f p10 第10百分位, f p25 第25百分位, f p50 中位数, f p75 第75百分位,
            f p90 第90百分位, f share_below 低于线的人口比例, f share_low 区间下限, f share_high 区间上限, i n 户数, s quality 质量"""),
        _built("key_survey", "重点调查（不加权）", "city indicator", """
            s city 市, s indicator 指标, s topic 主题, s label 指标名称, b is_share 是否比例, s measure_unit 单位, i n_villages 村数,
            i n 户数, f value 数值, s quality 质量"""),
        _built("village_profile", "样本村概况", "village", """
            s village 村代码, s name 村名, s town_name 镇, s county 县, s county_name 县名, s city 市, s selection 抽选方式,
            s helper_city 对口帮扶市, f designated 省定贫困村, i selected 抽中户数, i completed 完成户数, f v_households 户籍户数,
            f v_poor 相对贫困户数, f v_exited 已退出户数, f v_collective_income 村集体经济收入, f v_team 有驻村工作队,
            f v_team_days 队员人均驻村天数"""),
        # grades
        _built("item_grades", "指标等次", "object level concept", """
            s object 对象, s class_id 类别, s level 层级, s concept 概念, i item 序号, s name 指标, s group 考核内容, s subgroup 分组,
            i n_places 应评数, i n_graded 已评数, s grade 等次, f value 平均分, i n_good 好, i n_fair 较好, i n_ordinary 一般,
            i n_poor 较差, s weak_at 一般及以下的地点, s remark 备注"""),
        _built("form_scores", "考评表得分", "form_key", """
            s form_key 表, s form 表种, s object 对象, s place 地点, s place_name 地点名称, s city 市, s county 县, s town 镇,
            s village 村, s team 考核组, d visit_date 核查时间, i n_items 指标数, i n_graded 已评数, f missing_share 缺项比例,
            f score 得分, f low 下界, f high 上界, s worst 最低等次, s lower_median 中位等次, f share_good 好的比例,
            f share_fair 较好及以上比例, b local_criteria 非省定贫困村, f score_without_local 不含1、4、5项得分"""),
        _built("evidence", "实地核查与指标表", "object concept", """
            s object 对象, s class_id 类别, s concept 概念, s label 概念名称, i item 序号, s name 指标, s index_grade 指标表等次,
            f index_value 指标表分值, f evidence 实地核查得分, f gap 差值, b flagged 相差一档以上, f m_county 县级均值,
            f m_town 镇级均值, f m_village 村级均值, i n_county 县数, i n_town 镇数, i n_village 村数,
            f evidence_designated 仅省定贫困村"""),
        _built("survey_items", "调查得分构成", "object indicator", """
            s object 对象, s class_id 类别, s indicator 指标, s label 指标名称, f estimate 估计值, f se 标准误, f floor 下限值,
            f target 目标值, f score 得分, f weight 权重, f contribution 贡献分, i n 户数, s quality 质量"""),
        _built("daily_items", "日常工作记录", "object record", """
            s object 对象, s class_id 类别, s record 记录编号, s source 来源编码, s source_name 来源, d date 日期, s kind 性质,
            s severity 严重程度, s measure 指标, f value 数值, f points 扣分, f score 得分, s note 摘要"""),
        _built("daily_sources", "日常工作按来源", "object source", """
            s object 对象, s class_id 类别, s source 来源编码, s source_name 来源, i n_records 记录数, f points 扣分"""),
        _built("streams", "三类来源得分", "object stream", """
            s object 对象, s class_id 类别, s stream 来源, s stream_name 来源名称, f weight 权重, f score 得分, f low 下界,
            f high 上界, f se 抽样标准误, f contribution 贡献分, f missing_share 缺失比例, s state 状态, s note 说明"""),
        _built("composite", "综合评价", "object", """
            s object 对象, s name 名称, s class_id 类别, f survey 专项调查, f cross 交叉考核, f daily 日常工作, f composite 综合得分,
            f low 下界, f high 上界, f se 抽样标准误, f class_mean 同类均值, s grade_score 按分等次, s grade_final 综合等次,
            s status 状态, f rank 名次, b tied 并列, i n_ranked 参评数, s band 档, i n_weak 一般及以下指标数,
            f completeness 数据完整率"""),
        _built("caps", "等次限制规则", "object rule", """
            s object 对象, s rule 规则, s field 事项, s field_name 事项名称, s value 认定, s evidence 依据, d date 日期, b fired 触发,
            s before 限制前, s after 限制后, s clause 条款, s text 原文, s state 状态"""),
        _built("decisions_log", "人工决定", "object decision", """
            s object 对象, s decision 编号, s kind 类型, s from_grade 原等次, s to_grade 调整为, s stream 涉及来源, s reason 理由,
            s by_role 决定机构, d date 日期, b applied 已采用, s why 说明"""),
        _built("rank_intervals", "名次区间", "object", """
            s object 对象, s class_id 类别, f rank 名次, f low 名次下限, f high 名次上限, f sim_low 联合下限, f sim_high 联合上限,
            f p_rank 居此名次概率, f p_grade 居此等次概率"""),
        _built("rank_probabilities", "名次概率", "object rank", """
            s object 对象, s class_id 类别, i rank 名次, f p 概率"""),
        _built("grade_probabilities", "等次概率", "object grade", """
            s object 对象, s class_id 类别, s grade 等次, f p 概率"""),
        _built("pair_probabilities", "先后概率", "object other", """
            s object 对象, s class_id 类别, s other 另一对象, f p_above 得分高于另一对象的概率"""),
        _built("sensitivity", "方法敏感性", "object source scenario", """
            s object 对象, s class_id 类别, s source 来源, s source_name 来源名称, s scenario 情形, f score 得分, f rank 名次, s grade 等次"""),
        _built("sensitivity_summary", "敏感性汇总", "class_id source", """
            s class_id 类别, s source 来源, s source_name 来源名称, i scenarios 情形数, f mean_shift 平均名次变动, f max_shift 最大名次变动,
            i grade_changes 等次变化对象数,
            f middle_changes 居中等次变化对象数"""),
        _built("contributions", "差距分解", "object reference stream component", """
            s object 对象, s class_id 类别, s reference 参照, s reference_name 参照名称, s stream 来源, s stream_name 来源名称,
            s component 分项, s label 分项名称, f delta 差值"""),
        _built("lost_points", "失分", "object stream component", """
            s object 对象, s class_id 类别, s stream 来源, s stream_name 来源名称, s component 分项, s label 分项名称,
            f weight 在综合得分中的权重, f points 得分贡献, f lost 失分, s grade 等次, f step 提升一档的分值"""),
        _built("way_up", "升等途径", "object", """
            s object 对象, s class_id 类别, s from_grade 现等次, s to_grade 目标等次, f cut 分界, f gap 还差分数, f steps 最少提升档数,
            s items 提升的指标, f after 提升后得分, s state 状态, s why 说明"""),
        _built("swap_weights", "换位权重", "object stream", """
            s object 对象, s class_id 类别, s other 前一名, s other_name 前一名名称, s stream 来源, s stream_name 来源名称,
            f nominal 方案权重, f swap 换位权重"""),
        _built("consistency", "各来源是否一致", "object check", """
            s object 对象, s class_id 类别, s check 比对, s label 比对名称, i n 可比项数, f mean_gap 平均差值, i n_above 高一档以上项数,
            i n_below 低一档以上项数, f rank_first 前者名次, f rank_second 后者名次, f rank_gap 名次差, f correlation 等级相关系数,
            b flagged 提示"""),
        _built("profiles", "等次构成", "object", """
            s object 对象, s class_id 类别, i n_items 指标数, i n_graded 已评数, f at_good 好的比例, f at_fair 较好及以上比例,
            f at_ordinary 一般及以上比例, s lower_median 中位等次, s worst 最低等次, i n_ahead 任何赋分下都领先的对象数,
            i n_behind 任何赋分下都落后的对象数, i n_open 先后随赋分而变的对象数, f ordered 本类可定先后的对数比例"""),
        _built("group_scores", "各组指标得分", "object level group", """
            s object 对象, s class_id 类别, s level 层级, s group 考核内容, i place 顺序, i n_items 指标数, i n_graded 已评数, f score 得分,
            f low 下界, f high 上界"""),
        _built("effective_weights", "名义与有效权重", "class_id stream", """
            s class_id 类别, s stream 来源, s stream_name 来源名称, f nominal 名义权重, f effective 有效权重"""),
        _built("counties", "县（市、区）实地核查", "county", """
            s county 县, s name 名称, s city 市, s city_name 市名, i n_county 县表数, i n_town 镇表数, i n_village 村表数,
            f score 实地核查得分, f low 下界, f high 上界, f rank 位次, i n_ranked 参评县数, b bottom 靠后, i n_weak 一般及以下指标数,
            b prominent 突出问题, i n_households 样本户数"""),
        _built("talk_list", "谈话提醒对象", "object reason", """
            s object 对象, s name 名称, s kind 种类, s class_id 类别, s reason 理由, s clause 条款"""),
        _built("rectify", "问题与整改", "problem", """
            s problem 问题编号, s object 对象, s place 地点, s place_name 地点名称, s source 发现渠道, d date 发现日期, s concept 概念,
            s label 涉及指标, b prominent 突出问题, s note 问题描述, s state 整改状态, d done_date 完成日期, d due 整改期限,
            s progress 整改进度"""),
        _built("completeness", "数据完整情况", "object part", """
            s object 对象, s class_id 类别, s part 部分, s label 名称, i expected 应有, i received 实有, f share 完整率, s state 状态,
            s note 说明"""),
        _built("self_compare", "自评与考核", "object item", """
            s object 对象, s class_id 类别, i item 序号, s concept 概念, s name 指标, s self_grade 自评等次, s index_grade 考核等次,
            f steps 相差档数"""),
        _built("self_status", "自评报告", "object", """
            s object 对象, s class_id 类别, d date 提交日期, d due 截止日期, s state 状态, s grade 自评等次"""),
        _built("class_summary", "等次分布", "class_id grade", """
            s class_id 类别, s grade 等次, i n 数量"""),
        # what came in
        _built("intake", "来件清单", "file sheet", """
            s table 表, s table_label 表名, s file 文件, s sheet 工作表, s sha256 指纹, s encoding 编码, i read 读入行, i used 采用行,
            i quarantined 隔离行, i declared 表头合计行, i blank 空行, b refused 未采用, i balance 差额"""),
        _built("findings_summary", "问题数据汇总", "table code action", """
            s table 表, s table_label 表名, s code 代码, s action 处理, s rule 规则, i n 条数, s remedy 处理建议"""),
        _built("data_quality", "数据质量", "city", """
            s city 市, s name 名称, i households 样本户, i cells 应答项, i missing 未答项, f missing_share 缺失率,
            i quarantined 隔离行, f doubtful_share 存疑率"""),
        _built("screens", "真实性筛查", "screen object", """
            s screen 筛查, s label 名称, s object 对象, s name 对象名称, f value 数值, f threshold 界限, b flagged 提示, s note 说明"""),
        _built("screen_records", "筛查记录", "screen object number", """
            s screen 筛查, s label 筛查名称, s object 对象, s name 对象名称, i number 序号, s record 记录, s value 所见, s file 文件,
            s sheet 工作表, i row 行"""),
        _built("set_aside", "隔离和未采用清单", "file sheet code", """
            s sender 报送单位, s table 表, s table_label 表名, s file 文件, s sheet 工作表, s code 代码, s rule 规则, s action 处理,
            i n 条数, i first_row 首行, s remedy 处理建议"""),
    )
}  # fmt: skip

# Written to data/processed/scenarios/NAME/ by `kaohe build --scenario`, beside the grading's own tables.
SCENARIO: dict[str, Built] = {
    t.name: t
    for t in (
        _built("scenario_compare", "情形与基准对照", "object", """
            s object 对象, s name 名称, s class_id 类别, f score_base 基准得分, f score_new 情形得分, f score_diff 得分变化,
            f rank_base 基准名次, f rank_new 情形名次, f rank_shift 名次上升位数, f low_base 基准名次下限, f high_base 基准名次上限,
            f low_new 情形名次下限, f high_new 情形名次上限, s grade_base 基准等次, s grade_new 情形等次, s grade_move 等次变化"""),
        _built("scenario_summary", "情形变化汇总", "class_id", """
            s class_id 类别, i n 对象数, i n_ranked 两次都有名次, f mean_diff 平均得分变化, f mean_shift 平均名次变动, f max_shift 最大名次变动,
            i n_moved 名次变动对象数, i up 等次上升, i down 等次下降, i open 等次待定变化"""),
        _built("scenario_choices", "情形改变的选择", "key", """
            s key 选择, s base 基准, s value 情形, b law 方案规定（只作假设）"""),
    )
}  # fmt: skip

DTYPES = {"s": "str", "f": "float64", "i": "int64", "b": "bool", "d": "datetime64[us]"}
