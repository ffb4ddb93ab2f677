"""Secondary suppression by attack: what an attacker can work out from the sums that stay published.

A table with margins, or domains that add up to others, is a set of `Sums`: each published cell is
a sum of atoms that cannot be split further. The attacker knows every open cell exactly, what each
hidden cell is a sum of, and the most an atom can be; linear programmes give the least and the
greatest value of each hidden cell. Where that interval is narrower than needed, one more cell is
hidden, and the attack starts again.

Method: feasibility intervals of a cell (Fischetti & Salazar 2000; Hundepool et al., Statistical
Disclosure Control, 2012, chapter 4), solved by HiGHS; the choice of the next cell is a heuristic.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kaohe.design.structure import Floats

Flags = npt.NDArray[np.bool_]
SLACK = 1e-6  # relative tolerance of a comparison with a solver's result
FAR = 1e3  # an atom without a known greatest value may be this many times the largest cell
CHUNK = 4_000  # unknowns solved at once


@dataclass(frozen=True)
class Sums:
    """Published cells and what they are sums of.

    Attributes
    ----------
    member : bool array, cell × atom
        Which atoms a cell adds up.
    atom : float array, atom
        The true values.
    lower, upper : float array, atom
        The least and the most that an atom can be, as an attacker knows it; may be infinite.
    cost : float array, cell
        Harm done by hiding a cell: the least is hidden first; infinite: never hidden.
    need : float array, cell
        How wide an attacker's interval of a hidden cell must be.
    level : int array, cell
        Cells of one level stand beside each other (counties, cities): a partner is of the same level.
    inherent : float
        Where the open cells above a hidden one leave it little room by themselves, this part of
        that room is enough; 0: `need` is asked for whatever the cells above say.
    """

    member: Flags
    atom: Floats
    lower: Floats
    upper: Floats
    cost: Floats
    need: Floats
    level: npt.NDArray[np.int64]
    inherent: float = 0.0

    @property
    def value(self) -> Floats:
        """The true value of each cell."""
        return np.asarray(self.member @ self.atom)


def attack(sums: Sums, hidden: Flags, cells: Flags | None = None) -> tuple[Floats, Floats]:
    """Least and greatest possible value of hidden cells; NaN for open ones.

    Parameters
    ----------
    sums : Sums
    hidden : bool array, cell
    cells : bool array, cell, optional
        Only these of the hidden cells.

    Returns
    -------
    low, high : float array, cell
        Infinite where nothing bounds a cell.
    """
    low, high = np.full(len(hidden), np.nan), np.full(len(hidden), np.nan)
    targets = np.flatnonzero(hidden if cells is None else hidden & cells)
    if not len(targets):
        return low, high
    ends = np.concatenate([sums.lower, sums.upper])
    sizes = (np.abs(sums.value).max(initial=0.0), np.abs(ends[np.isfinite(ends)]).max(initial=0.0), 1.0)
    scale = next(
        float(size) for size in sizes if size > 0
    )  # where all cells are 0 the bounds say how large one could be
    known, rest, right = _known(sums, hidden, scale)
    used = np.flatnonzero(~known.fixed)
    bounds = np.column_stack([
        np.where(np.isfinite(sums.lower[used]), sums.lower[used] / scale, -FAR),
        np.where(np.isfinite(sums.upper[used]), sums.upper[used] / scale, FAR),
    ])  # fmt: skip
    jobs = [(k, sign) for k in targets for sign in (1.0, -1.0)]
    step = max(1, CHUNK // max(len(used), 1))
    for start in range(0, len(jobs), step):
        part = jobs[start : start + step]
        goals = np.array([sign * sums.member[k, used].astype(float) for k, sign in part])
        best = _solve(rest, right, bounds, goals)
        for (k, sign), found in zip(part, best, strict=True):
            fixed = float(known.value[sums.member[k] & known.fixed].sum())
            end = sign * found + fixed
            free = abs(found) >= 0.5 * FAR
            (low if sign > 0 else high)[k] = (-sign * np.inf) if free else end * scale
    return low, high


@dataclass(frozen=True)
class _Known:
    fixed: Flags
    value: Floats


def _known(sums: Sums, hidden: Flags, scale: float) -> tuple[_Known, Floats, Floats]:
    """Atoms that follow from open cells by plain subtraction, and the equations that are left."""
    rows = sums.member[~hidden].astype(float)
    right = sums.value[~hidden] / scale
    fixed, value = np.zeros(sums.member.shape[1], dtype=bool), np.zeros(sums.member.shape[1])
    while len(rows):
        single = np.flatnonzero(rows.sum(axis=1) == 1)
        if not len(single):
            break
        atoms = rows[single].argmax(axis=1)
        value[atoms] = right[single]
        fixed[atoms] = True
        right = right - rows[:, fixed] @ value[fixed]
        rows[:, fixed] = 0.0
        left = rows.any(axis=1)
        rows, right = rows[left], right[left]
    return _Known(fixed, value), rows[:, ~fixed], right


def _solve(rows: Floats, right: Floats, bounds: Floats, goals: Floats) -> Floats:
    """Least value of each goal under the same equations: one block-diagonal programme."""
    from scipy import optimize, sparse

    count, size = goals.shape
    if not size:
        return np.zeros(count)
    equal = sparse.kron(sparse.eye_array(count), sparse.csr_array(rows), format="csr") if len(rows) else None
    found = optimize.linprog(
        goals.ravel(), A_eq=equal, b_eq=np.tile(right, count) if len(rows) else None,
        bounds=np.tile(bounds, (count, 1)), method="highs",
    )  # fmt: skip
    if found.status != 0:
        raise ArithmeticError(f"the published sums contradict each other: {found.message}")
    return np.asarray((goals * found.x.reshape(count, size)).sum(axis=1))


def exposed(sums: Sums, hidden: Flags) -> Flags:
    """Hidden cells whose interval is narrower than needed.

    Programmes are solved only for cells that no plain exchange protects: atoms that stand in the
    same open cells can change places without anybody seeing it.
    """
    doubtful = hidden & (sums.need > 0) & (_exchange(sums, hidden) < sums.need)
    if sums.inherent and doubtful.any():
        doubtful &= _exchange(sums, hidden) < sums.inherent * _room(sums, hidden)
    if not doubtful.any():
        return doubtful
    low, high = attack(sums, hidden, doubtful)
    width, need = high - low, sums.need.copy()
    for level in sorted(set(sums.level[doubtful])) if sums.inherent else []:
        mine = doubtful & (sums.level == level)
        bottom, top = attack(sums, hidden | (sums.level <= level), mine)
        need[mine] = np.minimum(need, sums.inherent * (top - bottom))[mine]
    with np.errstate(invalid="ignore"):
        return np.asarray(doubtful & (width < need * (1 - SLACK)))


def _exchange(sums: Sums, hidden: Flags) -> Floats:
    """At least this wide is the interval of each cell: what it can exchange with atoms in the same open cells."""
    pattern = sums.member[~hidden]
    _, group = (
        np.unique(pattern, axis=1, return_inverse=True) if len(pattern) else (None, np.zeros(sums.member.shape[1]))
    )
    groups = np.asarray(group).ravel().astype(np.int64)
    inside = np.eye(int(groups.max(initial=0)) + 1, dtype=bool)[groups].T
    width = np.zeros(len(hidden))
    atom = sums.atom
    for cell in np.flatnonzero(hidden):
        mine = inside & sums.member[cell]
        rest = inside & ~sums.member[cell]
        total = inside @ atom
        low = np.maximum(_total(mine, sums.lower), total - _total(rest, sums.upper))
        high = np.minimum(_total(mine, sums.upper), total - _total(rest, sums.lower))
        free = mine.any(axis=1)
        width[cell] = float(np.maximum(high - low, 0.0)[free].sum())
    return width


def _room(sums: Sums, hidden: Flags) -> Floats:
    """At most this wide is the interval of each cell by the open cells of higher level around it."""
    width = _total(sums.member, sums.upper) - _total(sums.member, sums.lower)
    for e in np.flatnonzero(~hidden & (sums.level > sums.level.min())):
        around = ~(sums.member & ~sums.member[e]).any(axis=1) & (sums.level < sums.level[e])
        rest = sums.member[e] & ~sums.member
        low = np.maximum(_total(sums.member, sums.lower), sums.value[e] - _total(rest, sums.upper))
        high = np.minimum(_total(sums.member, sums.upper), sums.value[e] - _total(rest, sums.lower))
        width = np.where(around, np.minimum(width, high - low), width)
    return width


def at_bound(sums: Sums) -> Flags:
    """Cells whose value is the least or the most that it can be: of nobody, of everybody."""
    low, high = _total(sums.member, sums.lower), _total(sums.member, sums.upper)
    near = 1e-9 * np.maximum(np.abs(sums.value), 1e-12)
    return (np.abs(sums.value - low) <= near) | (np.abs(sums.value - high) <= near)


def _total(member: Flags, bound: Floats) -> Floats:
    finite = np.where(np.isfinite(bound), bound, 0.0)
    total = member @ finite
    side = -np.inf if np.isneginf(bound).any() else np.inf
    return np.where(member @ (~np.isfinite(bound)).astype(float) > 0, side, total)


def protect(sums: Sums, primary: Flags) -> Flags:
    """The cells to hide, the primary ones included, so that the attack finds none exposed.

    Parameters
    ----------
    sums : Sums
    primary : bool array, cell
        Cells that must not be shown for their own sake.

    Returns
    -------
    bool array, cell
        Every hidden cell is protected, unless no cell is left that may be hidden.
    """
    hidden = primary.copy()
    while True:
        _uncover(sums, hidden)
        open_targets = exposed(sums, hidden)
        if not open_targets.any():
            return hidden
        before = int(hidden.sum())
        touched = np.zeros(sums.member.shape[1], dtype=bool)
        for cell in np.flatnonzero(open_targets).tolist():
            around = _partner(sums, hidden, cell, touched)
            if around is None:
                continue
            hidden[around] = True
            touched |= sums.member[around]
        if int(hidden.sum()) == before:
            return hidden


def _uncover(sums: Sums, hidden: Flags) -> None:
    """Hide a part of each hidden cell that open parts of lower level would add up to."""
    for cell in np.flatnonzero(hidden & (sums.level > 0)):
        parts = ~(sums.member & ~sums.member[cell]).any(axis=1) & ~hidden & (sums.level < sums.level[cell])
        parts &= np.isfinite(sums.cost)
        if parts.any() and bool(sums.member[parts].any(axis=0)[sums.member[cell]].all()):
            hidden[min(np.flatnonzero(parts).tolist(), key=lambda j: (sums.cost[j], j))] = True


def _partner(sums: Sums, hidden: Flags, cell: int, touched: Flags) -> int | None:
    """The cell to hide beside an exposed one: the cheapest within the tightest open sum around it."""
    mine = sums.member[cell]
    meets = (sums.member & mine).any(axis=1) & ~hidden
    sizes = sums.member.sum(axis=1)
    inside = np.array([int((hidden & ~(sums.member & ~sums.member[e]).any(axis=1)).sum()) for e in range(len(hidden))])
    order = sorted(np.flatnonzero(meets).tolist(), key=lambda e: (inside[e], sizes[e], e))
    flat = at_bound(sums)
    for e in order:
        rim = sums.member[e]
        part = ~(sums.member & ~rim).any(axis=1)
        free = part & ~hidden & np.isfinite(sums.cost) & ~(sums.member & mine).any(axis=1)
        free &= sums.level == sums.level[cell]
        if (rim & touched & ~mine).any() and not (touched & mine).any():
            return None  # a partner inside this sum was hidden in this round already
        if free.any():
            return min(np.flatnonzero(free).tolist(), key=lambda j: (bool(flat[j]), sums.cost[j], j))
    around = [e for e in order if np.isfinite(sums.cost[e])]
    if around:
        return min(around, key=lambda e: (sums.cost[e], e))
    rest = np.flatnonzero(~hidden & np.isfinite(sums.cost)).tolist()
    return min(rest, key=lambda j: (sums.cost[j], j)) if rest else None
