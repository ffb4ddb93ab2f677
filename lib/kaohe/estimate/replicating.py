"""A design turned into one of replicate weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from kaohe.design.structure import Floats
from kaohe.estimate.recalibrated import before, recalibrated
from kaohe.estimate.replicated import ReplicateDesign
from kaohe.estimate.replicates import balanced, bootstrap, jackknife, refused
from kaohe.estimate.sampled import Sampled

KINDS = ("auto", "JK1", "JKn", "BRR", "Fay", "bootstrap", "subbootstrap")
Reweight = Callable[[Floats], Floats]


def replicated(
    design: Sampled, kind: str = "auto", *, rho: float = 0.0, replicates: int = 500,
    rng: np.random.Generator | int | None = None, fpc: bool | None = None, matrix: npt.NDArray[np.int64] | None = None,
    centre: str = "estimate", reweight: Reweight | None = None,
) -> ReplicateDesign:  # fmt: skip
    """The replicate form of a design.

    Parameters
    ----------
    kind : {"auto", "JK1", "JKn", "BRR", "Fay", "bootstrap"}
        auto is JK1 without strata and JKn with them; bootstrap is that of Rao, Wu & Yue (R's
        subbootstrap).
    rho : float
        Fay's factor.
    replicates, rng : int, Generator or int
        For the bootstrap; the generator, or its seed, must be given, so that the result can be had again.
    fpc : bool, optional
        Whether jackknife scales carry the first stage's 1 − n/N. By default they do where the
        design has sizes and one stage: with more stages the first alone understates the error.
    matrix : int array, optional
        Hadamard matrix for BRR and Fay.
    centre : {"estimate", "mean"}
    reweight : callable, optional
        Weights → weights, applied to each replicate and to the full sample: the calibration done
        again, so that its gain is counted. It starts from the weights before calibration: the
        design's own, or, for a calibrated design, those of its record. Without it a calibrated design
        is calibrated again in each replicate as its record says.

    Raises
    ------
    InputRefused
        K420.
    """
    if kind not in KINDS:
        raise refused(f"kind {kind}", ", ".join(KINDS))
    stages = design.structure.stages
    strata = len(np.unique(stages[0].group)) > 1
    sized = len(stages) == 1 and bool(np.all(np.isfinite(stages[0].population)))
    with_fpc = sized if fpc is None else fpc
    kind = ("JKn" if strata else "JK1") if kind == "auto" else kind
    if kind == "JK1" and strata:
        raise refused("JK1 for a design with strata", "JKn")
    base = before(design)
    if kind in {"JK1", "JKn"}:
        made = jackknife(design.structure, base, stratified=kind == "JKn", fpc=with_fpc)
    elif kind in {"BRR", "Fay"}:
        made = balanced(design.structure, base, rho=rho, matrix=matrix)
    else:
        if rng is None:
            raise refused("a bootstrap without a random generator", "rng=numpy.random.default_rng(seed)")
        if not isinstance(rng, int | np.integer | np.random.Generator):
            raise refused(f"rng of type {type(rng).__name__}", "rng=numpy.random.default_rng(seed), or the seed")
        made = bootstrap(design.structure, base, replicates=replicates, rng=np.random.default_rng(rng))
    out = ReplicateDesign.of(design, made, centre)
    if reweight is not None:
        columns = [reweight(made.weights[:, r]) for r in range(made.weights.shape[1])]
        out.made = replace(made, weights=np.column_stack(columns))
        out.w = np.asarray(reweight(base), dtype=float)
    elif design.calibration:
        out.made = replace(made, weights=recalibrated(design, made.weights))
    return out
