"""A look at a frame in a notebook that shows no person: `kaohe.peek(df)` instead of ``df.head()``."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kaohe.base.tables import PSEUDONYMS, RAW
from kaohe.clean.scrub import is_personal_header, mask, mask_text

_KEYS = {name for columns in PSEUDONYMS.values() for name, _, _ in columns}
_PERSONAL = {c.name for t in RAW.values() for c in t.columns if c.kind == "personal"}
SIGNIFICANT = 2


def peek(frame: pd.DataFrame, n: int = 5) -> pd.DataFrame:
    """The first rows with everything personal masked.

    Parameters
    ----------
    frame : DataFrame
        Any; identified tables too.
    n : int
        Rows.

    Returns
    -------
    DataFrame
        A new frame of the same columns: personal columns show their length only, pseudonyms their
        first six characters, free text is masked, numbers have two significant digits.

    Examples
    --------
    >>> peek(pd.DataFrame({"户主姓名": ["陈示范"], "note": ["电话13800138000"], "sex": ["女"]})).iloc[0].tolist()
    ['（个人信息已遮盖，3 位）', '电话〔电话〕', '女']
    """
    out = frame.head(n).copy()
    for column in out.columns:
        name, values = str(column), out[column]
        if name in _KEYS:
            out[column] = [f"{str(v)[:6]}…" if pd.notna(v) else v for v in values]
        elif name in _PERSONAL or is_personal_header(name):
            out[column] = [mask(str(v)) if pd.notna(v) else v for v in values]
        elif pd.api.types.is_float_dtype(values):
            out[column] = [_rough(v) for v in values]
        elif values.dtype == object or pd.api.types.is_string_dtype(values):
            out[column] = [mask_text(v)[0] if isinstance(v, str) else v for v in values]
    return out


def _rough(value: float) -> float:
    if not np.isfinite(value) or value == 0:
        return float(value)
    return float(f"{value:.{SIGNIFICANT}g}")
