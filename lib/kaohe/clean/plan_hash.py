"""Under which plan tables were cleaned: a fingerprint of what the cleaning reads of it."""

from __future__ import annotations

import json

from kaohe.base.files import sha256_text
from kaohe.base.plan import Plan
from kaohe.base.plan_files import read_text, read_toml
from kaohe.base.plan_schema import FILES

PLAN = "plan.toml"


def reading_hash(plan: Plan) -> str:
    """SHA-256 over the plan's files, of plan.toml without its ``[choices]``: these come in when tables are built.

    Parameters
    ----------
    plan : Plan

    Raises
    ------
    InputRefused
        K140 for a file that has gone since the plan was read.
    """
    law = {k: v for k, v in read_toml(plan.folder / PLAN).items() if k != "choices"}
    texts = [read_text(plan.folder / name) for name in FILES if name != PLAN]
    return sha256_text("\0".join([json.dumps(law, ensure_ascii=False, sort_keys=True, default=str), *texts]))
