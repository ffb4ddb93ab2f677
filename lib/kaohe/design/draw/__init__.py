"""Drawing: the sample, the 重点调查 supplement, and which team goes where, by public chance."""

from kaohe.design.draw.allocate import allocate, allocate_precision
from kaohe.design.draw.chance import Chance
from kaohe.design.draw.entropy import joint_probabilities, max_entropy
from kaohe.design.draw.expected import expected_errors
from kaohe.design.draw.key import choose_key, key_households
from kaohe.design.draw.pps import inclusion_probabilities, never_together, systematic
from kaohe.design.draw.sample import Drawn, Sizes, counties_of, draw_sample, parse_rule, with_places
from kaohe.design.draw.sizes import Planning, plan_towns
from kaohe.design.draw.teams import TeamDraw, count_permitted, draw_teams

__all__ = [
    "Chance", "Drawn", "Planning", "Sizes", "TeamDraw", "allocate", "allocate_precision", "choose_key", "count_permitted",
    "counties_of", "draw_sample", "draw_teams", "expected_errors", "inclusion_probabilities", "joint_probabilities",
    "key_households", "max_entropy", "never_together", "parse_rule", "plan_towns", "systematic", "with_places",
]  # fmt: skip
