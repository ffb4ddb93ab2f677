"""A seeded synthetic office: every raw input with its faults, and the truth behind it.

`make_demo` writes the raw folder and its answer key; `population`, `draw_sample` and `truth`
give the same things in memory.
"""

from kaohe.run.demo.make import make_demo
from kaohe.run.demo.population import Population, population, register_totals
from kaohe.run.demo.sample import Design, Sample, draw_sample
from kaohe.run.demo.truth import truth

__all__ = ["Design", "Population", "Sample", "draw_sample", "make_demo", "population", "register_totals", "truth"]
