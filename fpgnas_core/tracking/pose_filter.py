"""The filter of one object's poses: refuses outliers, bridges gaps, and starts anew when it was wrong."""

from dataclasses import dataclass, field
from functools import cache

from scipy.special import chdtri

from fpgnas_core.arrays import FloatArray
from fpgnas_core.tracking.motion import MotionModel, MotionState, compare, correct, first_state, predict

_POSE_DEGREES_OF_FREEDOM = 6


@dataclass(frozen=True)
class FilterSettings:
    """What the filter believes in."""

    motion: MotionModel = field(default_factory=MotionModel)
    """How freely the object moves."""
    outlier_gate: float = 0.9999
    """Share of good measurements that pass, 0 to 1; at 1 every measurement passes."""
    max_outliers: int = 5
    """After this many outliers one after another the last of them is believed."""
    max_gap_s: float = 0.5
    """After a longer time without a measurement the past says nothing, seconds."""


class PoseFilter:
    """Keeps the motion of one object from its measured poses; nothing is known before the first."""

    def __init__(self) -> None:
        """Start without a past."""
        self._state: MotionState | None = None
        self._ahead: MotionState | None = None
        self._outliers_in_a_row = 0

    def at(self, stamp_s: float, settings: FilterSettings) -> MotionState | None:
        """Return the state predicted for a moment; None where nothing is known, or it lies in the past."""
        if self._state is None or not 0 <= stamp_s - self._state.stamp_s <= settings.max_gap_s:
            return None
        if self._ahead is None or self._ahead.stamp_s != stamp_s:  # a frame asks several times
            self._ahead = predict(self._state, stamp_s, settings.motion)
        return self._ahead

    def update(self, stamp_s: float, pose: FloatArray, covariance: FloatArray, settings: FilterSettings) -> MotionState:
        """Return the state once a (4, 4) `pose`, metres, was measured with its (6, 6) `covariance`.

        An outlier leaves the predicted state. A stamp before the last one, seconds, starts anew.
        """
        predicted = self.at(stamp_s, settings)
        if predicted is None:
            state = first_state(stamp_s, pose, covariance, settings.motion)
        else:
            state = self._corrected(predicted, pose, covariance, settings)
        self._state, self._ahead = state, None
        return state

    def _corrected(
        self, predicted: MotionState, pose: FloatArray, covariance: FloatArray, settings: FilterSettings
    ) -> MotionState:
        innovation = compare(predicted, pose, covariance)
        if innovation.squared_distance <= _farthest(settings.outlier_gate):
            self._outliers_in_a_row = 0
            return correct(predicted, innovation)
        self._outliers_in_a_row += 1
        if self._outliers_in_a_row < settings.max_outliers:
            return predicted
        self._outliers_in_a_row = 0
        return first_state(predicted.stamp_s, pose, covariance, settings.motion)


@cache
def _farthest(share: float) -> float:
    """Return the squared Mahalanobis distance within which a share of good poses lies."""
    return float(chdtri(_POSE_DEGREES_OF_FREEDOM, 1 - share))
