"""Files in: cells, layout, forms, typed values, rules, quarantine and de-identification."""

from kaohe.clean.codes import describe
from kaohe.clean.run import CleanResult, clean_all

__all__ = ["CleanResult", "clean_all", "describe"]
