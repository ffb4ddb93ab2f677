"""The sample and what follows from it: weights, nonresponse, calibration, diagnostics."""

from kaohe.design.adjust import calibrate_to, post_stratify, rake_to
from kaohe.design.build import build_weights
from kaohe.design.calibrate import Calibration, calibrate
from kaohe.design.explain import explain_weight
from kaohe.design.rake import rake
from kaohe.design.steps import Weighted, base_weights, nonresponse_classes, nonresponse_propensity
from kaohe.design.supplement import take_all
from kaohe.design.trim import trim_to

__all__ = [
    "Calibration", "Weighted", "base_weights", "build_weights", "calibrate", "calibrate_to", "explain_weight",
    "nonresponse_classes", "nonresponse_propensity", "post_stratify", "rake", "rake_to", "take_all", "trim_to",
]  # fmt: skip
