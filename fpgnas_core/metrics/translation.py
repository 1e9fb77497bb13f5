"""Distance between the estimated and the true translation."""

import numpy as np
from numpy.typing import ArrayLike

from fpgnas_core.arrays import checked


def translation_error(translation_estimated: ArrayLike, translation_true: ArrayLike) -> float:
    """Return the distance between two (3,) translations, in their unit (metres).

    Hodan et al., "On Evaluation of 6D Object Pose Estimation", ECCVW 2016.
    """
    estimated = checked("translation_estimated", translation_estimated, (3,))
    return float(np.linalg.norm(estimated - checked("translation_true", translation_true, (3,))))
