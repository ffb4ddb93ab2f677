"""What a design holds: its records with weights, strata and units, and their columns as matrices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.base.tables import RANDOM
from kaohe.design import faults
from kaohe.design.calibrate import Calibration
from kaohe.design.columns import crossed, is_number, levels_of, records, weights
from kaohe.design.sizes import FpcEntry, FpcKind, looks_like_remainders
from kaohe.design.structure import Floats, Ints, build_structure
from kaohe.estimate.arguments import Columns, variables_of
from kaohe.estimate.calibrated import Blocks, blocks_of
from kaohe.estimate.domains import Where, domain_codes, records_where
from kaohe.estimate.linear import Numbers
from kaohe.estimate.quality import Rules
from kaohe.estimate.totals import as_matrix

DEFAULT = Rules()
RECORD = "(record)"  # the unit of a design without units: each record its own
CROSSED = "(strata)"  # combinations of several columns of strata


class Held:
    """What a design holds: records, weights, structure, calibration; its records as matrices.

    The arguments, and what is refused, as `kaohe.estimate.Design`. ``inside`` has True for the records that count;
    ``where`` as `kaohe.estimate.Design`; ``by`` names the columns whose combinations are the domains.
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        *,
        weight: str,
        strata: Columns | None = None,
        psu: Columns | None = None,
        fpc: str | Sequence[FpcEntry] | None = None,
        fpc_kind: FpcKind = "auto",
        lonely: str = "fail",
        nest: bool = False,
        calibration: Calibration | Sequence[Calibration] | None = None,
        rules: Rules = DEFAULT,
    ) -> None:
        records(frame, "design")
        other = frame["selection"] if "selection" in frame.columns else pd.Series(dtype=object)
        other = other[(other != RANDOM).to_numpy(dtype=bool, na_value=True)]
        if len(other):
            raise faults.purposive(len(other), sorted(other.astype(str).unique()))
        w = weights(frame, weight, "design")
        self.frame = frame
        self.rules = rules
        self.weight = weight
        self.w: Floats = w
        whole = frame if psu is not None else frame.assign(**{RECORD: np.arange(len(frame))})
        groups = None if strata is None else variables_of(strata, "strata")
        if groups is not None and len(groups) > 1:
            whole = whole.assign(**{CROSSED: crossed(frame, groups, "strata")})
        entries = [fpc] if isinstance(fpc, str) else fpc
        self.structure = build_structure(
            whole, strata=None if groups is None else groups[0] if len(groups) == 1 else CROSSED,
            psu=[RECORD] if psu is None else variables_of(psu, "psu"), fpc=entries, fpc_kind=fpc_kind,
            lonely=lonely, nest=nest,
        )  # fmt: skip
        if fpc_kind == "auto" and looks_like_remainders(frame, entries or (), self.structure.fpc_kinds, w):
            raise faults.remainders(entries or ())
        steps = [calibration] if isinstance(calibration, Calibration) else list(calibration or ())
        if not all(isinstance(step, Calibration) for step in steps):
            raise InputRefused(
                "K308", "A design column has empty cells", where="calibration", got=repr(calibration)[:80],
                expected="the record of a calibration, such as rake_to(…).calibration",
            )  # fmt: skip
        self.calibration = tuple(steps)
        self.blocks: Blocks = tuple(blocks_of(frame, self.structure, w, step) for step in reversed(steps))

    @property
    def notes(self) -> tuple[str, ...]:
        """What was merged.

        Examples
        --------
        >>> from kaohe.estimate import Design
        >>> f = pd.DataFrame({"h": list("aabbc"), "w": [1.0] * 5})
        >>> Design(f, weight="w", strata="h", lonely="merge").notes
        ('stratum c was merged with b',)
        """
        return self.structure.notes

    @property
    def df(self) -> int:
        """Degrees of freedom of the whole design: first-stage units minus strata that hold a weight above 0.

        Examples
        --------
        >>> from kaohe.estimate import Design
        >>> f = pd.DataFrame({"h": list("aabb"), "w": [1.0] * 4})
        >>> Design(f, weight="w", strata="h").df
        2
        """
        stage = self.structure.stages[0]
        units = np.unique(stage.unit[self.w > 0])
        return len(units) - len(np.unique(stage.group[units]))

    def domains(self, by: Columns | None, where: Where = None) -> tuple[Ints, pd.DataFrame]:
        """Domain code of each row (−1 outside `where` or without a level) and the table of domains."""
        return domain_codes(self.frame, by, self.mask(where))

    def mask(self, where: Where) -> npt.NDArray[np.bool_]:
        """Rows of a further domain: what `Design` says of ``where``."""
        return records_where(self.frame, where)

    def values(
        self, columns: list[str], *, summed: bool = False, inside: npt.NDArray[np.bool_] | None = None
    ) -> Floats:
        """Numeric columns as a matrix, missing as NaN; infinite values are refused.

        Parameters
        ----------
        columns : list of str
            Names of numeric columns.
        inside : bool array, optional
            Records that count; infinite values of others (a ratio with 0 below) are none at all.
        summed : bool
            The columns go to `numbers` and then to `finite`, which tells infinite values by their sums.

        Raises
        ------
        InputRefused
            K301 for a missing column, K401 for text, K416 for infinite values.
        """
        faults.need(self.frame, columns, "variables")
        for column in columns:
            if not is_number(self.frame[column]):
                raise InputRefused(
                    "K401",
                    "A variable is not a number",
                    where=f"column {column}",
                    got=str(self.frame[column].dtype),
                    expected="numbers; use proportion for categories",
                )
        found = as_matrix(self.frame, columns)
        if summed:
            return found
        if inside is not None and np.isinf(found).any():
            found = np.where(np.isinf(found) & ~(inside & (self.w > 0))[:, None], np.nan, found)
        return faults.finite(found, columns)

    def pairs(
        self, top: list[str], bottom: list[str], inside: npt.NDArray[np.bool_] | None = None
    ) -> tuple[Floats, Floats]:
        """Numerators and denominators as matrices; one denominator serves all numerators.

        Parameters
        ----------
        top, bottom : list of str
            Names of numeric columns; as many below as above, or one.
        inside : bool array, optional
            As `values`.

        Raises
        ------
        InputRefused
            K401 for a column that is not numeric, K403 for numbers of columns that do not pair.

        Notes
        -----
        No statistic: the columns by definition.
        """
        if len(bottom) not in {1, len(top)}:
            raise InputRefused(
                "K403",
                "Numerators and denominators do not pair",
                got=f"{len(top)} and {len(bottom)}",
                expected="equally many",
            )
        below = self.values(bottom * (len(top) if len(bottom) == 1 else 1), inside=inside)
        return self.values(top, inside=inside), below

    @staticmethod
    def finite(values: Floats, names: list[str], found: Numbers) -> None:
        """Refuse infinite values among the records of estimates that are not finite.

        Parameters
        ----------
        values : float array, record × variable
            In the units of the variables.
        names : list of str
            Names of the variables, for the message.
        found : Numbers
            What was estimated from the values.

        Raises
        ------
        InputRefused
            K416.
        """
        if not np.isfinite(found.estimate[found.n > 0]).all():
            faults.finite(values, names)

    def shares(self, variables: list[str], inside: npt.NDArray[np.bool_] | None = None) -> tuple[list[str], Floats]:
        """0/1 columns of the variables, one for each level of a category, with their names.

        Parameters
        ----------
        variables : list of str
            Columns of 0 and 1, or of categories.
        inside : bool array, optional
            Records that count; what others hold (a code for not asked) is none at all.

        Returns
        -------
        names, values : list of str, float array record × name
            A category's names are ``column=level``; no answer is NaN.

        Raises
        ------
        InputRefused
            K301 for a missing column, K405 for a number that is neither 0 nor 1, K415 where nothing has a level, K418.
        """
        faults.need(self.frame, variables, "variables")
        names: list[str] = []
        parts: list[Floats] = []
        for column in variables:
            series = self.frame[column]
            if is_number(series):
                values = series.to_numpy(dtype=float, na_value=np.nan)
                values = values if inside is None else np.where(inside, values, np.nan)
                wrong = ~(np.isnan(values) | (values == 0) | (values == 1))
                if wrong.any():
                    raise InputRefused(
                        "K405",
                        "A share needs 0 and 1",
                        where=f"column {column}",
                        got=f"{values[wrong][0]:g} in {int(wrong.sum())} rows",
                        expected="0, 1 or missing",
                    )
                names.append(column)
                parts.append(values)
                continue
            codes, levels = levels_of(series, "variables")
            for code, level in enumerate(levels):
                names.append(f"{column}={level}")
                parts.append(np.where(codes < 0, np.nan, codes == code))
        if not parts:
            raise InputRefused(
                "K415", "No variable is named", where=", ".join(variables), got="no answer in any row",
                expected="a category with at least one level",
            )  # fmt: skip
        return names, np.column_stack(parts)
