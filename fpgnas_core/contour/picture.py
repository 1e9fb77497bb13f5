"""A crop as edges are looked for in it: what each pixel says, within a border into which lines may reach."""

from dataclasses import dataclass

import numpy as np

from fpgnas_core.arrays import ByteArray, Float32Array, FloatArray, IntArray
from fpgnas_core.contour.colours import NO_COLOUR, colour_numbers
from fpgnas_core.contour.edges import changes
from fpgnas_core.contour.lines import HALF_LENGTH, OFFSETS, Lines

_BORDER = HALF_LENGTH + 1


@dataclass(frozen=True, eq=False)
class Picture:
    """Flat arrays, one entry for each pixel of the crop and of the border round it."""

    colours: IntArray
    """Colour numbers, NO_COLOUR in the border."""
    changes: Float32Array
    """(n, 3), as `changes` gives them; 0 in the border."""
    confidences: Float32Array
    """That the object is seen there, 0 to 1; 0 in the border."""
    size: int
    """Pixels a side, without the border."""

    @classmethod
    def of(cls, crop: ByteArray, confidences: FloatArray) -> "Picture":
        """Prepare an (S, S, 3) crop that shows the object with `confidences` (S, S)."""
        around = ((_BORDER, _BORDER), (_BORDER, _BORDER))
        colours = np.pad(colour_numbers(crop), around, constant_values=NO_COLOUR)
        tensor = np.pad(changes(crop), (*around, (0, 0)))
        seen = np.pad(confidences.astype(np.float32), around)
        return cls(colours.ravel(), tensor.reshape(-1, 3), seen.ravel(), len(crop))

    def places(self, lines: Lines) -> IntArray:
        """Return the flat places of pixels along each line, (n, 2 HALF_LENGTH + 1), from the inside to the outside.

        Those of a line that is not usable are in the border.
        """
        starts = np.clip(lines.pixels, 0, self.size - 1) + (_BORDER + 0.5)  # half a pixel, as integers are cut off
        x, y = (starts[:, :, None] + lines.directions[:, :, None] * OFFSETS).astype(np.int64).transpose(1, 0, 2)
        places: IntArray = y * (self.size + 2 * _BORDER) + x
        places[~lines.usable] = 0
        return places
