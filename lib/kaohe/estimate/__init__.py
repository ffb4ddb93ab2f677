"""Estimates with their errors: totals, means, ratios, shares, domains; suppression."""

from kaohe.design.calibrate import Calibration
from kaohe.estimate.build import build_estimates, household_design
from kaohe.estimate.quality import Rules
from kaohe.estimate.replicated import ReplicateDesign
from kaohe.estimate.survey import Design

__all__ = ["Calibration", "Design", "ReplicateDesign", "Rules", "build_estimates", "household_design"]
