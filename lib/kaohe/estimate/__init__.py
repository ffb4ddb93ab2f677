"""Estimates with their errors: totals, means, ratios, shares, domains; suppression."""

from kaohe.design.calibrate import Calibration
from kaohe.estimate.build import build_estimates, household_design
from kaohe.estimate.survey import Design

__all__ = ["Calibration", "Design", "build_estimates", "household_design"]
