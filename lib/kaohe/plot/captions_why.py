"""Words around what explains scores and ranks: pairs, ways up, agreement, scenarios."""

from __future__ import annotations

from collections.abc import Sequence

from kaohe.plot import numbers
from kaohe.plot.labels import group_unit, group_word, joined, listed


def pairs_title(class_id: str, n: int, sure: int, closest: tuple[str, str, float], level: str) -> str:
    """How many pairs are told apart, and which is the hardest.

    Parameters
    ----------
    closest : (name, name, probability that the first is ahead)
    level : str
        From which probability on two are told apart, as printed.
    """
    one, other, p = closest
    hard = f"最难分的是{one}与{other}（{numbers.chance(p)}对{numbers.chance(1 - p)}）"
    if n == 1:
        return f"{one}与{other}{'分得出' if sure else '分不出'}先后（{numbers.chance(p)}对{numbers.chance(1 - p)}）"
    if sure == n:
        return f"两两比较的{n}对都分得出先后"
    if not sure:
        return f"两两比较的{n}对都没有{level}的把握分出先后，{hard}"
    return f"两两比较的{n}对中{sure}对有{level}以上把握分出先后，{n - sure}对没有，{hard}"


def scenario_title(class_id: str, moved: int, farthest: Sequence[str], most: float, up: int, down: int) -> str:
    """What a scenario changes in a class.

    Parameters
    ----------
    moved : int
        Targets with another rank.
    farthest : sequence of str
        Names of those that move most.
    most : float
        Places that they move.
    up, down : int
        Targets whose grade rises and falls.
    """
    grades = [f"{n}{group_unit(class_id)}{word}" for n, word in ((up, "升等"), (down, "降等")) if n]
    said = "、".join(grades) if grades else "等次都不变"
    if not moved:
        return f"换用这一情形，{said}，名次不变"
    each = "各" if len(farthest) > 1 else ""
    return f"换用这一情形，{said}，{group_word(moved, class_id)}名次变动，最大的是{listed(farthest, class_id)}（{each}{numbers.integer(most)}位）"


def way_caption(label: str, n: int, top: int, held: int, reach: int) -> str:
    """Caption of the table of ways to the next grade.

    Parameters
    ----------
    n : int
        Targets in the table.
    top, held : int
        Those at the best grade already (已是最高等次), and those whom a rule, a decision, a doubt or missing data keeps where they are (受限).
    reach : int
        Those for whom better items are enough.
    """
    if n == 1:
        return f"{label}升一等的最短途径"
    if n in {top, held}:
        return f"{label}升一等的最短途径（{n}个，都{'已是最高等次' if top else '受限'}）"
    left = n - top - held
    rest, every = f"其余{left}个" if left < n else "", "都" if left > 1 else ""
    parts = [f"{top}个已是最高等次" if top else "", f"{held}个受限" if held else ""]
    if left and not reach:
        parts.append(f"{rest}{every}不能只靠提升指标等次升等")
    elif left and reach == left:
        parts.append(f"{rest}{every}只需提升指标等次")
    elif left:
        parts.append(f"{rest or '其'}中{reach}个只需提升指标等次")
    return f"{label}升一等的最短途径（{n}个{'：' if rest else '，'}{joined(parts)}）"
