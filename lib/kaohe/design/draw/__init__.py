"""Drawing: the sample, the 重点调查 supplement, and which team goes where, by public chance."""

from kaohe.design.draw.allocate import allocate
from kaohe.design.draw.chance import Chance
from kaohe.design.draw.entropy import joint_probabilities, max_entropy
from kaohe.design.draw.expected import expected_errors
from kaohe.design.draw.key import choose_key, key_households
from kaohe.design.draw.planning import Planning
from kaohe.design.draw.pps import inclusion_probabilities, never_together, systematic
from kaohe.design.draw.precision import Frontier, Steps, count_kinds, county_steps
from kaohe.design.draw.sample import Drawn, Sizes, counties_of, draw_sample, parse_rule, with_places
from kaohe.design.draw.sizes import plan_towns
from kaohe.design.draw.teams import TeamDraw, count_permitted, draw_teams

__all__ = [
    "Chance", "Drawn", "Frontier", "Planning", "Sizes", "Steps", "TeamDraw", "allocate", "choose_key", "count_kinds",
    "count_permitted", "counties_of", "county_steps", "draw_sample", "draw_teams", "expected_errors", "inclusion_probabilities", "joint_probabilities",
    "key_households", "max_entropy", "never_together", "parse_rule", "plan_towns", "systematic", "with_places",
]  # fmt: skip
