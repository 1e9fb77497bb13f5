"""The pixels of training crops: parts in files or in memory, behind one index, read where they are asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

PICTURE, MASK, COORDINATES, OTHERS = slice(0, 3), slice(3, 4), slice(4, 7), slice(7, 8)
"""Planes of a crop: RGB; 255 on the visible object; the visible surface's place in the object's box, 0 to 255 from its
lowest to its highest corner; 1 + the place among the data set's objects of another one that is seen there, or 0."""
PLANES = 8


@dataclass(frozen=True, eq=False)
class CropPixels:
    """Planes of N crops of S x S px.

    parts: arrays of (n, PLANES, S, S) uint8.  places: (N,) in all of them, end to end.
    """

    parts: tuple[NDArray[np.uint8], ...]
    places: NDArray[np.int64]

    @classmethod
    def of(cls, *parts: NDArray[np.uint8]) -> CropPixels:
        """All crops of these arrays, which are not copied."""
        return cls(parts, np.arange(sum(len(part) for part in parts)))

    def __len__(self) -> int:
        return len(self.places)

    @property
    def size(self) -> int:
        """S."""
        return int(self.parts[0].shape[-1])

    def take(self, indices: NDArray[np.int64]) -> CropPixels:
        """The crops at these places; nothing is read."""
        return replace(self, places=self.places[indices])

    def read(self, indices: NDArray[np.int64] | slice = slice(None)) -> NDArray[np.uint8]:
        """(n, PLANES, S, S) of the crops at `indices`, a copy."""
        places = self.places[indices]
        found = np.empty((len(places), PLANES, self.size, self.size), np.uint8)
        first = 0
        for part in self.parts:
            here = (places >= first) & (places < first + len(part))
            found[here] = part[places[here] - first]
            first += len(part)
        return found
