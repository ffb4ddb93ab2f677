"""Estimates with their errors: totals, means, ratios, shares, domains; suppression."""

from kaohe.design.calibrate import Calibration
from kaohe.estimate.build import build_estimates
from kaohe.estimate.quality import Rules
from kaohe.estimate.replicated import ReplicateDesign
from kaohe.estimate.samples import household_design
from kaohe.estimate.seam import PsuTotals, combine, psu_totals
from kaohe.estimate.seam_estimate import estimate_from_totals
from kaohe.estimate.seam_quantile import psu_quantiles
from kaohe.estimate.seam_spec import fgt, level, per
from kaohe.estimate.survey import Design

__all__ = [
    "Calibration", "Design", "PsuTotals", "ReplicateDesign", "Rules", "build_estimates", "combine",
    "estimate_from_totals", "fgt", "household_design", "level", "per", "psu_quantiles", "psu_totals",
]  # fmt: skip
