"""Public chance: numbers that anybody gets from a public text with SHA-256 and nothing else.

The k-th number of a stream (k = 0, 1, 2, …) is the SHA-256 of the UTF-8 text

    seed ⏎ label ⏎ k

(⏎ is one line feed, k in decimal digits), read as a whole number of 256 bits, first byte highest.
Whole numbers below b are taken by rejection (a number at or above the largest multiple of b below
2**256 is passed over), so that each has exactly the same chance.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from kaohe.design.draw import faults

BITS = 256
_DOUBLE = 53
T = TypeVar("T")


def below(next_number: Callable[[], int], bound: int, bits: int = BITS) -> int:
    """A whole number from 0 to bound − 1, each with the same chance, from numbers of `bits` bits.

    Method: rejection (Knuth 1997, The Art of Computer Programming 2, section 3.4.1).
    """
    limit = (1 << bits) // bound * bound
    while (number := next_number()) >= limit:
        pass
    return number % bound


class Chance:
    """One stream of numbers; its label says what it is for, so that streams do not disturb each other.

    Parameters
    ----------
    seed : str
        The public text: one line, not empty.
    label : str
        Such as ``towns 440203000000``.

    Raises
    ------
    InputRefused
        K920 for a seed that is empty or has more than one line.

    Examples
    --------
    >>> lot = Chance("2020-12-01", "example")
    >>> [lot.below(6) for _ in range(5)], round(lot.unit(), 6)
    ([1, 0, 2, 5, 2], 0.455498)
    """

    def __init__(self, seed: str, label: str) -> None:
        self._head = f"{check_seed(seed)}\n{label}\n".encode()
        self.taken = 0

    def number(self) -> int:
        """The next number of 256 bits."""
        digest = hashlib.sha256(self._head + str(self.taken).encode()).digest()
        self.taken += 1
        return int.from_bytes(digest, "big")

    def below(self, bound: int) -> int:
        """The next whole number from 0 to `bound` − 1, each with the same chance."""
        return below(self.number, bound)

    def unit(self) -> float:
        """The next number from 0 to 1 (1 not included): by definition of the module the first 53 bits over 2**53."""
        return (self.number() >> (BITS - _DOUBLE)) / float(1 << _DOUBLE)

    def units(self, n: int) -> npt.NDArray[np.float64]:
        """The next `n` numbers from 0 to 1."""
        return np.array([self.unit() for _ in range(n)])

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """`items` in a random order: for i from the last place down to the second, swap i with below(i + 1).

        Method: Durstenfeld (1964), the shuffle of Fisher and Yates.
        """
        out = list(items)
        for i in range(len(out) - 1, 0, -1):
            j = self.below(i + 1)
            out[i], out[j] = out[j], out[i]
        return out


def check_seed(seed: str) -> str:
    """The seed, when it is one line of text.

    Raises
    ------
    InputRefused
        K920.
    """
    if not seed.strip() or len(seed.splitlines()) != 1 or seed != seed.strip():
        raise faults.bad_seed(seed)
    return seed
