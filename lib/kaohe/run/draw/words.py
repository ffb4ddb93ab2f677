"""The protocol's words: what anybody needs to make the same draw again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

SYNTHETIC = "**演示数据（虚构）**：抽样框由程序生成，不对应任何真实的村和户。"
BEFOREHAND = (
    "抽取不能由人挑选的条件：字符串的来源（如某日某期的开奖结果）和各输入文件的 SHA-256，在字符串产生之前已经公布。"
)
CHANCE = (
    "随机数由公开字符串产生，不用任何软件自带的随机数发生器：",
    "",
    "1. 每次抽取有一个“用途”字符串（下文各步写明）。第 k 个数（k = 0、1、2……）是文本“公开字符串、换行、用途、换行、k”"
    "的 SHA-256。文本用 UTF-8 编码，换行是一个字节 0x0A，k 写成十进制数字，前后没有其他字符；摘要的 32 个字节按高位在前读成一个 256 位整数。",
    "2. 取 0 到 b−1 的整数：设 L 为不大于 2^256 的 b 的最大倍数，依次取数，遇到不小于 L 的数跳过，第一个小于 L 的数除以 b 取余数。",
    "3. 取 0 到 1 的小数：取一个数的最高 53 位除以 2^53。",
    "4. 打乱一列（共 m 个，位置从 0 起）：i 从 m−1 递减到 1，每步按第 2 条取 0 到 i 的整数 j，交换位置 i 和 j。",
)


def record(title: str, parts: Mapping[str, Sequence[str]], *, synthetic: bool = False) -> str:
    """A protocol in Markdown: a title and numbered sections."""
    lines = [f"# {title}", ""]
    if synthetic:
        lines += [SYNTHETIC, ""]
    for number, (head, body) in enumerate(parts.items(), start=1):
        lines += [f"## {number}. {head}", "", *body, ""]
    return "\n".join(lines).rstrip() + "\n"


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """A Markdown table; bars in texts are kept from being read as its own."""

    def line(values: Sequence[object]) -> str:
        return "| " + " | ".join(str(v).replace("|", "／").replace("\n", " ") for v in values) + " |"

    return [line(heads), "|" + "---|" * len(heads), *(line(r) for r in rows)]


def checksums(sums: Mapping[str, str]) -> list[str]:
    """Files and their SHA-256 as a table."""
    return table(("文件", "SHA-256"), sorted(sums.items()))
