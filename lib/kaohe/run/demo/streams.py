"""Random streams of the demonstration: each part has its own, named, so that parts do not disturb each other."""

from __future__ import annotations

import zlib

import numpy as np


def stream(seed: int, *labels: object) -> np.random.Generator:
    """A generator that depends on `seed` and `labels` only.

    Parameters
    ----------
    seed : int
        Seed of the whole demonstration.
    *labels : object
        What the stream is for; their texts are hashed into the seed.
    """
    return np.random.default_rng([seed, *(zlib.crc32(str(label).encode()) for label in labels)])
