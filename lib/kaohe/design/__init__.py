"""The sample and what follows from it: weights, nonresponse, calibration, diagnostics."""

from kaohe.design.build import build_weights
from kaohe.design.calibrate import Calibration, calibrate
from kaohe.design.explain import explain_weight
from kaohe.design.rake import rake

__all__ = ["Calibration", "build_weights", "calibrate", "explain_weight", "rake"]
