"""A notebook of heavy cells: eight charts by seaborn of synthetic values, about 1.2 s of CPU; for benchmarks/batch.py.

It has the frame of notebooks/50_unit.ipynb (parameters, open_report, seal), so that every way can make it of the
demonstration's units. The values are drawn anew for each unit; nothing of them is in any table.
"""

from __future__ import annotations

from pathlib import Path

STEM = "50_unit"
HEAD = (
    'target = ""\nprocessed = ""\nplan = ""',
    'import kaohe\njob = kaohe.open_report("50_unit", target, processed, plan)\njob',
)
DRAW = """import io
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from kaohe.plot.output import Chart, DataTable
plt.rcParams.update({"svg.hashsalt": "kaohe", "svg.fonttype": "none"})
draw = np.random.default_rng(int(job.ctx.object[2:]))
groups = np.repeat(list("ABCDEF"), 250)
values = pd.DataFrame({"group": groups, "half": draw.choice(["u", "v"], groups.size), "x": draw.normal(50, 12, groups.size)})
values["y"] = values["x"] * 0.6 + draw.normal(0, 9, groups.size)
values["time"] = draw.integers(1, 13, groups.size)


def chart(number, title):
    out = io.StringIO()
    plt.gcf().savefig(out, format="svg", metadata={"Date": None})
    plt.close("all")
    rows = [[str(k), f"{v:.1f}"] for k, v in values.groupby("group")["x"].mean().items()]
    return Chart(f"heavy-{number}", title, "", f"{title}：虚构的数", "", out.getvalue(), DataTable(title, ["组", "均值"], rows))"""
CHARTS = (
    'sns.lineplot(values, x="time", y="x", hue="half", n_boot=800, seed=1)\nchart(1, "折线与区间")',
    'sns.barplot(values, x="group", y="y", hue="half", n_boot=600, seed=1)\nchart(2, "均值与区间")',
    'sns.pointplot(values, x="group", y="x", hue="half", n_boot=600, seed=1)\nchart(3, "点与区间")',
    'sns.regplot(values, x="x", y="y", scatter=False, n_boot=600, seed=1)\nchart(4, "回归与区间")',
    'sns.violinplot(values, x="group", y="x", hue="half", split=True)\nchart(5, "小提琴图")',
    'sns.kdeplot(values, x="x", y="y", levels=6, gridsize=70)\nchart(6, "二维密度")',
    'sns.displot(values, x="x", col="half", kde=True, height=2)\nchart(7, "分组直方图")',
    'sns.heatmap(values.pivot_table(index="group", columns="time", values="y"), annot=True, fmt=".0f", cbar=False)\nchart(8, "热力图")',
)
SEAL = "job.seal()"


def write_heavy(folder: Path) -> Path:
    """Write the notebook as `50_unit.ipynb` into a folder, which is made; returns the folder."""
    import nbformat

    cells = [nbformat.v4.new_code_cell(source) for source in (*HEAD, DRAW, *CHARTS, SEAL)]
    cells[0].metadata["tags"] = ["parameters"]
    for number, cell in enumerate(cells):
        cell["id"] = f"heavy-{number:02d}"
    book = nbformat.v4.new_notebook(cells=cells)
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(book, folder / f"{STEM}.ipynb")
    return folder
